"""model.check(): what it finds, before the first batch."""

import numpy as np
import pytest
import runnel as tf

L = tf.keras.layers
RNG = np.random.RandomState(0)


def model_for(units, activation, loss, optimizer="sgd"):
    model = tf.keras.Sequential([L.Input((4,)), L.Dense(units, activation=activation)])
    model.compile(optimizer, loss)
    return model


def x(*shape):
    return RNG.randn(*shape).astype("float32")


SPARSE, CATEGORICAL, BINARY = "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"
LOGITS = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@pytest.mark.parametrize("model, data, problem, level", [
    (model_for(3, "softmax", SPARSE), (x(8, 4), np.arange(1, 9) % 4), "labels outside of [0, classes)", "error"),
    (model_for(3, "softmax", SPARSE), (x(8, 4), np.eye(3)[np.arange(8) % 3]), "one-hot rows where class numbers are expected", "error"),
    (model_for(3, "softmax", SPARSE), (x(8, 4), np.linspace(0, 2, 8)), "class numbers are not whole", "error"),
    (model_for(3, "softmax", CATEGORICAL), (x(8, 4), np.arange(8) % 3), "class numbers where one-hot rows are expected", "error"),
    (model_for(3, "softmax", CATEGORICAL), (x(8, 4), np.eye(4)[np.arange(8) % 4]), "labels and predictions differ in classes", "error"),
    (model_for(3, "softmax", CATEGORICAL), (x(8, 4), np.ones((8, 3))), "rows of labels do not add up to 1", "warning"),
    (model_for(1, "softmax", CATEGORICAL), (x(8, 4), np.ones((8, 1))), "a softmax of one unit is always 1", "error"),
    (model_for(1, "sigmoid", SPARSE), (x(8, 4), np.arange(8) % 2), "a single unit cannot choose between classes", "error"),
    (model_for(1, "sigmoid", BINARY), (x(8, 4), np.arange(8) % 3), "binary labels are not 0 and 1", "error"),
    (model_for(1, "sigmoid", BINARY), (x(8, 4), np.where(np.arange(8) % 2, 1, -1)), "binary labels are not 0 and 1", "error"),
    (model_for(3, "softmax", LOGITS), (x(8, 4), np.arange(8) % 3), "the loss expects logits, the outputs are probabilities", "error"),
    (model_for(3, None, SPARSE), (10 * x(8, 4), np.arange(8) % 3), "the loss expects probabilities, the outputs are none", "error"),
    (model_for(2, None, "mse"), (x(8, 4), x(8, 3)), "labels and predictions differ in shape", "error"),
    (model_for(2, None, "mse"), (x(8, 4), x(8, 1)), "labels and predictions differ in shape", "warning"),
    (model_for(1, None, "mse"), (x(8, 4), x(7, 1)), "another number of samples than x", "error"),
    (model_for(1, None, "mse"), (x(8, 5), x(8, 1)), "the model cannot take these data", "error"),
    (model_for(1, None, "mse"), (np.where(np.arange(32).reshape(8, 4) == 5, np.nan, 1), x(8, 1)), "values that are no numbers", "error"),
    (model_for(1, None, "mse"), (x(8, 4), np.full((8, 1), np.inf)), "values that are no numbers", "error"),
    (model_for(1, None, "mse"), (5000 * x(8, 4), x(8, 1)), "values are large", "warning"),
    (model_for(1, None, "mse"), (x(8, 4),), "no labels", "error"),
    (model_for(1, None, None), (x(8, 4), x(8, 1)), "there is no loss", "error"),
    (model_for(1, None, "mse", tf.keras.optimizers.SGD(0.0)), (x(8, 4), x(8, 1)), "the learning rate leaves all as it is", "warning"),
])
def test_finding(model, data, problem, level):
    report = model.check(*data)
    found = [finding for finding in report.findings if finding["problem"] == problem]
    assert found and found[0]["level"] == level, report
    assert problem in str(report)


@pytest.mark.parametrize("model, data", [
    (model_for(3, "softmax", SPARSE), (x(8, 4), np.arange(8) % 3)),
    (model_for(3, "softmax", CATEGORICAL), (x(8, 4), np.eye(3)[np.arange(8) % 3])),
    (model_for(1, "sigmoid", BINARY), (x(8, 4), np.arange(8) % 2)),
    (model_for(1, None, "mse"), (x(8, 4), x(8))),
    (model_for(3, None, LOGITS), (x(8, 4), np.arange(8) % 3)),
])
def test_nothing_is_found_where_nothing_is_wrong(model, data):
    report = model.check(*data)
    assert report.ok and not report.findings, report
    assert str(report) == "model.check: nothing found\n"


