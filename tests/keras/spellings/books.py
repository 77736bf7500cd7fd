# The longer pieces that textbooks build: custom layers, models and loops, as their readers type them.

# %% a dense layer of one's own
class MyDense(keras.layers.Layer):
    def __init__(self, units, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, batch_input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[batch_input_shape[-1], self.units], initializer="glorot_normal")
        self.bias = self.add_weight(name="bias", shape=[self.units], initializer="zeros")
        super().build(batch_input_shape)

    def call(self, X):
        return self.activation(X @ self.kernel + self.bias)

    def compute_output_shape(self, batch_input_shape):
        return tf.TensorShape(batch_input_shape.as_list()[:-1] + [self.units])

    def get_config(self):
        base_config = super().get_config()
        return {**base_config, "units": self.units, "activation": keras.activations.serialize(self.activation)}

import tempfile

path, model = tempfile.mkdtemp() + "/my.h5", keras.Sequential([MyDense(30, activation="relu", input_shape=[4]), MyDense(1)])
model.compile(loss="mse", optimizer="nadam")
model.fit(X, Y, epochs=2, validation_data=(X, Y), verbose=0)
model.save(path)
again = keras.models.load_model(path, custom_objects={"MyDense": MyDense})
assert np.array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0)) and again.layers[0].units == 30

# %% layers with two inputs
class Multi(keras.layers.Layer):
    def call(self, X):
        X1, X2 = X
        return X1 + X2, X1 * X2, X1 / X2

    def compute_output_shape(self, batch_input_shape):
        s1, s2 = batch_input_shape
        return [s1, s1, s1]

a, b = keras.layers.Input(shape=[4]), keras.layers.Input(shape=[4])
total, product, quotient = Multi()((a, b))
assert np.allclose(keras.Model([a, b], [total, product]).predict([X, X], verbose=0)[1], X * X)

# %% noise while training
class AddNoise(keras.layers.Layer):
    def __init__(self, stddev, **kwargs):
        super().__init__(**kwargs)
        self.stddev = stddev

    def call(self, X, training=None):
        if training:
            return X + tf.random.normal(tf.shape(X), stddev=self.stddev)
        return X

model = keras.Sequential([AddNoise(stddev=1.0), keras.layers.Dense(1)])
model.compile(loss="mse", optimizer="nadam")
model.fit(X, Y, epochs=1, verbose=0)
assert np.array_equal(model.layers[0](X), X) and not np.array_equal(model.layers[0](X, training=True), X)

# %% residual blocks
class ResidualBlock(keras.layers.Layer):
    def __init__(self, n_layers, n_neurons, **kwargs):
        super().__init__(**kwargs)
        self.hidden = [keras.layers.Dense(n_neurons, activation="elu", kernel_initializer="he_normal") for _ in range(n_layers)]

    def call(self, inputs):
        Z = inputs
        for layer in self.hidden:
            Z = layer(Z)
        return inputs + Z

