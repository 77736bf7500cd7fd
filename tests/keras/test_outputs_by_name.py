"""What compile() and the data say by the names of a model's outputs; the numbers are real Keras 3.15's."""

import numpy as np
import pytest
import runnel as tf

K, L = tf.keras, tf.keras.layers
X = np.array([[1, 2], [3, 4]], "float32")
A, B = np.array([[1.0], [3.0]], "float32"), np.array([[2.0], [4.0]], "float32")
BY_NAME = {"a": A, "b": B}


class Two(K.Model):
    """Outputs of its own: "b" is the sum of the inputs, "a" zero."""

    def __init__(self, order):
        super().__init__()
        self.order = order
        self.p, self.q = L.Dense(1, kernel_initializer="ones"), L.Dense(1, kernel_initializer="zeros")

    def call(self, x):
        made = {"b": self.p(x), "a": self.q(x)}
        return {name: made[name] for name in self.order}


def functional(order):
    x = K.Input((2,))
    made = {"b": L.Dense(1, kernel_initializer="ones")(x), "a": L.Dense(1, kernel_initializer="zeros")(x)}
    return K.Model(x, {name: made[name] for name in order})


def listed():
    x = K.Input((2,))
    return K.Model(x, [L.Dense(1, kernel_initializer="ones", name="p")(x), L.Dense(1, kernel_initializer="zeros", name="q")(x)])


MODELS = [lambda: Two("ba"), lambda: Two("ab"), lambda: functional("ba"), lambda: functional("ab")]


def logs(model, y=BY_NAME, sample_weight=None, **compiled):
    model.compile("sgd", **compiled)
    return model.train_on_batch(X, y, sample_weight=sample_weight, return_dict=True)


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("compiled, expected", [
    (dict(loss={"a": "mse", "b": "mae"}), {"a_loss": 5, "b_loss": 2, "loss": 7}),
    (dict(loss={"b": "mae", "a": "mse"}, loss_weights={"a": 10.0, "b": 2.0}), {"a_loss": 5, "b_loss": 2, "loss": 54}),
    (dict(loss=["mse", "mae"], loss_weights=[10.0, 2.0]), {"a_loss": 5, "b_loss": 2, "loss": 54}),
    (dict(loss={"a": "mse"}), {"loss": 5}),
    (dict(loss={"a": "mse", "b": "mae"}, metrics={"b": ["mse"], "a": "mae"}, weighted_metrics={"b": ["mse"]}),
     {"a_loss": 5, "a_mae": 2, "b_loss": 2, "b_mse": 5, "b_weighted_mse": 5, "loss": 7}),
    (dict(loss="mse", metrics={"b": ["mse"]}), {"a_loss": 5, "b_loss": 5, "b_mse": 5, "loss": 10}),
    (dict(loss="mse", metrics=["mse", "mae"]), {"a_loss": 5, "a_mse": 5, "b_loss": 5, "b_mae": 2, "loss": 10}),
    (dict(loss="mse", metrics=[["mse"], ["mae"]]), {"a_loss": 5, "a_mse": 5, "b_loss": 5, "b_mae": 2, "loss": 10}),
    (dict(loss={"a": "mse", "b": "mae"}, y=[A, B]), {"a_loss": 5, "b_loss": 2, "loss": 7}),
    (dict(loss="mse", weighted_metrics={"a": ["mae"], "b": ["mae"]}, sample_weight={"b": np.array([1, 0], "float32"), "a": np.array([0, 1], "float32")}),
     {"a_loss": 4.5, "a_mae": 3, "b_loss": 0.5, "b_mae": 1, "loss": 5}),
])
def test_a_dict_of_outputs(make, compiled, expected):
    assert logs(make(), **compiled) == pytest.approx(expected)


def test_evaluate_lists_the_losses_as_keras_does():
    for make, keys, expected in ((MODELS[0], "ab", [7, 5, 2]), (MODELS[1], "ba", [7, 2, 5])):
        model = make()
        model.compile("sgd", {key: {"a": "mse", "b": "mae"}[key] for key in keys})
        assert model.evaluate(X, BY_NAME, verbose=0) == pytest.approx(expected)
    model = MODELS[0]()
    model.compile("sgd", ["mse", "mae"])
    assert model.evaluate(X, BY_NAME, verbose=0) == pytest.approx([7, 2, 5])