def test_a_model_that_was_not_compiled_and_weights_that_are_no_numbers():
    model = tf.keras.Sequential([L.Input((4,)), L.Dense(1, name="head")], name="net")
    model.set_weights([np.full((4, 1), np.nan), np.zeros(1)])
    report = model.check(x(8, 4), x(8, 1))
    assert {(f["where"], f["problem"]) for f in report.findings} == {("net/head/kernel", "values that are no numbers"), ("model", "compile() has not been called")}
    with pytest.raises(ValueError, match="compile"):
        report.raise_errors()


def test_images_that_are_not_normalised_are_a_warning():
    model = tf.keras.Sequential([L.Input((8, 8)), L.Flatten(), L.Dense(2, activation="softmax")])
    model.compile("sgd", SPARSE)
    report = model.check(np.full((4, 8, 8), 255, "uint8"), np.array([0, 1, 0, 1]))
    assert report.ok and [f["problem"] for f in report.findings] == ["images are not normalised"]


def test_numbers_outside_of_an_embedding():
    model = tf.keras.Sequential([L.Input((3,), dtype="int32"), L.Embedding(10, 2), L.Flatten(), L.Dense(1)])
    model.compile("sgd", "mse")
    report = model.check(np.array([[1, 2, 10]]), x(1, 1))
    assert [(f["got"], f["expected"]) for f in report.findings if "rows of" in f["problem"]] == [("1 .. 10", "0 .. 9")]


def test_an_optimizer_of_another_model():
    optimizer = tf.keras.optimizers.Adam()
    first, second = model_for(1, None, "mse", optimizer), model_for(1, None, "mse", optimizer)
    first.fit(x(8, 4), x(8, 1), verbose=0)
    assert not second.check(x(8, 4), x(8, 1)).ok


def test_the_table_stands_in_line_and_the_model_is_left_alone():
    model = tf.keras.Sequential([L.Input((4,)), L.BatchNormalization(), L.Dense(3, activation="softmax")])
    model.compile("sgd", SPARSE)
    before = [w.copy() for w in model.get_weights()]
    lines = str(model.check(5000 * x(8, 4), np.full(8, 7))).splitlines()
    assert lines[0] == "model.check: 1 error, 1 warning"
    column = lines[1].index("problem")
    assert [line[column - 1] for line in lines[1:]] == [" "] * 3 and lines[2].startswith("error") and lines[3].startswith("warning")
    assert all((a == b).all() for a, b in zip(before, model.get_weights()))


def test_all_batches_of_a_data_set_are_looked_at():
    labels = np.array([0, 1, 2, 0, 1, 7, 9, 2])
    data = tf.data.Dataset.from_tensor_slices((x(8, 4), labels)).batch(2)
    report = model_for(3, "softmax", SPARSE).check(data)
    found = [f for f in report.findings if f["problem"] == "labels outside of [0, classes)"]
    assert len(found) == 1 and found[0]["got"].endswith("in batch 2")
    assert model_for(3, "softmax", SPARSE).check(data.take(2)).ok
    assert not model_for(3, "softmax", SPARSE).check(data.repeat()).ok  # ends, though the data do not


def test_what_cannot_become_a_tensor_is_a_finding():
    objects = np.array([[1, 2], [3]], dtype=object)
    report = model_for(1, None, "mse").check(objects, x(2, 1))
    assert [(f["where"], f["problem"], f["got"]) for f in report.findings] == [("x", "cannot become a tensor", "dtype object")]
    assert "y" == model_for(1, None, "mse").check(x(2, 4), objects).findings[0]["where"]


def test_what_an_array_of_ones_own_raises_is_a_finding():
    class Broken:
        shape, dtype = (8, 4), np.dtype("float32")

        def __len__(self):
            return 8

        def __array__(self, *args, **kwargs):
            raise KeyError("the file is gone")

    report = model_for(1, None, "mse").check(Broken(), x(8, 1))
    assert [(f["where"], f["problem"]) for f in report.findings] == [("x", "cannot become a tensor")]
    assert "the file is gone" in report.findings[0]["hint"]


class Own(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.head = L.Dense(1)

    def call(self, data):
        return {"a": self.head(data), "b": self.head(data)}


@pytest.mark.parametrize("loss", [["mse", "mae"], {"a": "mse", "b": "mae"}])
def test_losses_by_output_of_a_model_that_has_not_seen_data(loss):
    model = Own()
    model.compile("sgd", loss)
    report = model.check(x(8, 4), {"a": x(8, 1), "b": x(8, 1)})
    assert "there is no loss" not in str(report), report


def test_a_generator_without_an_end_is_looked_at_for_a_while():
    def batches():
        while True:
            yield x(8, 4), x(8, 1)

    assert model_for(1, None, "mse").check(batches()).ok


def test_an_interrupt_while_data_are_converted_is_no_finding():
    class Name:
        def __str__(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model_for(1, None, "mse").check({Name(): x(8, 4)}, x(8, 1))
