"""What the tests write with tf.summary, and with Keras's callback, in Runnel and in real TensorFlow: functions of `tf` and a folder."""

import glob
import os

import numpy as np

IMAGES = np.random.RandomState(3).randint(0, 256, (5, 6, 9, 3))
VALUES = np.random.RandomState(4).randn(40)
HISTOGRAMS = {
    "none": [], "one": [1.0], "same": [1.0, 1.0, 1.0], "few": [1.0, 2.0, 3.0, 10.0], "nan": [np.nan, 1.0, 2.0], "infinite": [np.inf, 0.0, 1.0],
    "both": [-np.inf, np.inf, 0.0], "matrix": VALUES[:12].reshape(3, 4).astype("float32"), "booleans": [True, False], "narrow": VALUES * 1e-3 + 5,
    "integers": np.arange(-7, 8),
}


def scalars(tf):
    s = tf.summary
    s.scalar("loss", 0.5, step=1)
    s.scalar("loss", 3, step=np.int64(2), description="a *loss*")
    s.scalar("loss", True, step=tf.constant(3, tf.int64))
    s.scalar("words & spaces", np.float64(1 / 3), step=tf.Variable(4, dtype=tf.int64))
    s.scalar("half", tf.constant(0.1, tf.float16), step=-5)
    with tf.name_scope("outer"), tf.name_scope("inner"):
        s.scalar("loss", np.float32(7), step=[6])
    s.scalar("", 1.0, step=0)
    s.scalar(None, 1.0, step=0)


def histograms(tf):
    for i, (name, values) in enumerate(HISTOGRAMS.items()):
        tf.summary.histogram(name, values, step=i, buckets=4)
    tf.summary.histogram("default", VALUES, step=0, description="thirty")
    tf.summary.histogram("zero", VALUES, step=0, buckets=0)
    tf.summary.histogram("negative", VALUES, step=0, buckets=-3)


def images(tf):
    s = tf.summary
    s.image("bytes", IMAGES.astype("uint8"), step=0)
    s.image("floats", IMAGES[:2] / 200.0 - 0.1, step=1)
    s.image("single", (IMAGES[:1] / 255).astype("float32"), step=1, description="one")
    s.image("halves", (IMAGES[:1] / 255).astype("float16"), step=1)
    s.image("wide", (IMAGES[:1] * 257).astype("uint16"), step=2)
    s.image("int32", (IMAGES[:1] * 2**23 - 100).astype("int32"), step=3)
    s.image("int8", (IMAGES[:1] - 128).astype("int8"), step=4)
    s.image("grey", IMAGES[:, :, :, :1].astype("uint8"), step=5, max_outputs=1)
    s.image("none", IMAGES[:0].astype("uint8"), step=6)
    s.image("no outputs", IMAGES.astype("uint8"), step=6, max_outputs=0)


def sounds(tf):
    wave = np.sin(np.arange(60).reshape(3, 10, 2)).astype("float32") * 1.2
    tf.summary.audio("stereo", wave, 44100, step=0)
    tf.summary.audio("mono", wave[:, :, :1], tf.constant(8000), step=1, max_outputs=2, encoding="wav", description="a wave")
    tf.summary.audio("none", wave[:0], 8000, step=2)


def texts(tf):
    s = tf.summary
    s.text("word", "hello *there*", step=0)
    s.text("list", ["a", "", "c"], step=1, description="three")
    s.text("table", tf.constant([["a", "b"], ["c", "d"]]), step=2)
    s.text("none", tf.constant([], tf.string), step=3)
    s.text("bytes", b"\xff\x00", step=4)


def written(tf):
    s = tf.summary
    metadata = tf.compat.v1.SummaryMetadata()
    metadata.plugin_data.plugin_name, metadata.plugin_data.content = "mine", b"\x01\x02"
    metadata.display_name, metadata.summary_description = "shown", "described"
    s.write("numbers", tf.constant([[1, 2], [3, 4]], tf.int16), step=0, metadata=metadata)
    s.write("lazily", lambda: tf.constant(2.0, tf.float64), step=1, metadata=metadata.SerializeToString())
    s.write("complex", [1 + 2j], step=2)
    s.write("truth", [True, False], step=2)
    with s.experimental.summary_scope("a tag?", "default") as (tag, scope):
        s.write(tag, scope, step=3)
    with tf.name_scope("around"), s.experimental.summary_scope(None, "default") as (tag, scope):
        s.write(tag, scope, step=3)
    raw = tf.compat.v1.Summary(value=[tf.compat.v1.Summary.Value(tag="old", simple_value=2.5)])
    s.experimental.write_raw_pb(raw.SerializeToString(), step=4)


def steps(tf):
    s = tf.summary
    assert s.experimental.get_step() is None
    step = tf.Variable(10, dtype=tf.int64)
    s.experimental.set_step(step)
    assert s.experimental.get_step() is step
    s.scalar("variable", 1.0)
    step.assign_add(5)
    s.scalar("variable", 2.0)
    s.experimental.set_step(3)
    assert s.experimental.get_step() == 3
    s.scalar("number", 1.0)
    s.scalar("explicit", 1.0, step=7)
    s.experimental.set_step(None)


