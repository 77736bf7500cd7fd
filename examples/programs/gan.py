"""A GAN in a loop of one's own: a generator and a critic, each with its optimizer."""

import runnel as tf
from data import fashion, print_fingerprint

layers, optimizers = tf.keras.layers, tf.keras.optimizers
tf.keras.utils.set_random_seed(42)
generator = tf.keras.Sequential([layers.InputLayer((16,)), layers.Dense(64, activation="selu"), layers.Dense(28 * 28, activation="sigmoid")])
critic = tf.keras.Sequential([layers.InputLayer((28 * 28,)), layers.Dense(64, activation="relu"), layers.Dense(1)])
makes, judges = optimizers.Adam(learning_rate=2e-3, beta_1=0.5), optimizers.RMSprop(learning_rate=1e-3)
judge = tf.keras.losses.BinaryCrossentropy(from_logits=True)
BATCH = 32


@tf.function
def step(real, noise):
    yes, no = tf.ones([BATCH, 1]), tf.zeros([BATCH, 1])
    with tf.GradientTape() as tape:
        verdicts = critic(tf.concat([generator(noise, training=True), real], 0), training=True)
        loss = judge(tf.concat([no, yes], 0), verdicts)
    judges.apply_gradients(zip(tape.gradient(loss, critic.trainable_variables), critic.trainable_variables))
    with tf.GradientTape() as tape:
        fooled = judge(yes, critic(generator(noise, training=True), training=True))
    makes.apply_gradients(zip(tape.gradient(fooled, generator.trainable_variables), generator.trainable_variables))
    return fooled


images = tf.reshape(fashion(640)[0], [-1, 28 * 28])
for i in range(40):
    start = i % 20 * BATCH
    noise = tf.random.stateless_normal([BATCH, 16], [i, 7])
    loss = step(images[start:start + BATCH], noise)
    if i % 10 == 9:
        print(f"{i + 1}: {loss:.4f}")
print_fingerprint(generator.get_weights() + critic.get_weights())
