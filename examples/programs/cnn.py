"""A convolutional network on Fashion-MNIST."""

import runnel as tf
from data import fashion, print_fingerprint

layers = tf.keras.layers
tf.keras.utils.set_random_seed(42)
x, y = fashion(640)
model = tf.keras.Sequential([
    layers.Reshape((28, 28, 1), input_shape=(28, 28)),
    layers.Conv2D(8, 5, padding="same", activation="relu"),
    layers.MaxPooling2D(),
    layers.Conv2D(16, 3, use_bias=False),
    layers.BatchNormalization(),
    layers.Activation("relu"),
    layers.GlobalAveragePooling2D(),
    layers.Dropout(0.25),
    layers.Dense(10, activation="softmax"),
])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=2, validation_split=0.1)
print_fingerprint(model.get_weights())
