"""A training loop of one's own: two optimizers for two parts, gradients made short, a constraint by hand, a status bar."""

import runnel as tf
from housing import load_housing, print_fingerprint

tf.keras.utils.set_random_seed(42)
lower = tf.keras.layers.Dense(16, activation="tanh", input_shape=(8,))
upper = tf.keras.layers.Dense(1, kernel_constraint=tf.keras.constraints.MaxNorm(1.5))
model = tf.keras.Sequential([lower, upper])
slow = tf.keras.optimizers.Adam(learning_rate=0.002)
fast = tf.keras.optimizers.SGD(learning_rate=0.05, momentum=0.5)
loss_fn = tf.keras.losses.MeanSquaredError()


@tf.function
def step(x, y):
    with tf.GradientTape(persistent=True) as tape:
        loss = loss_fn(y, model(x, training=True))
    for optimizer, part in ((slow, lower), (fast, upper)):
        weights = part.trainable_variables
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, weights), 1.0)
        optimizer.apply_gradients(zip(gradients, weights))
    upper.bias.assign(tf.maximum(upper.bias, 0.0))
    return loss


x, y = load_housing()
batch, steps = 32, len(x) // 32
for epoch in range(1, 4):
    mean = tf.keras.metrics.Mean()
    for i in range(steps):
        rows = slice(i * batch, (i + 1) * batch)
        mean.update_state(step(x[rows], y[rows]))
        print(f"\r{epoch}: {i + 1}/{steps} - loss: {mean.result():.4f}", end="")
    print()
print_fingerprint(model)