def test_a_list_of_outputs():
    compiled = dict(loss={"q": "mse", "p": "mae"}, loss_weights={"q": 10.0, "p": 1.0}, metrics={"q": "mae"})
    assert logs(listed(), [B, A], **compiled) == pytest.approx({"loss": 52, "p_loss": 2, "q_loss": 5, "q_mae": 2})
    assert logs(listed(), {"q": A, "p": B}, loss={"q": "mse", "p": "mae"}) == pytest.approx({"loss": 7, "p_loss": 2, "q_loss": 5})


@pytest.mark.parametrize("make", MODELS)
def test_names_that_no_output_has(make):
    with pytest.raises(KeyError, match=r"The path: \('c',\) in the `loss` argument, can't be found"):
        logs(make(), loss={"a": "mse", "c": "mae"})
    for what in ("metrics", "weighted_metrics", "loss_weights"):
        with pytest.raises(ValueError, match=rf"Expected keys \['a', 'b'\] in {what} dict, but found {what}.keys\(\)=\['c'\]"):
            logs(make(), loss={"a": "mse", "b": "mse"}, **{what: {"c": "mse" if "metrics" in what else 1.0}})
    with pytest.raises(ValueError, match="'c', which is no output"):
        logs(make(), {"a": A, "c": B}, loss="mse")


def test_names_of_a_list_that_no_output_has():
    with pytest.raises(ValueError, match=r"Expected keys \['p', 'q'\] in loss dict, but found loss.keys\(\)=\['q', 'zz'\]"):
        logs(listed(), [B, A], loss={"q": "mse", "zz": "mae"})


def test_a_single_output_takes_metrics_under_any_key_and_labels_under_its_own():
    model = K.Sequential([L.Input((2,)), L.Dense(1, kernel_initializer="ones", name="p")])
    with pytest.raises(ValueError, match="`y` has the key 'any', which is no output"):
        logs(model, {"any": B}, loss="mse")
    assert logs(model, {"p": B}, loss="mse", metrics={"zz": ["mse"], "yy": "mae"}) == pytest.approx({"loss": 5, "mse": 5, "mae": 2})


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_the_names_are_saved(tmp_path, ending):
    model = functional("ba")
    model.compile("sgd", {"b": "mae", "a": "mse"}, loss_weights={"b": 2.0, "a": 10.0}, metrics={"b": ["mse"]}, jit_compile=True, steps_per_execution=2)
    expected = model.evaluate(X, BY_NAME, verbose=0)
    model.save(tmp_path / f"model{ending}")
    again = K.models.load_model(tmp_path / f"model{ending}")
    assert again.evaluate(X, BY_NAME, verbose=0) == expected == pytest.approx([54, 2, 5, 5])
    assert again.get_compile_config()["loss_weights"] == {"b": 2.0, "a": 10.0}
    assert again.get_compile_config()["jit_compile"] is True and again.get_compile_config()["steps_per_execution"] == 2


def test_outputs_of_one_layer_each_have_their_loss():
    first, second, head = K.Input((2,)), K.Input((2,)), L.Dense(1, kernel_initializer="ones", name="head")
    model = K.Model([first, second], [head(first), head(second)])
    model.compile("sgd", ["mse", "mae"])
    values = model.evaluate([X, 2 * X], [A, B], verbose=0, return_dict=True)
    assert [m.name for m in model.metrics] == ["loss", "head_loss", "head_loss"]
    assert [float(m.result()) for m in model.metrics] == pytest.approx([17, 10, 7])
    assert values == pytest.approx({"loss": 17, "head_loss": 7})  # of one name, the last


def test_of_several_losses_of_one_output_the_first_counts():
    def history(**compiled):
        model = K.Sequential([K.Input((2,)), L.Dense(1, kernel_initializer="ones")])
        model.compile("sgd", **compiled)
        return model.fit(X, A, verbose=0).history

    assert history(loss=["mse", "mae"]) == {"loss": [pytest.approx(10)], "mae_loss": [0], "mse_loss": [0]}
    assert history(loss=["mae", "mse"], loss_weights=[0.5, 0.25]) == {"loss": [pytest.approx(1.5)], "mae_loss": [0], "mse_loss": [0]}
    with pytest.raises(ValueError, match="got 2 losses and 1 weights"):
        history(loss=["mse", "mae"], loss_weights=[0.5])
