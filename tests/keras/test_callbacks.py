"""Every callback from Python, in one training each."""

import numpy as np
import pytest
import runnel as tf

keras = tf.keras
callbacks = keras.callbacks
X, Y = np.arange(16.0).reshape(8, 2).astype("float32") / 16, np.arange(8.0).reshape(8, 1).astype("float32") / 8


def train(*used, epochs=3, rate=0.1, **options):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(rate, **options), "mse")
    return model, model.fit(X, Y, batch_size=4, epochs=epochs, verbose=0, shuffle=False, callbacks=list(used), validation_data=(X, Y))


def test_history():
    model, history = train()
    assert isinstance(history, callbacks.History) and history.epoch == [0, 1, 2] and set(history.history) == {"loss", "val_loss"}
    assert model.history is history and history.params["epochs"] == 3


def test_csv_logger(tmp_path):
    _, history = train(callbacks.CSVLogger(tmp_path / "log.csv"))
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert lines[0] == "epoch,loss,val_loss" and [line.split(",")[0] for line in lines[1:]] == ["0", "1", "2"]
    assert float(lines[1].split(",")[1]) == pytest.approx(history.history["loss"][0])


def test_model_checkpoint(tmp_path):
    model, history = train(callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor="val_loss", save_best_only=True),
                           callbacks.ModelCheckpoint(str(tmp_path / "{epoch:02d}.weights.h5"), save_weights_only=True))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["01.weights.h5", "02.weights.h5", "03.weights.h5", "best.keras"]
    best = keras.models.load_model(tmp_path / "best.keras")
    assert best.evaluate(X, Y, verbose=0) == pytest.approx(min(history.history["val_loss"]), rel=1e-5)


def test_early_stopping():
    stop = callbacks.EarlyStopping(monitor="loss", patience=1, min_delta=100.0)
    _, history = train(stop, epochs=9)
    assert history.epoch == [0, 1] and stop.stopped_epoch == 1


def test_reduce_lr_on_plateau():
    model, _ = train(callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1, min_delta=100.0), epochs=3)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.1 * 0.25)


def test_terminate_on_nan():
    _, history = train(callbacks.TerminateOnNaN(), rate=1e30, epochs=9)
    assert len(history.epoch) < 9


def test_swap_ema_weights():
    model, _ = train(callbacks.SwapEMAWeights(), use_ema=True, ema_momentum=0.9)
    assert np.isfinite(model.get_weights()[0]).all()


def test_backup_and_restore(tmp_path):
    class Break(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(callbacks.BackupAndRestore(tmp_path), Break(), epochs=4)
    _, history = train(callbacks.BackupAndRestore(tmp_path), epochs=4)
    assert history.epoch == [2, 3]
    np.testing.assert_allclose(history.history["loss"], train(epochs=4)[1].history["loss"][2:], rtol=1e-6)


def test_callback_list_and_progbar_logger():
    calls = []
    both = callbacks.CallbackList([callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: calls.append(epoch)), callbacks.ProgbarLogger()])
    both.on_epoch_end(3, {})
    assert calls == [3] and len(list(both)) == 2


def test_remote_monitor_says_what_to_do_instead():
    with pytest.raises(NotImplementedError, match="write a callback of your own"):
        train(callbacks.RemoteMonitor(root="http://localhost:1"), epochs=1)


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_swap_ema_weights_needs_averages(method):
    model, _ = train()
    with pytest.raises(ValueError, match="use_ema=True"):
        getattr(model, method)(X, verbose=0, callbacks=[callbacks.SwapEMAWeights()], **({"y": Y} if method == "evaluate" else {}))
    with pytest.raises(ValueError, match="use_ema=True"):
        train(callbacks.SwapEMAWeights(swap_on_epoch=True))
