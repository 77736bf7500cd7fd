"""A convolutional autoencoder on Fashion-MNIST: models in a model, a penalty on the codings."""

import runnel as tf
from data import fashion, print_fingerprint

layers = tf.keras.layers
tf.keras.utils.set_random_seed(42)
x, _ = fashion(640)
encoder = tf.keras.Sequential([
    layers.Reshape((28, 28, 1), input_shape=(28, 28)),
    layers.Conv2D(8, 3, padding="same", activation="relu"),
    layers.MaxPooling2D(),
    layers.Flatten(),
    layers.Dense(20, activation="sigmoid", activity_regularizer=tf.keras.regularizers.L1(1e-3)),
])
decoder = tf.keras.Sequential([
    layers.Dense(7 * 7 * 8, activation="relu", input_shape=(20,)),
    layers.Reshape((7, 7, 8)),
    layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu"),
    layers.Conv2DTranspose(1, 3, strides=2, padding="same", activation="sigmoid"),
    layers.Reshape((28, 28)),
])
model = tf.keras.Sequential([encoder, decoder])
model.compile(optimizer="nadam", loss="mse")
model.fit(x, x, epochs=2)
print_fingerprint(model.get_weights())