class ResidualRegressor(keras.models.Model):
    def __init__(self, output_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden1 = keras.layers.Dense(10, activation="elu", kernel_initializer="he_normal")
        self.block1, self.block2 = ResidualBlock(2, 10), ResidualBlock(2, 10)
        self.out = keras.layers.Dense(output_dim)

    def call(self, inputs):
        Z = self.hidden1(inputs)
        for _ in range(1 + 3):
            Z = self.block1(Z)
        return self.out(self.block2(Z))

model = ResidualRegressor(1)
model.compile(loss="mse", optimizer="nadam")
history = model.fit(X, Y, epochs=20, verbose=0).history["loss"]
assert len(model.weights) == 2 + 4 + 4 + 2 and history[-1] < history[0]

# %% wide and deep, subclassed, with two inputs and outputs
class WideAndDeep(keras.models.Model):
    def __init__(self, units=30, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.hidden1 = keras.layers.Dense(units, activation=activation)
        self.hidden2 = keras.layers.Dense(units, activation=activation)
        self.main_output, self.aux_output = keras.layers.Dense(1), keras.layers.Dense(1)

    def call(self, inputs):
        input_A, input_B = inputs
        hidden2 = self.hidden2(self.hidden1(input_B))
        return self.main_output(keras.layers.concatenate([input_A, hidden2])), self.aux_output(hidden2)

model = WideAndDeep(30, activation="relu")
model.compile(loss="mse", loss_weights=[0.9, 0.1], optimizer=keras.optimizers.SGD(learning_rate=1e-3))
model.fit((X[:, :2], X[:, 1:]), (Y, Y), epochs=2, verbose=0)
main, aux = model.predict((X[:, :2], X[:, 1:]), verbose=0)
assert main.shape == aux.shape == (32, 1) and len(model.weights) == 8

# %% streaming precision
precision = keras.metrics.Precision()
precision([0, 1, 1, 1, 0, 1, 0, 1], [1, 1, 0, 1, 0, 1, 0, 1])
precision([0, 1, 0, 0, 1, 0, 1, 1], [1, 0, 1, 1, 0, 0, 0, 0])
assert float(precision.result()) == 0.5 and len(precision.variables) == 2

# %% a streaming huber metric
def create_huber(threshold=1.0):
    def huber_fn(y_true, y_pred):
        error = y_true - y_pred
        return tf.where(tf.abs(error) < threshold, tf.square(error) / 2, threshold * tf.abs(error) - threshold**2 / 2)

    return huber_fn

class HuberMetric(keras.metrics.Metric):
    def __init__(self, threshold=1.0, **kwargs):
        super().__init__(**kwargs)
        self.threshold, self.huber_fn = threshold, create_huber(threshold)
        self.total, self.count = self.add_weight("total", initializer="zeros"), self.add_weight("count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        metric = self.huber_fn(y_true, y_pred)
        self.total.assign_add(tf.reduce_sum(metric))
        self.count.assign_add(tf.cast(tf.size(y_true), tf.float32))

    def result(self):
        return self.total / self.count

metric = HuberMetric(2.0)
assert float(metric(tf.constant([[2.0]]), tf.constant([[10.0]]))) == 14.0
assert float(metric(tf.constant([[0.0], [5.0]]), tf.constant([[1.0], [9.25]]))) == np.float32((14 + 0.5 + 6.5) / 3)
metric.reset_states()
assert [float(v) for v in metric.variables] == [0, 0]

# %% a loop by hand with a status bar
import contextlib, io

def print_status_bar(step, total, loss, metrics=None):
    metrics = " - ".join([f"{m.name}: {m.result():.4f}" for m in [loss] + (metrics or [])])
    print(f"\r{step}/{total} - " + metrics, end="" if step < total else "\n")

model = keras.models.Sequential([keras.layers.Dense(30, activation="elu", kernel_regularizer=keras.regularizers.l2(0.05)), keras.layers.Dense(1)])
optimizer, loss_fn = keras.optimizers.Nadam(learning_rate=0.01), keras.losses.mean_squared_error
mean_loss, metrics = keras.metrics.Mean(name="mean_loss"), [keras.metrics.MeanAbsoluteError()]
with contextlib.redirect_stdout(io.StringIO()) as out:
    for step in range(1, 5):
        rows = np.random.randint(len(X), size=8)
        X_batch, y_batch = X[rows], Y[rows]
        with tf.GradientTape() as tape:
            y_pred = model(X_batch, training=True)
            loss = tf.add_n([tf.reduce_mean(loss_fn(y_batch, y_pred))] + model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        for variable in model.variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        mean_loss(loss)
        for metric in metrics:
            metric(y_batch, y_pred)
        print_status_bar(step, 4, mean_loss, metrics)
assert out.getvalue().startswith("\r1/4 - mean_loss: ") and " - mean_absolute_error: " in out.getvalue() and out.getvalue().endswith("\n")

# %% a loop in a tf.function
model, optimizer, loss_fn = keras.Sequential([keras.layers.Dense(1, input_shape=(4,))]), keras.optimizers.Adam(0.1), keras.losses.MeanSquaredError()

@tf.function
def train_step(inputs, targets):
    with tf.GradientTape() as tape:
        loss = loss_fn(targets, model(inputs, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss

losses = [float(train_step(tf.constant(X), tf.constant(Y))) for _ in range(20)]
assert losses[-1] < losses[0] / 2 and train_step.experimental_get_tracing_count() == 1

# %% two optimizers in one loop
upper, lower = keras.layers.Dense(1), keras.layers.Dense(4, activation="tanh")
model, fast, slow = keras.Sequential([lower, upper]), keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.0)
model(X)
before = [w.numpy() for w in model.weights]
with tf.GradientTape(persistent=True) as tape:
    loss = tf.reduce_mean(tf.square(model(X) - Y))
for optimizer, layer in ((fast, upper), (slow, lower)):
    optimizer.apply_gradients(zip(tape.gradient(loss, layer.trainable_variables), layer.trainable_variables))
del tape
changed = [not np.array_equal(w, b) for w, b in zip(model.weights, before)]
assert changed == [False, False, True, True]

# %% a GAN by train_on_batch
codings = 2
generator = keras.Sequential([keras.layers.Dense(4, activation="selu", input_shape=[codings]), keras.layers.Dense(4, activation="sigmoid")])
discriminator = keras.Sequential([keras.layers.Dense(4, activation="selu", input_shape=[4]), keras.layers.Dense(1, activation="sigmoid")])
gan = keras.Sequential([generator, discriminator])
discriminator.compile(loss="binary_crossentropy", optimizer="rmsprop")
discriminator.trainable = False
gan.compile(loss="binary_crossentropy", optimizer="rmsprop")
before = [w.copy() for w in discriminator.get_weights()]
gan.train_on_batch(tf.random.normal([8, codings]), tf.constant([[1.0]] * 8))
assert all(np.array_equal(a, b) for a, b in zip(before, discriminator.get_weights()))
discriminator.trainable = True
discriminator.train_on_batch(tf.concat([generator(tf.random.normal([8, codings])), X[:8]], 0), tf.constant([[0.0]] * 8 + [[1.0]] * 8))
assert not np.array_equal(before[0], discriminator.get_weights()[0])

# %% a GAN as a model with two optimizers
class GAN(keras.Model):
    def __init__(self, discriminator, generator, latent_dim):
        super().__init__()
        self.discriminator, self.generator, self.latent_dim = discriminator, generator, latent_dim
        self.d_loss_metric, self.g_loss_metric = keras.metrics.Mean(name="d_loss"), keras.metrics.Mean(name="g_loss")

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn

    @property
    def metrics(self):
        return [self.d_loss_metric, self.g_loss_metric]

    def train_step(self, real):
        batch_size = tf.shape(real)[0]
        labels = tf.concat([tf.ones((batch_size, 1)), tf.zeros((batch_size, 1))], axis=0)
        labels += 0.05 * tf.random.uniform(tf.shape(labels))
        with tf.GradientTape() as tape:
            fake = self.generator(tf.random.normal(shape=(batch_size, self.latent_dim)))
            d_loss = self.loss_fn(labels, self.discriminator(tf.concat([fake, real], axis=0)))
        grads = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.d_optimizer.apply_gradients(zip(grads, self.discriminator.trainable_weights))
        with tf.GradientTape() as tape:
            predictions = self.discriminator(self.generator(tf.random.normal(shape=(batch_size, self.latent_dim))))
            g_loss = self.loss_fn(tf.zeros((batch_size, 1)), predictions)
        grads = tape.gradient(g_loss, self.generator.trainable_weights)
        self.g_optimizer.apply_gradients(zip(grads, self.generator.trainable_weights))
        self.d_loss_metric.update_state(d_loss)
        self.g_loss_metric.update_state(g_loss)
        return {"d_loss": self.d_loss_metric.result(), "g_loss": self.g_loss_metric.result()}

gan = GAN(keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]), keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)]), 3)
gan.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01), keras.losses.BinaryCrossentropy(from_logits=True))
history = gan.fit(X, epochs=2, batch_size=8, verbose=0).history
assert set(history) == {"d_loss", "g_loss"} and int(gan.d_optimizer.iterations) == 8 and int(gan.g_optimizer.iterations) == 8

