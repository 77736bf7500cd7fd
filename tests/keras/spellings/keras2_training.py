# compile, fit, losses, metrics and callbacks as they were written for Keras 2.4 to 2.15.

# %% metrics as the third argument of compile
model = mlp()
model.compile("sgd", "mse", ["mae"])
assert set(model.fit(X, Y, verbose=0).history) == {"loss", "mae"}

# %% fit_generator, evaluate_generator, predict_generator
def batches():
    while True:
        yield X[:8], Y[:8]

model = compiled()
history = model.fit_generator(batches(), steps_per_epoch=3, epochs=2, verbose=0)
assert len(history.history["loss"]) == 2 and int(model.optimizer.iterations) == 6
assert np.isclose(model.evaluate_generator(batches(), steps=2), model.evaluate(X[:8], Y[:8], verbose=0), rtol=1e-5)
assert model.predict_generator(batches(), steps=2).shape == (16, 1)

# %% there is no predict_classes since TF 2.6
assert not hasattr(mlp(), "predict_classes") and not hasattr(mlp(), "predict_proba")

# %% classes by argmax of predict
model = keras.Sequential([keras.layers.Dense(3, activation="softmax", input_shape=(4,))])
assert np.argmax(model.predict(X, verbose=0), axis=-1).shape == (32,)

# %% workers, use_multiprocessing and max_queue_size
history = compiled().fit(X, Y, verbose=0, workers=1, use_multiprocessing=False, max_queue_size=10)
assert history.epoch == [0]

# %% experimental_run_tf_function
model = mlp()
model.compile("sgd", "mse", experimental_run_tf_function=False)
assert len(model.fit(X, Y, verbose=0).history["loss"]) == 1

# %% keras.utils.Sequence
class Batches(keras.utils.Sequence):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return X[i * 8 : i * 8 + 8], Y[i * 8 : i * 8 + 8]

model = compiled()
model.fit(Batches(), epochs=2, verbose=0)
assert int(model.optimizer.iterations) == 8

# %% reset_states of a metric
metric = keras.metrics.Mean()
metric(5.0)
metric.reset_states()
assert float(metric.result()) == 0 and float(metric(3.0)) == 3

# %% reset_states of one's own metric is called
class Counting(keras.metrics.Metric):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.total, self.resets = self.add_weight("total", initializer="zeros"), 0

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(1.0)

    def result(self):
        return self.total

    def reset_states(self):
        self.resets += 1
        self.total.assign(0.0)

metric, model = Counting(name="batches"), mlp()
model.compile("sgd", "mse", metrics=[metric])
assert model.fit(X, Y, batch_size=8, epochs=2, verbose=0).history["batches"] == [4.0, 4.0] and metric.resets >= 1

# %% model.reset_metrics and model.metrics_names
model = compiled()
model.fit(X, Y, verbose=0)
assert model.metrics_names[0] == "loss"
model.reset_metrics()
assert float(model.metrics[0].result()) == 0

# %% train_on_batch with reset_metrics
model = compiled()
assert np.isclose(model.test_on_batch(X, Y, reset_metrics=True), np.mean((model.predict(X, verbose=0) - Y) ** 2), rtol=1e-5)

# %% losses.mean_squared_error by all its names
values = [getattr(keras.losses, name)([[0.0, 2.0]], [[1.0, 1.0]]) for name in ("mean_squared_error", "mse", "MSE")]
assert [v.numpy().tolist() for v in values] == [[1.0]] * 3

# %% metrics.mean_absolute_error by all its names
values = [getattr(keras.metrics, name)([[0.0, 2.0]], [[1.0, 4.0]]) for name in ("mean_absolute_error", "mae", "MAE")]
assert [v.numpy().tolist() for v in values] == [[1.5]] * 3

# %% losses.Reduction
assert keras.losses.Reduction.SUM_OVER_BATCH_SIZE == "sum_over_batch_size" and keras.losses.Reduction.NONE == "none"
loss = keras.losses.MeanSquaredError(reduction=keras.losses.Reduction.SUM)
assert float(loss([[0.0], [0.0]], [[1.0], [2.0]])) == 5

# %% losses.Reduction.AUTO
loss = keras.losses.MeanSquaredError(reduction=tf.keras.losses.Reduction.AUTO)
assert float(loss([[0.0], [0.0]], [[1.0], [2.0]])) == 2.5

# %% losses.Reduction.NONE in a custom loop
losses = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=tf.keras.losses.Reduction.NONE)([0, 1], [[0.0, 0.0], [0.0, 0.0]])
assert np.allclose(losses, np.log(2)) and losses.shape == (2,)