def recording(tf):
    s, asked = tf.summary, []
    with s.record_if(False):
        assert not s.should_record_summaries() and not s.scalar("no", 1.0, step=0)
        with s.record_if(True):
            assert s.scalar("yes", 1.0, step=0)
    step = tf.Variable(0, dtype=tf.int64)
    with s.record_if(lambda: tf.equal(step % 2, 0)):
        for _ in range(4):
            s.write("even", lambda: asked.append(1) or tf.constant(1.0), step=step)
            step.assign_add(1)
    assert len(asked) == 2
    with s.record_if(tf.constant(True)):
        s.scalar("tensor", 2.0, step=1)


def functions(tf):
    s = tf.summary
    step = tf.Variable(0, dtype=tf.int64)

    @tf.function
    def trained(x):
        s.scalar("before", tf.reduce_sum(x), step=step)
        step.assign_add(1)
        with tf.name_scope("layer"):
            s.histogram("values", x * 2, step=step, buckets=3)
        s.text("word", tf.strings.format("{}", tf.reduce_max(x)), step=step)
        return x + 1

    for values in ([1.0, 2.0], [3.0, 4.0, 6.0]):
        trained(tf.constant(values))

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32), tf.TensorSpec([], tf.int32)])
    def drawn(x, most):
        s.image("drawn", x, step=step, max_outputs=most)
        s.audio("heard", x[:, :, :, 0], 100, step=step, max_outputs=most)

    drawn(tf.constant(IMAGES / 255, tf.float32), 2)

    @tf.function
    def looped(n):
        total = tf.constant(0.0)
        for i in tf.range(n):
            total += tf.cast(i, tf.float32)
            with s.record_if(lambda: tf.equal(i % 2, 0)):
                s.scalar("total", total, step=tf.cast(i, tf.int64))
        if total > 5.0:
            s.scalar("large", total, step=100)
        else:
            s.scalar("small", total, step=100)
        return total

    looped(tf.constant(5))
    looped(tf.constant(2))

    @tf.function
    def default_step():
        s.scalar("captured", 1.0)

    s.experimental.set_step(step)
    default_step()
    step.assign(50)
    default_step()
    s.experimental.set_step(None)

    @tf.function
    def sometimes(flag):
        with s.record_if(flag):
            return s.scalar("sometimes", 1.0, step=step)

    assert [bool(sometimes(tf.constant(f))) for f in (True, False, True)] == [True, False, True]


CASES = {f.__name__: f for f in (scalars, histograms, images, sounds, texts, written, steps, recording, functions)}


def write(tf, name, folder):
    with tf.summary.create_file_writer(folder).as_default():
        CASES[name](tf)


# --- Keras

X = np.random.RandomState(0).rand(24, 4).astype("float32")
Y = (X.sum(axis=1, keepdims=True) > 2).astype("float32")
CALLBACKS = {
    "plain": {},
    "batches": {"update_freq": "batch", "write_graph": False},
    "every_two": {"update_freq": 2},
    "histograms": {"histogram_freq": 1, "write_images": True},
    "every_other": {"histogram_freq": 2, "write_graph": False},
    "speed": {"write_steps_per_second": True, "update_freq": 1},
}


def model_of(tf, kind):
    keras = tf.keras
    keras.utils.set_random_seed(1)
    L = keras.layers
    if kind == "image":
        layers = [L.Input((4,), name="x"), L.Dense(16, name="wide"), L.Reshape((4, 4, 1), name="grid"), L.Conv2D(2, 3, name="conv"), L.Flatten(name="flat"), L.Dense(1, name="last")]
        model = keras.Sequential(layers, name="net")
    else:
        model = keras.Sequential([L.Input((4,), name="x"), L.Dense(3, activation="tanh", name="hidden"), L.Dense(1, activation="sigmoid", name="last")], name="net")
    model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy", metrics=["accuracy"])
    return model


def train(tf, name, folder):
    """Two epochs of three batches with the callback, validated; then an evaluation with it."""
    model = model_of(tf, "image" if name == "histograms" else "plain")
    callback = tf.keras.callbacks.TensorBoard(folder, **CALLBACKS[name])
    model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0, validation_data=(X[:8], Y[:8]), callbacks=[callback])
    model.evaluate(X[:8], Y[:8], verbose=0, callbacks=[callback])


# --- what stands in the files


def events_of(tf, folder):
    """{file's folder: [event, ...]}: dicts of what does not depend on the time."""
    found = {}
    for path in sorted(glob.glob(os.path.join(folder, "**", "*tfevents*"), recursive=True), key=lambda p: (os.path.dirname(p), _number(p))):
        rows = found.setdefault(os.path.relpath(os.path.dirname(path), folder), [])
        rows += [row for event in tf.compat.v1.train.summary_iterator(path) for row in _rows(tf, event)]
    return found


def _number(path):
    return int(path.rsplit(".", 2)[1])


def _rows(tf, event):
    if event.file_version:
        yield {"file_version": event.file_version}
    if event.graph_def:
        yield {"graph": True, "step": event.step}
    for value in event.summary.value:
        metadata = value.metadata
        row = {"tag": value.tag, "step": event.step, "plugin": metadata.plugin_data.plugin_name, "content": metadata.plugin_data.content.hex(),
               "name": metadata.display_name, "description": metadata.summary_description}
        if value.WhichOneof("value") == "simple_value":
            yield {**row, "simple": value.simple_value}
        else:
            array = np.asarray(tf.make_ndarray(value.tensor))
            yield {**row, "dtype": "string" if array.dtype == object else array.dtype.name, "shape": list(array.shape), "values": _values(array)}


def _values(array):
    flat = array.ravel().tolist()
    if array.dtype == object:
        return [item.hex() for item in flat]
    return [str(item) for item in flat] if array.dtype.kind == "c" else flat