# %% a VAE with its losses in train_step
class VAE(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.mean, self.log_var, self.decoder = keras.layers.Dense(2), keras.layers.Dense(2), keras.layers.Dense(4)
        self.total, self.kl = keras.metrics.Mean(name="total_loss"), keras.metrics.Mean(name="kl_loss")

    @property
    def metrics(self):
        return [self.total, self.kl]

    def call(self, x):
        return self.decoder(self.mean(x))

    def train_step(self, data):
        with tf.GradientTape() as tape:
            z_mean, z_log_var = self.mean(data), self.log_var(data)
            z = z_mean + tf.exp(0.5 * z_log_var) * tf.random.normal(tf.shape(z_mean))
            reconstruction = tf.reduce_mean(tf.reduce_sum(tf.square(data - self.decoder(z)), axis=1))
            kl = tf.reduce_mean(tf.reduce_sum(-0.5 * (1 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var)), axis=1))
            total = reconstruction + kl
        grads = tape.gradient(total, self.trainable_weights)
        self.optimizer.apply_gradients(zip(grads, self.trainable_weights))
        self.total.update_state(total)
        self.kl.update_state(kl)
        return {"total_loss": self.total.result(), "kl_loss": self.kl.result()}

vae = VAE()
vae.compile(optimizer=keras.optimizers.Adam(0.01))
history = vae.fit(X, epochs=10, batch_size=8, verbose=0).history
assert history["total_loss"][-1] < history["total_loss"][0] and len(vae.trainable_weights) == 6

