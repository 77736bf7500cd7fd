"""Data that run out, that never end, and arguments that do not go with them."""

import numpy as np
import pytest
import runnel as tf

K, L = tf.keras, tf.keras.layers
X, Y = np.arange(16, dtype="float32").reshape(8, 2) / 16, np.ones((8, 1), "float32")
OUT = "Your input ran out of data; interrupting training"


def model(**compiled):
    made = K.Sequential([L.Input((2,)), L.Dense(1)])
    made.compile("sgd", "mse", **compiled)
    return made


def dataset():
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(2)


class Count(K.callbacks.Callback):
    """How many batches each epoch had."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append(0)

    def on_train_batch_end(self, batch, logs=None):
        self.epochs[-1] += 1


def batches(source, **arguments):
    count = Count()
    history = model().fit(source, verbose=0, callbacks=[count], **arguments)
    return count.epochs, len(history.history["loss"])


def test_an_epoch_of_more_steps_than_the_data_have_ends_with_a_warning():
    with pytest.warns(UserWarning, match=OUT):
        assert batches(dataset(), steps_per_epoch=6, epochs=2) == ([4, 4], 2)


def test_counted_epochs_go_on_in_the_data_and_end_with_them():
    with pytest.warns(UserWarning, match=OUT):  # Keras's very numbers
        assert batches(dataset(), steps_per_epoch=3, epochs=3) == ([3, 1, 3], 3)


def test_epochs_that_take_all_begin_anew(recwarn):
    assert batches(dataset(), steps_per_epoch=4, epochs=2) == ([4, 4], 2)
    assert batches(dataset(), steps_per_epoch=2, epochs=4) == ([2, 2, 2, 2], 4)
    assert not [w for w in recwarn if OUT in str(w.message)]


def test_a_generator_that_is_empty_stops_the_training():
    generator = ((X[i:i + 2], Y[i:i + 2]) for i in range(0, 8, 2))
    with pytest.warns(UserWarning, match=OUT):
        assert batches(generator, epochs=3)[1] == 1
    generator = ((X[i:i + 2], Y[i:i + 2]) for i in range(0, 8, 2))
    with pytest.warns(UserWarning, match=OUT):
        assert batches(generator, steps_per_epoch=3, epochs=3)[0][:2] == [3, 1]
    with pytest.raises(ValueError, match="the data set is empty"):
        batches(iter(()))


def test_steps_without_a_batch_size_share_the_arrays_out():
    assert batches(X, y=Y, steps_per_epoch=4, epochs=2) == ([4, 4], 2)
    assert model().predict(X, steps=2, verbose=0).shape == (8, 1)
    assert model().predict(X, batch_size=2, steps=2, verbose=0).shape == (4, 1)


def test_evaluate_and_predict_warn_as_well():
    with pytest.warns(UserWarning, match=OUT):
        model().evaluate(dataset(), steps=6, verbose=0)
    with pytest.warns(UserWarning, match=OUT):
        assert model().predict(dataset().map(lambda x, y: x), steps=6, verbose=0).shape == (8, 1)


def test_data_without_an_end():
    endless = dataset().repeat()
    with pytest.raises(ValueError, match="infinitely repeating dataset, please specify a `steps_per_epoch`"):
        model().fit(endless, verbose=0)
    for ask in (lambda: model().evaluate(endless, verbose=0), lambda: model().predict(endless.map(lambda x, y: x), verbose=0),
                lambda: model().fit(X, Y, validation_data=endless, verbose=0)):
        with pytest.raises(ValueError, match="infinitely repeating dataset, please specify a `steps`"):
            ask()
    history = model().fit(endless, steps_per_epoch=3, epochs=2, validation_data=endless, validation_steps=2, verbose=0)
    assert len(history.history["val_loss"]) == 2
    stop = K.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: setattr(stop.model, "stop_training", batch == 9))
    assert len(model().fit(endless, verbose=0, callbacks=[stop]).history["loss"]) == 1


def test_what_does_not_go_with_a_data_set():
    for source in (dataset(), ((X, Y) for _ in range(1))):
        with pytest.raises(ValueError, match="Argument `validation_split` is only supported for tensors or NumPy arrays"):
            model().fit(source, validation_split=0.5, verbose=0)
    model().fit(dataset(), validation_split=0.5, validation_data=(X, Y), verbose=0)  # Keras overlooks it here
    for what in ({"y": Y}, {"sample_weight": np.ones(8)}):
        for ask in ("fit", "evaluate"):
            with pytest.raises(ValueError, match="should not be passed"):
                getattr(model(), ask)(dataset(), verbose=0, **what)


def test_metrics_are_kept_where_reset_metrics_is_false():
    made = model()
    first = made.test_on_batch(X[:4], 3 * Y[:4])
    both = made.test_on_batch(X[4:], Y[4:], reset_metrics=False)
    alone = made.test_on_batch(X[4:], Y[4:])
    assert both == pytest.approx((first + alone) / 2)
    made.train_on_batch(X[:4], Y[:4])
    kept = made.train_on_batch(X[:4], Y[:4], reset_metrics=False)
    assert kept > made.test_on_batch(X[:4], Y[:4])


def test_class_and_sample_weights_are_multiplied_everywhere():
    """As Keras 2 does; Keras 3 raises a ValueError."""
    labels, weights = np.array([[0], [1], [1], [0]], "float32"), np.array([1, 2, 0, 3], "float32")
    by_class, wanted = {0: 0.5, 1: 4.0}, np.array([0.5, 8, 0, 1.5], "float32")
    start = model().get_weights()

    def weighted(train):
        made = model()
        made.set_weights(start)
        return train(made)

    expected = weighted(lambda m: m.train_on_batch(X[:4], labels, sample_weight=wanted))
    data = tf.data.Dataset.from_tensor_slices((X[:4], labels, weights)).batch(4)
    assert weighted(lambda m: m.train_on_batch(X[:4], labels, sample_weight=weights, class_weight=by_class)) == pytest.approx(expected)
    for arguments in (dict(x=X[:4], y=labels, sample_weight=weights, shuffle=False), dict(x=data)):
        history = weighted(lambda m: m.fit(class_weight=by_class, verbose=0, **arguments))  # noqa: B023
        assert history.history["loss"][0] == pytest.approx(expected)


def test_class_weights_need_one_output():
    x = K.Input((2,))
    two = K.Model(x, [L.Dense(1)(x), L.Dense(1)(x)])
    two.compile("sgd", "mse")
    with pytest.raises(ValueError, match="`class_weight` is only supported for Models with a single output"):
        two.fit(X, [Y, Y], class_weight={0: 1.0}, verbose=0)


def test_arguments_that_nobody_knows():
    for ask in (lambda: model().evaluate(X, Y, foo=1), lambda: model().predict(X, foo=1), lambda: model(foo=1)):
        with pytest.raises((ValueError, TypeError), match=r"Arguments not recognized: \{'foo': 1\}"):
            ask()
    model(sample_weight_mode=None).evaluate(X, Y, verbose=0, workers=1)  # Keras 2's
