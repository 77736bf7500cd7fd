"""fit() and its like: what they report (as real Keras), which data they take, callbacks, and what a step costs."""

import gc
import json
import sys

import log_rows
import numpy as np
import pytest
import runnel as tf
import training_rows

L, callbacks = tf.keras.layers, tf.keras.callbacks
EXPECTED = json.loads(training_rows.EXPECTED.read_text())
RNG = np.random.RandomState(0)
X, Y = RNG.randn(32, 4).astype("float32"), RNG.randn(32, 1).astype("float32")


def dense(optimizer="sgd", metrics=(), **kwargs):
    tf.keras.utils.set_random_seed(3)
    model = tf.keras.Sequential([L.Input((4,)), L.Dense(1)])
    model.compile(optimizer, "mse", metrics=list(metrics), **kwargs)
    return model


def same(a, b):
    return all((u == v).all() for u, v in zip(a.get_weights(), b.get_weights()))


@pytest.mark.parametrize("name", log_rows.FORMS)
def test_logs_are_keras_s(name):
    logs, values = log_rows.form(tf.keras, name)
    expected_logs, expected_values = EXPECTED[name]
    assert list(logs) == list(expected_logs)
    np.testing.assert_allclose(list(logs.values()), list(expected_logs.values()), rtol=1e-5)
    np.testing.assert_allclose(values, expected_values, rtol=1e-5)


@pytest.mark.parametrize("name", log_rows.TEXTS)
def test_the_text_is_keras_s(name):
    assert log_rows.text(tf.keras, name) == EXPECTED[name]


def test_a_flat_list_of_metrics_is_for_all_outputs_as_in_keras_2():
    model = log_rows.with_fixed_weights(log_rows.functional(tf.keras, "list"))
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(log_rows.X, [log_rows.Y1, log_rows.Y2], verbose=0).history
    assert list(history) == ["da_loss", "da_mae", "db_loss", "db_mae", "loss"]


# --- data


def test_history_knows_its_steps():
    assert dense().fit(X, Y, batch_size=10, verbose=0, epochs=2).params == {"verbose": 0, "epochs": 2, "steps": 4}


def test_an_endless_generator_with_steps_goes_on_where_it_stopped():
    seen = []

    def batches():
        while True:
            seen.append(len(seen))
            yield X[:8], Y[:8]

    history = dense().fit(batches(), steps_per_epoch=3, epochs=2, verbose=0)
    assert len(seen) == 6 and history.params["steps"] == 3


def test_keras_2_s_generators():
    model = dense()

    def batches():
        while True:
            yield X[:8], Y[:8]

    assert list(model.fit_generator(batches(), steps_per_epoch=2, epochs=1, verbose=0).history) == ["loss"]
    assert model.evaluate_generator(batches(), steps=2) == pytest.approx(model.evaluate(X[:8], Y[:8], verbose=0))
    assert model.predict_generator((x for x, _ in batches()), steps=2).shape == (16, 1)


def test_a_sequence_with_workers():
    class Batches(tf.keras.utils.Sequence):
        def __len__(self):
            return 4

        def __getitem__(self, i):
            return X[8 * i:8 * i + 8], Y[8 * i:8 * i + 8]

    whole, parts = dense(), dense()
    whole.fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    parts.fit(Batches(workers=2, use_multiprocessing=True, max_queue_size=4), shuffle=False, verbose=0, workers=2, use_multiprocessing=True)
    assert same(whole, parts)


def test_class_weights_of_one_hot_labels_and_weights_in_data_sets():
    labels = np.eye(3, dtype="float32")[RNG.randint(0, 3, 32)]
    weights = np.array([0.5, 1.0, 2.0], "float32")

    def trained(fit):
        tf.keras.utils.set_random_seed(1)
        model = tf.keras.Sequential([L.Input((4,)), L.Dense(3, activation="softmax")])
        model.compile("sgd", "categorical_crossentropy")
        fit(model)
        return model

    by_class = trained(lambda m: m.fit(X, labels, class_weight={0: 0.5, 1: 1.0, 2: 2.0}, shuffle=False, batch_size=8, verbose=0))
    by_sample = trained(lambda m: m.fit(X, labels, sample_weight=weights[labels.argmax(-1)], shuffle=False, batch_size=8, verbose=0))
    dataset = tf.data.Dataset.from_tensor_slices((X, labels, weights[labels.argmax(-1)])).batch(8)
    by_tuple = trained(lambda m: m.fit(dataset, verbose=0))
    assert same(by_class, by_sample) and same(by_class, by_tuple)


def test_validation_after_some_epochs():
    history = dense().fit(X, Y, epochs=4, verbose=0, validation_data=(X, Y), validation_freq=[1, 4]).history
    assert len(history["loss"]) == 4 and len(history["val_loss"]) == 2