# %% a layer-normalised recurrent cell
class LNSimpleRNNCell(keras.layers.Layer):
    def __init__(self, units, activation="tanh", **kwargs):
        super().__init__(**kwargs)
        self.state_size = self.output_size = units
        self.simple_rnn_cell = keras.layers.SimpleRNNCell(units, activation=None)
        self.layer_norm = keras.layers.LayerNormalization()
        self.activation = keras.activations.get(activation)

    def call(self, inputs, states):
        outputs, new_states = self.simple_rnn_cell(inputs, states)
        norm_outputs = self.activation(self.layer_norm(outputs))
        return norm_outputs, [norm_outputs]

model = keras.Sequential([keras.layers.RNN(LNSimpleRNNCell(5), return_sequences=True, input_shape=[None, 2]), keras.layers.TimeDistributed(keras.layers.Dense(3))])
model.compile(loss="mse", optimizer="adam")
model.fit(np.ones((8, 6, 2)), np.ones((8, 6, 3)), verbose=0)
assert model.predict(np.ones((1, 4, 2)), verbose=0).shape == (1, 4, 3) and len(model.weights) == 7

# %% the last time step as a metric
def last_time_step_mse(Y_true, Y_pred):
    return keras.metrics.mean_squared_error(Y_true[:, -1], Y_pred[:, -1])

model = keras.Sequential([keras.layers.SimpleRNN(2, return_sequences=True, input_shape=[None, 1])])
model.compile(loss="mse", optimizer="adam", metrics=[last_time_step_mse])
assert model.evaluate(np.zeros((2, 3, 1)), np.ones((2, 3, 2)), verbose=0) == [1.0, 1.0]

# %% tied weights of an autoencoder
class DenseTranspose(keras.layers.Layer):
    def __init__(self, dense, activation=None, **kwargs):
        self.dense = dense
        self.activation = keras.activations.get(activation)
        super().__init__(**kwargs)

    def build(self, batch_input_shape):
        self.biases = self.add_weight(name="bias", shape=[self.dense.input_shape[-1]], initializer="zeros")
        super().build(batch_input_shape)

    def call(self, inputs):
        return self.activation(tf.matmul(inputs, self.dense.weights[0], transpose_b=True) + self.biases)

dense = keras.layers.Dense(3, activation="selu", input_shape=[4])
model = keras.Sequential([dense, DenseTranspose(dense, activation="sigmoid")])
model.compile(loss="binary_crossentropy", optimizer="sgd")
model.fit(X, X, verbose=0)
assert len(model.trainable_weights) == 3

# %% a KL-sparse regularizer
class KLDivergenceRegularizer(keras.regularizers.Regularizer):
    def __init__(self, weight, target=0.1):
        self.weight, self.target = weight, target

    def __call__(self, inputs):
        mean_activities = K.mean(inputs, axis=0)
        kl = keras.losses.kullback_leibler_divergence
        return self.weight * (kl(self.target, mean_activities) + kl(1.0 - self.target, 1.0 - mean_activities))

model = keras.Sequential([keras.layers.Dense(8, activation="sigmoid", activity_regularizer=KLDivergenceRegularizer(weight=0.05), input_shape=[4]), keras.layers.Dense(1)])
model.compile("sgd", "mse")
assert model.evaluate(X, Y, verbose=0) > np.mean((model.predict(X, verbose=0) - Y) ** 2)

# %% one-cycle scheduling
class OneCycleScheduler(keras.callbacks.Callback):
    def __init__(self, iterations, max_rate):
        self.iterations, self.max_rate, self.iteration, self.rates = iterations, max_rate, 0, []

    def on_batch_begin(self, batch, logs):
        rate = self.max_rate * (1 - abs(2 * self.iteration / self.iterations - 1))
        self.iteration += 1
        self.rates.append(rate)
        K.set_value(self.model.optimizer.learning_rate, rate)

cycle, model = OneCycleScheduler(8, 0.05), compiled()
model.fit(X, Y, epochs=2, batch_size=8, callbacks=[cycle], verbose=0)
assert len(cycle.rates) == 8 and max(cycle.rates) == 0.05 and np.isclose(float(model.optimizer.learning_rate), cycle.rates[-1])

# %% the ratio of validation and training
class PrintValTrainRatio(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs):
        self.ratio = logs["val_loss"] / logs["loss"]

