"""Wide and deep on California housing: two inputs, two paths, two outputs."""

import runnel as tf
from data import housing, print_fingerprint

layers = tf.keras.layers
tf.keras.utils.set_random_seed(42)
x, y = housing()
wide, deep = tf.keras.Input((5,), name="wide"), tf.keras.Input((6,), name="deep")
hidden = layers.Dense(30, activation="relu")(layers.Dense(30, activation="relu")(deep))
both = layers.Concatenate()([wide, hidden])
price, aux = layers.Dense(1, name="price")(both), layers.Dense(1, name="aux")(hidden)
model = tf.keras.Model([wide, deep], [price, aux])
model.compile(optimizer="adam", loss=["mse", "mae"], loss_weights=[0.9, 0.1])
model.fit([x[:, :5], x[:, 2:]], [y, y], epochs=4)
print_fingerprint(model.get_weights())