# %% tf.losses, tf.metrics, tf.optimizers, tf.initializers
assert tf.losses.MeanSquaredError is keras.losses.MeanSquaredError and tf.metrics.Mean is keras.metrics.Mean
assert tf.optimizers.Adam is keras.optimizers.Adam and tf.initializers.HeNormal is keras.initializers.HeNormal

# %% a loss with reduction in super().__init__
class Absolute(keras.losses.Loss):
    def __init__(self, reduction=keras.losses.Reduction.AUTO, name="absolute"):
        super().__init__(reduction=reduction, name=name)

    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)

assert float(Absolute()([[0.0], [0.0]], [[1.0], [2.0]])) == 1.5

# %% a loss made by a function
def create_huber(threshold=1.0):
    def huber_fn(y_true, y_pred):
        error = y_true - y_pred
        return tf.where(tf.abs(error) < threshold, tf.square(error) / 2, threshold * tf.abs(error) - threshold**2 / 2)

    return huber_fn

model = mlp()
model.compile(loss=create_huber(2.0), optimizer="nadam", metrics=["mae"])
assert np.isclose(model.fit(X, Y, verbose=0, batch_size=32).history["loss"][0], keras.losses.Huber(2.0)(Y, mlp()(X)), rtol=1e-5)

# %% a metric from a function's name in the logs
def rmse(y_true, y_pred):
    return K.sqrt(K.mean(K.square(y_pred - y_true)))

model = mlp()
model.compile("sgd", "mse", metrics=[rmse])
logs = model.fit(X, Y, batch_size=32, verbose=0).history
assert np.isclose(logs["rmse"][0] ** 2, logs["loss"][0], rtol=1e-5)

# %% accuracy by its short name
model = keras.Sequential([keras.layers.Dense(3, activation="softmax", input_shape=(4,))])
model.compile("sgd", "sparse_categorical_crossentropy", metrics=["acc"])
assert "acc" in model.fit(X, np.arange(32) % 3, verbose=0).history

# %% metrics by class
model = mlp()
model.compile("sgd", "mse", metrics=[keras.metrics.RootMeanSquaredError(), "mean_absolute_error"])
assert set(model.fit(X, Y, verbose=0).history) == {"loss", "root_mean_squared_error", "mean_absolute_error"}

# %% on_batch_end is on_train_batch_end
class Counter(keras.callbacks.Callback):
    batches = 0

    def on_batch_end(self, batch, logs=None):
        self.batches += 1

counter = Counter()
compiled().fit(X, Y, batch_size=8, callbacks=[counter], verbose=0)
assert counter.batches == 4

# %% a callback with set_model and set_params
class Watching(keras.callbacks.Callback):
    def set_model(self, model):
        super().set_model(model)
        self.names = [layer.name for layer in model.layers]

watching = Watching()
compiled().fit(X, Y, epochs=2, callbacks=[watching], verbose=0)
assert len(watching.names) == 2 and watching.params["epochs"] == 2

# %% the exponential learning rate of a textbook
class ExponentialLearningRate(keras.callbacks.Callback):
    def __init__(self, factor):
        self.factor, self.rates, self.losses = factor, [], []

    def on_batch_end(self, batch, logs):
        self.rates.append(K.get_value(self.model.optimizer.lr))
        self.losses.append(logs["loss"])
        K.set_value(self.model.optimizer.lr, self.model.optimizer.lr * self.factor)

grow, model = ExponentialLearningRate(2.0), compiled()
model.fit(X, Y, batch_size=8, callbacks=[grow], verbose=0)
assert np.allclose(grow.rates, [0.01, 0.02, 0.04, 0.08]) and len(grow.losses) == 4

# %% LearningRateScheduler with the rate
def halve(epoch, lr):
    return lr * 0.5

model = compiled()
model.fit(X, Y, epochs=3, callbacks=[keras.callbacks.LearningRateScheduler(halve)], verbose=0)
assert np.isclose(float(model.optimizer.lr), 0.01 / 8)

# %% lr in the history
model = compiled()
history = model.fit(X, Y, epochs=2, callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))], verbose=0).history
assert np.allclose(history["learning_rate"], [0.1, 0.05])

# %% ModelCheckpoint with period and save_freq
import tempfile