def test_single_steps():
    model, other = dense(metrics=["mae"]), dense(metrics=["mae"])
    loss, error = model.train_on_batch(X, Y)
    assert other.train_on_batch(X, Y, return_dict=True) == {"loss": loss, "mae": error}
    first = model.test_on_batch(X[:8], Y[:8], return_dict=True)["loss"]
    assert model.test_on_batch(X[:8], Y[:8], return_dict=True)["loss"] == first  # each call by itself
    step = model.make_train_function(force=True)
    assert set(step(iter([(X, Y)]))) == {"loss", "mae"}


def test_steps_that_callbacks_hear_of_together():
    heard = []

    class Listener(callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            heard.append(("begin", batch))

        def on_train_batch_end(self, batch, logs=None):
            heard.append(("end", batch))

    dense(steps_per_execution=2).fit(X, Y, batch_size=7, verbose=0, callbacks=[Listener()])
    assert heard == [("begin", 0), ("end", 1), ("begin", 2), ("end", 3), ("begin", 4), ("end", 4)]


def test_limits_of_the_whole_program():
    config = tf.keras.config
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(1)
    try:
        with pytest.warns(UserWarning, match="Limiting epochs to 2"):
            history = dense().fit(X, Y, epochs=5, batch_size=8, verbose=0)
    finally:
        config.set_max_epochs(None)
        config.set_max_steps_per_epoch(None)
    assert len(history.epoch) == 2 and history.params["steps"] == 1


def test_quiet_logging(capsys):
    tf.keras.config.disable_interactive_logging()
    try:
        dense().fit(X, Y, verbose=1)
    finally:
        tf.keras.config.enable_interactive_logging()
    assert capsys.readouterr().out == "" and tf.keras.config.is_interactive_logging_enabled()


# --- callbacks


def test_logs_that_a_callback_changes_are_seen_by_all_after_it():
    seen = []

    class Adds(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["mine"] = epoch + 0.5

    class Looks(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(logs["mine"])

        def on_train_end(self, logs=None):
            seen.append(sorted(logs))

    history = dense().fit(X, Y, epochs=2, verbose=0, callbacks=[Adds(), Looks()]).history
    assert history["mine"] == [0.5, 1.5] and seen == [0.5, 1.5, ["loss", "mine"]]


def test_hooks_of_both_generations():
    heard = []

    class Older(callbacks.Callback):
        def set_model(self, model):
            heard.append("model")

        def on_batch_begin(self, batch, logs=None):
            heard.append("begin")

        def on_batch_end(self, batch, logs=None):
            heard.append(sorted(logs))

    dense().fit(X, Y, batch_size=32, verbose=0, callbacks=[Older()])
    assert heard == ["model", "begin", ["loss"]]


def test_files_of_callbacks(tmp_path):
    log = tmp_path / "log.csv"
    for append in (False, True):
        dense().fit(X, Y, epochs=2, verbose=0, callbacks=[callbacks.CSVLogger(str(log), append=append)])
    lines = log.read_text().splitlines()
    assert lines[0].startswith("epoch,loss") and [line.split(",")[0] for line in lines[1:]] == ["0", "1", "0", "1"]
    model = dense(metrics=["mae"])
    model.fit(X, Y, epochs=2, batch_size=8, verbose=0, validation_data=(X, Y),
              callbacks=[callbacks.ModelCheckpoint(str(tmp_path / "m.{epoch:02d}-{val_loss:.1e}-{mae:.3f}.keras"))])
    assert sorted(path.name[:5] for path in tmp_path.glob("m.*.keras")) == ["m.01-", "m.02-"]
    model.fit(X, Y, batch_size=8, verbose=0, callbacks=[callbacks.ModelCheckpoint(str(tmp_path / "b{batch}.weights.h5"), save_weights_only=True, save_freq=2)])
    assert sorted(path.name for path in tmp_path.glob("b*")) == ["b2.weights.h5", "b4.weights.h5"]


def test_tensorboard_writes_into_its_folders(tmp_path):
    model = tf.keras.Sequential([L.Input((4,)), L.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0, validation_split=0.5, callbacks=[callbacks.TensorBoard(tmp_path)])  # tests/summary looks into the files
    assert sorted(p.name for p in tmp_path.iterdir()) == ["train", "validation"] and all(any(p.iterdir()) for p in tmp_path.iterdir())


@pytest.mark.parametrize("optimizer", ["adam", "nadam", tf.keras.optimizers.SGD(0.01, momentum=0.9, use_ema=True)], ids=["adam", "nadam", "ema"])
def test_training_resumed_is_training_uninterrupted(tmp_path, optimizer):
    class PowerCut(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 2:
                raise RuntimeError("the power went")

    def model():
        tf.keras.utils.set_random_seed(7)
        made = tf.keras.Sequential([L.Input((4,)), L.Dense(8, activation="relu"), L.BatchNormalization(), L.Dense(1)])
        fresh = optimizer if isinstance(optimizer, str) else tf.keras.optimizers.SGD.from_config(optimizer.get_config())
        made.compile(fresh, "mse")
        return made

    whole, cut, resumed = model(), None, None
    whole.fit(X, Y, epochs=5, batch_size=8, verbose=0)
    cut = model()
    with pytest.raises(RuntimeError, match="power"):
        cut.fit(X, Y, epochs=5, batch_size=8, verbose=0, callbacks=[callbacks.BackupAndRestore(str(tmp_path / "b")), PowerCut()])
    resumed = model()
    history = resumed.fit(X, Y, epochs=5, batch_size=8, verbose=0, callbacks=[callbacks.BackupAndRestore(str(tmp_path / "b"))])
    assert history.epoch == [3, 4] and same(whole, resumed)


def test_the_averages_become_the_weights_after_training():
    model = dense(tf.keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5))
    model.fit(X, Y, epochs=2, verbose=0)
    averages = [v.numpy() for v in model.optimizer.variables if "average" in v.name]
    assert averages and all((a == w).all() for a, w in zip(averages, model.get_weights()))


def test_mixed_precision_leaves_out_steps_that_overflow():
    tf.keras.config.set_dtype_policy("mixed_float16")
    try:
        model = dense(tf.keras.optimizers.SGD(0.01))
    finally:
        tf.keras.config.set_dtype_policy("float32")
    assert type(model.optimizer).__name__ == "LossScaleOptimizer"
    before = model.get_weights()
    model.fit(X * 1e4, Y, batch_size=32, verbose=0)
    assert all((a == b).all() for a, b in zip(before, model.get_weights()))
    model.fit(X, Y, batch_size=32, epochs=3, verbose=0)
    assert any((a != b).any() for a, b in zip(before, model.get_weights()))


# --- what a step costs


def test_a_step_runs_no_frame_of_python():
    model = dense("adam", metrics=["mae"])
    model.fit(X, Y, batch_size=8, verbose=0)

    def frames(epochs):
        count = 0

        def hook(frame, event, argument):
            nonlocal count
            count += event == "call"

        sys.setprofile(hook)
        try:
            model.fit(X, Y, batch_size=8, epochs=epochs, verbose=0)
        finally:
            sys.setprofile(None)
        return count

    assert frames(50) == frames(1)


@pytest.mark.parametrize("shape, given", [((1,), ()), ((8,), (8, 1)), ((8, 8, 1), (8, 8)), ((8, 8), (8, 8, 1))])
def test_a_last_axis_of_one_comes_and_goes(shape, given):
    tf.keras.utils.set_random_seed(3)
    model = tf.keras.Sequential([L.Input(shape), L.Flatten(), L.Dense(1)])
    model.compile("sgd", "mse")
    x = RNG.randn(6, *given) / 8
    whole = x.reshape(6, *shape)
    assert model.check(x, x.reshape(6, -1)[:, 0]).ok
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(whole, verbose=0))
    functional = tf.keras.Model({"a": model.inputs[0]}, model.outputs[0])
    np.testing.assert_array_equal(functional({"a": x}), model(whole))
    assert functional(L.Input(given)).shape == (None, 1)
    fitted = [model.fit(x, x.reshape(6, -1)[:, 0], verbose=0).history["loss"][0] for _ in range(5)]
    assert fitted[-1] < fitted[0] and model.train_on_batch(x, whole.reshape(6, -1)[:, :1]) < fitted[0]


def test_other_ranks_are_refused():
    for given in [(6, 8, 2), (6, 4, 1), (6,), (6, 8, 1, 1)]:
        with pytest.raises(ValueError, match="incompatible with the layer"):
            tf.keras.Sequential([L.Input((8,)), L.Dense(1)]).predict(np.ones(given), verbose=0)


def _resident_kilobytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("what, count", [("predict", 10_000), ("models", 200)])
def test_memory_does_not_grow(what, count):
    model = dense()

    def once():
        if what == "predict":
            model.predict(X[:1], verbose=0)
        else:
            dense("adam").fit(X, Y, batch_size=8, verbose=0)

    for _ in range(count // 4):
        once()
    gc.collect()
    before = _resident_kilobytes()
    for _ in range(count):
        once()
    gc.collect()
    assert _resident_kilobytes() - before < 4096
