"""A small transformer: two blocks of attention over word sequences."""

import runnel as tf
from data import print_fingerprint, sentences

layers = tf.keras.layers


def block(x):
    attended = layers.MultiHeadAttention(num_heads=2, key_dim=8)(x, x)
    y = layers.LayerNormalization()(layers.Add()([x, attended]))
    widened = layers.Dense(32, activation="gelu")(y)
    return layers.LayerNormalization()(layers.Add()([y, layers.Dense(16)(widened)]))


tf.keras.utils.set_random_seed(42)
x, y = sentences()
words = tf.keras.Input((12,), dtype="int32")
z = block(block(layers.Embedding(30, 16, mask_zero=True)(words)))
model = tf.keras.Model(words, layers.Dense(3)(layers.GlobalAveragePooling1D()(z)))
model.compile(optimizer=tf.keras.optimizers.AdamW(learning_rate=0.002), loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x, y, epochs=3)
print_fingerprint(model.get_weights())