folder = tempfile.mkdtemp()
callback = keras.callbacks.ModelCheckpoint(folder + "/w.h5", save_best_only=True, monitor="loss", save_weights_only=False)
model = compiled()
model.fit(X, Y, callbacks=[callback], verbose=0)
assert np.allclose(keras.models.load_model(folder + "/w.h5").predict(X, verbose=0), model.predict(X, verbose=0))

# %% EarlyStopping gives the best weights back
stop, model = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True, monitor="val_loss"), compiled()
history = model.fit(X, Y, epochs=4, validation_data=(X, Y), callbacks=[stop], verbose=0).history
assert np.isclose(model.evaluate(X, Y, verbose=0), min(history["val_loss"]), rtol=1e-5)

# %% callbacks.experimental.BackupAndRestore
import tempfile

callback = keras.callbacks.experimental.BackupAndRestore(backup_dir=tempfile.mkdtemp())
assert len(compiled().fit(X, Y, epochs=2, callbacks=[callback], verbose=0).history["loss"]) == 2

# %% history of a validation split
history = compiled().fit(X, Y, validation_split=0.25, epochs=2, verbose=0)
assert sorted(history.history) == ["loss", "val_loss"] and history.params["epochs"] == 2

# %% class_weight and sample_weight
model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid", input_shape=(4,), kernel_initializer="zeros")])
model.compile(keras.optimizers.SGD(0.0), "binary_crossentropy")
labels = np.array([0, 1] * 16)
assert np.isclose(model.fit(X, labels, class_weight={0: 1.0, 1: 3.0}, verbose=0).history["loss"][0], 2 * np.log(2), rtol=1e-5)

# %% steps_per_epoch with a repeated data set
data = tf.data.Dataset.from_tensor_slices((X, Y)).repeat().batch(8)
model = compiled()
model.fit(data, steps_per_epoch=5, epochs=2, verbose=0)
assert int(model.optimizer.iterations) == 10

# %% train_step with compiled_loss and compiled_metrics
class Custom(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        self.compiled_metrics.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}

x = keras.Input((4,))
model = Custom(x, keras.layers.Dense(1, kernel_regularizer="l2")(x))
model.compile("sgd", "mse", metrics=["mae"])
history = model.fit(X, Y, epochs=3, verbose=0).history
assert history["loss"][2] < history["loss"][0] and set(history) == {"loss", "mae"}

# %% keras.utils.unpack_x_y_sample_weight in a step
class Custom(keras.Sequential):
    def test_step(self, data):
        x, y, w = keras.utils.unpack_x_y_sample_weight(data)
        return {"weighted": tf.constant(float(w is not None)), "size": tf.cast(tf.shape(x)[0], tf.float32)}

model = Custom([keras.layers.Dense(1, input_shape=(4,))])
model.compile("sgd", "mse")
assert model.evaluate(X, Y, batch_size=32, return_dict=True, verbose=0) == {"weighted": 0.0, "size": 32.0}

# %% make_train_function
model = compiled()
step = model.make_train_function()
logs = step(iter(tf.data.Dataset.from_tensor_slices((X, Y)).batch(32)))
assert "loss" in logs and int(model.optimizer.iterations) == 1

# %% stop_training from a lambda
model = compiled()
callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(model, "stop_training", True))
assert model.fit(X, Y, epochs=5, callbacks=[callback], verbose=0).epoch == [0]

# %% run_eagerly as an attribute
model = mlp()
model.compile("sgd", "mse", run_eagerly=True)
assert model.run_eagerly is True

# %% freezing, and compiling again
model = compiled()
model.layers[0].trainable = False
model.compile("sgd", "mse")
before = model.layers[0].get_weights()[0]
model.fit(X, Y, verbose=0)
assert (model.layers[0].get_weights()[0] == before).all() and len(model.trainable_weights) == 2

# %% to_categorical, normalize and pad_sequences
assert keras.utils.to_categorical([0, 2]).tolist() == [[1, 0, 0], [0, 0, 1]]
assert np.allclose(np.linalg.norm(keras.utils.normalize(X), axis=-1), 1)
assert keras.preprocessing.sequence.pad_sequences([[1], [2, 3]], maxlen=3, padding="post").tolist() == [[1, 0, 0], [2, 3, 0]]

# %% Progbar (needs keras.utils.Progbar)
import contextlib, io

with contextlib.redirect_stdout(io.StringIO()) as out:
    bar = keras.utils.Progbar(3, interval=0, stateful_metrics=["acc"])
    bar.update(1, [("loss", 2.0)])
    bar.update(2, [("loss", 4.0)])
assert "2/3" in out.getvalue() and "loss: 3.0000" in out.getvalue()