ratio = PrintValTrainRatio()
history = compiled().fit(X, Y, validation_data=(X, Y), callbacks=[ratio], verbose=0).history
assert np.isclose(ratio.ratio, history["val_loss"][0] / history["loss"][0])

# %% transfer: some layers of another model
model_A = compiled()
model_B = keras.models.Sequential(model_A.layers[:-1])
model_B.add(keras.layers.Dense(1, activation="sigmoid", name="new"))
for layer in model_B.layers[:-1]:
    layer.trainable = False
model_B.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(learning_rate=1e-3), metrics=["accuracy"])
before = model_A.layers[0].get_weights()[0]
model_B.fit(X, (Y > 2).astype("float32"), verbose=0)
assert model_B.layers[0] is model_A.layers[0] and (before == model_A.layers[0].get_weights()[0]).all()

# %% positional encodings and attention
class PositionalEncoding(keras.layers.Layer):
    def __init__(self, max_steps, max_dims, dtype=tf.float32, **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        p, i = np.meshgrid(np.arange(max_steps), np.arange(max_dims // 2))
        pos_emb = np.empty((1, max_steps, max_dims))
        pos_emb[0, :, ::2] = np.sin(p / 10000 ** (2 * i / max_dims)).T
        pos_emb[0, :, 1::2] = np.cos(p / 10000 ** (2 * i / max_dims)).T
        self.positional_embedding = tf.constant(pos_emb.astype(self.dtype))

    def call(self, inputs):
        shape = tf.shape(inputs)
        return inputs + self.positional_embedding[:, : shape[-2], : shape[-1]]

z = PositionalEncoding(10, 6)(tf.zeros([2, 5, 6]))
assert z.shape == (2, 5, 6) and np.allclose(z[0, 0], [0, 1, 0, 1, 0, 1])

# %% a transformer encoder of one's own
class TransformerEncoder(keras.layers.Layer):
    def __init__(self, embed_dim, dense_dim, num_heads, **kwargs):
        super().__init__(**kwargs)
        self.embed_dim, self.dense_dim, self.num_heads = embed_dim, dense_dim, num_heads
        self.attention = keras.layers.MultiHeadAttention(num_heads=num_heads, key_dim=embed_dim)
        self.dense_proj = keras.Sequential([keras.layers.Dense(dense_dim, activation="relu"), keras.layers.Dense(embed_dim)])
        self.layernorm_1, self.layernorm_2 = keras.layers.LayerNormalization(), keras.layers.LayerNormalization()

    def call(self, inputs, mask=None):
        if mask is not None:
            mask = mask[:, tf.newaxis, :]
        attention_output = self.attention(inputs, inputs, attention_mask=mask)
        proj_input = self.layernorm_1(inputs + attention_output)
        return self.layernorm_2(proj_input + self.dense_proj(proj_input))

    def get_config(self):
        config = super().get_config()
        config.update({"embed_dim": self.embed_dim, "num_heads": self.num_heads, "dense_dim": self.dense_dim})
        return config

inputs = keras.Input(shape=(None,), dtype="int64")
x = keras.layers.Embedding(20, 8, mask_zero=True)(inputs)
x = keras.layers.GlobalMaxPooling1D()(TransformerEncoder(8, 16, 2)(x))
model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(keras.layers.Dropout(0.5)(x)))
model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(np.arange(60).reshape(10, 6) % 20, np.arange(10) % 2, verbose=0)
config = model.layers[2].get_config()
assert TransformerEncoder.from_config(config).num_heads == 2 and model.predict(np.ones((2, 4), "int64"), verbose=0).shape == (2, 1)

# %% a residual block of functions (needs keras.layers.Rescaling)
def residual_block(x, filters, pooling=False):
    residual = x
    x = keras.layers.Conv2D(filters, 3, activation="relu", padding="same")(x)
    x = keras.layers.Conv2D(filters, 3, activation="relu", padding="same")(x)
    if pooling:
        x = keras.layers.MaxPooling2D(2, padding="same")(x)
        residual = keras.layers.Conv2D(filters, 1, strides=2)(residual)
    elif filters != residual.shape[-1]:
        residual = keras.layers.Conv2D(filters, 1)(residual)
    return keras.layers.add([x, residual])

inputs = keras.Input(shape=(8, 8, 3))
x = residual_block(keras.layers.Rescaling(1.0 / 255)(inputs), filters=4, pooling=True)
model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(residual_block(x, filters=6))))
assert model.predict(np.zeros((2, 8, 8, 3)), verbose=0).shape == (2, 1)
