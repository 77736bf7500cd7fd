"""Models and the arguments of summary() that real Keras and Runnel both print."""


def _chain(keras):
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(16, activation="relu", name="hidden"), keras.layers.Dropout(0.1, name="drop"),
                              keras.layers.Dense(3, name="out", trainable=False)], name="chain")
    model.compile("adam", "mse")
    return model


def _nested(keras):
    inner_in = keras.Input((4,), name="inner_in")
    inner = keras.Model(inner_in, keras.layers.Dense(5, name="inner_dense")(inner_in), name="inner")
    x = keras.Input((4,), name="x")
    both = keras.layers.Concatenate(name="both")([inner(x), x])
    return keras.Model(x, keras.layers.Dense(2, name="a_layer_with_a_rather_long_name")(both), name="outer")


def _used_elsewhere(keras):
    x = keras.Input((4,), name="x")
    layer = keras.layers.Dense(5, name="layer")
    model = keras.Model(x, keras.layers.Dense(2, name="head")(layer(x)), name="one")
    keras.Model(x, keras.layers.Dense(3, name="other")(layer.output), name="two")
    return model


def _unbuilt(keras):
    return keras.Sequential([keras.layers.Dense(3, name="later")], name="unbuilt")


ROWS = {
    "chain": (_chain, {}),
    "chain, trainable": (_chain, {"show_trainable": True}),
    "chain, narrow": (_chain, {"line_length": 60}),
    "chain, positions": (_chain, {"positions": [0.3, 0.7, 1.0]}),
    "chain, range": (_chain, {"layer_range": ["drop", "out"]}),
    "chain, spare positions": (_chain, {"positions": [0.3, 0.6, 0.8, 1.0]}),
    "used elsewhere": (_used_elsewhere, {}),
    "used elsewhere, trainable": (_used_elsewhere, {"show_trainable": True, "line_length": 70}),
    "nested": (_nested, {}),
    "nested, expanded": (_nested, {"expand_nested": True}),
    "nested, expanded and trainable": (_nested, {"expand_nested": True, "show_trainable": True}),
    "unbuilt": (_unbuilt, {}),
}


def text(keras, name):
    make, options = ROWS[name]
    lines = []
    make(keras).summary(print_fn=lambda line, line_break=True: lines.append(line), **options)
    return "\n".join(lines)
