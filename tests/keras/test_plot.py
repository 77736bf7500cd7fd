"""keras.utils.plot_model: the graph's text and Runnel's own SVG."""

import re
import shutil
import xml.etree.ElementTree as xml

import pytest
import runnel as tf

keras = tf.keras


@pytest.fixture
def model():
    x = keras.Input((4,), name="x")
    inner_in = keras.Input((5,), name="inner_in")
    inner = keras.Model(inner_in, keras.layers.Dense(6, name="deep")(inner_in), name="inner")
    left, right = keras.layers.Dense(5, activation="tanh", name="left")(x), keras.layers.Dense(6, name="right")(x)
    return keras.Model(x, keras.layers.Add(name="sum")([inner(left), right]), name="branches")


def graph(dot):
    """({node: label}, {(from, to)}) with labels' first words in the edges."""
    text = dot.to_string()
    labels = dict(re.findall(r'(n\d+) \[label="(.*)"\];', text))
    edges = {(labels[a].split()[0], labels[b].split()[0]) for a, b in re.findall(r"(n\d+) -> (n\d+);", text)}
    return set(labels.values()), edges


def test_the_graph(model):
    labels, edges = graph(keras.utils.model_to_dot(model))
    assert labels == {"x (InputLayer)", "left (Dense)", "right (Dense)", "inner (Functional)", "sum (Add)"}
    assert edges == {("x", "left"), ("x", "right"), ("left", "inner"), ("inner", "sum"), ("right", "sum")}


def test_nested_models_can_be_opened(model):
    labels, edges = graph(keras.utils.model_to_dot(model, expand_nested=True))
    assert "inner (Functional)" not in labels and {("left", "inner_in"), ("inner_in", "deep"), ("deep", "sum")} <= edges


def test_what_boxes_tell(model):
    labels, _ = graph(keras.utils.model_to_dot(model, show_shapes=True, show_dtype=True, show_layer_activations=True, show_trainable=True, rankdir="LR"))
    assert r"left (Dense)\nActivation: tanh\nOutput shape: (None, 5)\nOutput dtype: float32\nTrainable" in labels
    assert {"Dense", "Add"} <= graph(keras.utils.model_to_dot(model, show_layer_names=False))[0]


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_the_picture(model, tmp_path, rankdir):
    dot = keras.utils.plot_model(model, tmp_path / "m.svg", show_layer_names=True, rankdir=rankdir)
    root = xml.fromstring((tmp_path / "m.svg").read_text())
    kinds = [child.tag.rpartition("}")[2] for child in root]
    assert kinds.count("rect") == 5 and kinds.count("line") == 5 and kinds.count("text") == 5
    boxes = [[float(c.get(key)) for key in ("x", "y", "width", "height")] for c in root if c.tag.endswith("rect")]
    for i, (x, y, w, h) in enumerate(boxes):
        assert x >= 0 and y >= 0 and x + w <= float(root.get("width")) and y + h <= float(root.get("height"))
        assert not any(x < a + c and a < x + w and y < b + d and b < y + h for a, b, c, d in boxes[:i]), "boxes overlap"
    assert dot._repr_svg_() == (tmp_path / "m.svg").read_text()


def test_other_files(model, tmp_path):
    keras.utils.plot_model(model, tmp_path / "m.dot")
    assert (tmp_path / "m.dot").read_text().startswith('digraph "branches"')
    if shutil.which("dot") is None:
        with pytest.raises(ImportError, match="You must install graphviz"):
            keras.utils.plot_model(model, tmp_path / "m.png")
    else:
        keras.utils.plot_model(model, tmp_path / "m.png")
        assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")


def test_errors():
    with pytest.raises(ValueError, match="This model has not yet been built"):
        keras.utils.plot_model(keras.Sequential([keras.layers.Dense(2)]))
