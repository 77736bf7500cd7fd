"""Writers and their files: names, threads, followers, full disks, ends of programs; and the errors of tf.summary."""

import glob
import os
import re
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest


def file_of(folder):
    (path,) = glob.glob(os.path.join(folder, "events*"))
    return path


def values_of(tf, folder):
    """[(tag, step, value)] of scalars."""
    return [(v.tag, e.step, float(tf.make_ndarray(v.tensor))) for e in tf.compat.v1.train.summary_iterator(file_of(folder)) for v in e.summary.value]


def test_files_are_named_as_tensorflow_names_them(tf, tmp_path):
    first, second = (tf.summary.create_file_writer(str(tmp_path / name), filename_suffix=suffix) for name, suffix in (("a", None), ("b", "mine")))
    numbers = []
    for folder, ending in (("a", r"\.v2"), ("b", r"\.mine")):
        name = os.path.basename(file_of(tmp_path / folder))
        found = re.fullmatch(rf"events\.out\.tfevents\.(\d{{10}})\.{re.escape(socket.gethostname())}\.{os.getpid()}\.(\d+){ending}", name)
        assert found, name
        numbers.append(int(found[2]))
    assert numbers[1] == numbers[0] + 1
    first.close(), second.close()


def test_the_first_event_names_the_version(tf, tmp_path):
    tf.summary.create_file_writer(tmp_path / "deep" / "down").close()
    (event,) = tf.compat.v1.train.summary_iterator(file_of(tmp_path / "deep" / "down"))
    assert event.file_version == "brain.Event:2" and event.step == 0 and event.WhichOneof("what") == "file_version"


def test_a_file_is_followed_while_it_is_written(tf, tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path), max_queue=2)
    with writer.as_default():
        for step in range(2):
            tf.summary.scalar("x", step, step=step)
        assert values_of(tf, tmp_path) == []
        tf.summary.flush()
        assert len(values_of(tf, tmp_path)) == 2
        reader = tf.compat.v1.train.summary_iterator(file_of(tmp_path))
        assert len(list(reader)) == 3
        tf.summary.scalar("x", 2, step=2)
    assert values_of(tf, tmp_path) == [("x", step, step) for step in range(3)]


def test_a_full_queue_and_time_write_without_flush(tf, tmp_path):
    import time

    for folder, options in (("queue", {"max_queue": 1}), ("time", {"flush_millis": 50})):
        with tf.summary.create_file_writer(str(tmp_path / folder), **options).as_default():
            tf.summary.scalar("x", 1.0, step=1), tf.summary.scalar("x", 2.0, step=2)
            until = time.monotonic() + 20
            while len(values_of(tf, tmp_path / folder)) < 2:
                assert time.monotonic() < until
                time.sleep(0.01)


PROGRAM = """
import runnel as tf
tf.summary.create_file_writer(FOLDER).set_as_default(step=3)
tf.summary.scalar("x", 1.5)
"""


def run(code, folder):
    code = f"FOLDER = {str(folder)!r}\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_what_waits_is_written_when_the_program_ends(tf, tmp_path):
    run(PROGRAM, tmp_path)
    assert values_of(tf, tmp_path) == [("x", 3, 1.5)]


FORKED = """
import os
import runnel as tf
writer = tf.summary.create_file_writer(FOLDER)
with writer.as_default(step=1):
    tf.summary.scalar("before", 1.0)
    child = os.fork()
    if child == 0:
        try:
            tf.summary.scalar("child", 1.0)
        except tf.errors.FailedPreconditionError as error:
            assert "is written by another process" in str(error)
            writer = None
            raise SystemExit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    tf.summary.scalar("after", 2.0)
"""


def test_a_forked_process_leaves_the_file_alone(tf, tmp_path):
    run(FORKED, tmp_path)
    assert values_of(tf, tmp_path) == [("before", 1, 1.0), ("after", 1, 2.0)]


FULL = """
import resource, signal
import runnel as tf
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
writer = tf.summary.create_file_writer(FOLDER)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
with writer.as_default(step=0):
    tf.summary.text("before", "x")
    writer.flush()
    tf.summary.text("large", "y" * 30_000)
    try:
        writer.flush()
    except tf.errors.ResourceExhaustedError as error:
        assert "no room for events in" in str(error) and "File too large" in str(error), error
    else:
        raise AssertionError("no error")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    tf.summary.text("after", "z")
"""


def test_a_full_disk_is_told_and_nothing_is_lost_when_there_is_room_again(tf, tmp_path):
    run(FULL, tmp_path)
    assert [v.tag for e in tf.compat.v1.train.summary_iterator(file_of(tmp_path)) for v in e.summary.value] == ["before", "large", "after"]


def test_a_folder_that_is_taken_away_is_made_again(tf, tmp_path):
    import shutil

    writer = tf.summary.create_file_writer(str(tmp_path / "logs"))
    with writer.as_default(step=1):
        tf.summary.scalar("lost", 1.0)
        tf.summary.flush()
        shutil.rmtree(tmp_path / "logs")
        tf.summary.scalar("kept", 2.0)
    assert values_of(tf, tmp_path / "logs") == [("kept", 1, 2.0)]


def test_places_that_cannot_be_written(tf, tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", "/proc/nothing"):
        with pytest.raises(tf.errors.OpError, match=re.escape(str(place))):
            tf.summary.create_file_writer(str(place))
    with pytest.raises(ValueError, match="Argument `logdir` cannot be None"):
        tf.summary.create_file_writer(None)


def test_truncated_and_damaged_files(tf, tmp_path):
    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        for step in range(3):
            tf.summary.scalar("x", step, step=step)
    path, read = file_of(tmp_path), tf.compat.v1.train.summary_iterator
    whole = open(path, "rb").read()
    with open(path, "wb") as file:
        file.write(whole[:-1])
    assert len(list(read(path))) == 3
    with open(path, "wb") as file:
        file.write(whole[:-10] + b"\0" + whole[-9:])
    with pytest.raises(tf.errors.DataLossError, match="corrupted record at"):
        list(read(path))
    with pytest.raises(tf.errors.NotFoundError, match="/no/file; No such file"):
        list(read("/no/file"))


def test_closed_writers(tf, tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path))
    writer.init()
    writer.close()
    writer.close(), writer.flush()
    for use in (writer.as_default, writer.set_as_default, writer.init):
        with pytest.raises(RuntimeError, match="SummaryWriter .* is already closed"):
            use()


def test_defaults_nest_and_belong_to_a_thread(tf, tmp_path):
    s, seen = tf.summary, []
    a, b = (s.create_file_writer(str(tmp_path / name)) for name in "ab")
    with a.as_default(step=10) as entered:
        assert entered is a
        s.scalar("x", 1.0)
        with b.as_default(step=20):
            s.scalar("x", 2.0)
            with s.create_noop_writer().as_default(step=5) as nothing:
                assert nothing is None and s.experimental.get_step() == 20
            thread = threading.Thread(target=lambda: seen.append((bool(s.should_record_summaries()), s.experimental.get_step())))
            thread.start(), thread.join()
        s.scalar("x", 3.0)
        with b.as_default():
            s.scalar("x", 4.0)
    assert seen == [(False, None)] and s.experimental.get_step() is None and not s.scalar("x", 1.0)
    assert values_of(tf, tmp_path / "a") == [("x", 10, 1), ("x", 10, 3)]
    assert values_of(tf, tmp_path / "b") == [("x", 20, 2), ("x", 10, 4)]


def test_errors_are_tensorflow_s(tf, tmp_path):
    s = tf.summary
    found = [
        (ValueError, r"No step set\. Please specify one either through the `step` argument or through tf\.summary\.experimental\.set_step\(\)",
         lambda: s.scalar("a", 1.0)),
        (ValueError, r"Expected scalar shape, saw shape: \(1,\)", lambda: s.scalar("a", [1.0], step=1)),
        (ValueError, r"Argument `step` must be a scalar\. Received step with shape \(2,\)", lambda: s.scalar("a", 1.0, step=[1, 2])),
        (TypeError, "int64", lambda: s.scalar("a", 1.0, step=1.5)),
        (ValueError, "Tensor conversion requested dtype int64 for Tensor with dtype int32", lambda: s.scalar("a", 1.0, step=tf.constant(1))),
        (ValueError, "must have rank 4", lambda: s.image("i", np.zeros((2, 2, 1)), step=0)),
        (tf.errors.InvalidArgumentError, "image must have 1, 2, 3, or 4 channels, got 5", lambda: s.image("i", np.zeros((1, 2, 2, 5)), step=0)),
        (tf.errors.InvalidArgumentError, "did not hold", lambda: s.image("i", np.zeros((1, 2, 2, 1)), step=0, max_outputs=-1)),
        (ValueError, "must have rank 3", lambda: s.audio("i", np.zeros((1, 2)), 44100, step=0)),
        (tf.errors.InvalidArgumentError, "EncodeWav", lambda: s.audio("i", np.zeros((1, 2, 1)), 44100, step=0)),
        (tf.errors.InvalidArgumentError, r"sample_rate must be in \(0, 2\^32\), got: 0", lambda: s.audio("i", np.zeros((1, 2, 1), "float32"), 0, step=0)),
        (ValueError, "Unknown encoding: 'mp3'", lambda: s.audio("i", np.zeros((1, 2, 1), "float32"), 44100, step=0, encoding="mp3")),
        (TypeError, r"tensor must be of type tf\.string; got tf\.int32", lambda: s.text("t", 3, step=0)),
        (TypeError, r"tensor must be of type tf\.int32; got tf\.float32", lambda: s.histogram("h", [1.0], step=0, buckets=3.0)),
        (ValueError, r"Argument 'graph_data' is not tf\.Graph or tf\.compat\.v1\.GraphDef\. Received graph_data=3 of type int", lambda: s.graph(3)),
        (ValueError, r"Invalid argument to flush\(\): 3", lambda: s.flush(3)),
        (tf.errors.DataLossError, r"Bad tf\.compat\.v1\.Summary binary proto tensor string at index 0",
         lambda: s.experimental.write_raw_pb(b"abc", step=0)),
        (ValueError, "No step set", lambda: s.experimental.write_raw_pb(b"")),
        (ValueError, r"Must enable trace before export through tf\.summary\.trace_on", lambda: s.trace_export("x", step=0)),
        (NotImplementedError, "profiler", lambda: s.trace_on(profiler=True, profiler_outdir=str(tmp_path))),
    ]
    with s.create_file_writer(str(tmp_path)).as_default():
        for kind, words, call in found:
            with pytest.raises(kind, match=words):
                call()
    assert values_of(tf, tmp_path) == []


def test_graphs_are_written(tf, tmp_path):
    @tf.function
    def doubled(x):
        return x * 2

    graph = doubled.get_concrete_function(tf.constant(1.0)).graph
    assert not tf.summary.graph(graph)
    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        assert tf.summary.graph(graph) and tf.summary.graph(graph.as_graph_def())

        @tf.function
        def inside():
            tf.summary.graph(graph)

        with pytest.raises(ValueError, match=r"graph\(\) cannot be invoked inside a graph context"):
            inside()
    events = list(tf.compat.v1.train.summary_iterator(file_of(tmp_path)))[1:]
    assert len(events) == 2 and all(type(graph.as_graph_def()).FromString(e.graph_def) == graph.as_graph_def() for e in events)


def test_traces_hold_the_graphs_of_what_ran(tf, tmp_path):
    @tf.function
    def doubled(x):
        return x * 2

    @tf.function
    def never(x):
        return x / 3

    never(tf.constant(1.0))
    tf.summary.trace_on()
    doubled(tf.constant(1.0)), doubled(tf.constant(2.0)), doubled(tf.constant(1))
    with tf.summary.create_file_writer(str(tmp_path)).as_default(step=4):
        tf.summary.trace_export("ran")
    (value,) = list(tf.compat.v1.train.summary_iterator(file_of(tmp_path)))[1].summary.value
    assert (value.tag, value.metadata.plugin_data.plugin_name, value.metadata.plugin_data.content) == ("ran", "graph_run_metadata_graph", b"1")
    run = tf.compat.v1.RunMetadata.FromString(tf.make_ndarray(value.tensor).item())
    ops = [[node.op for node in graphs.pre_optimization_graph.node] for graphs in run.function_graphs]
    assert len(ops) == 2 and all("Mul" in one and "RealDiv" not in one for one in ops)


def test_a_writer_made_in_a_function_is_made_once(tf, tmp_path):
    @tf.function
    def f(step):
        with tf.summary.create_file_writer(str(tmp_path)).as_default():
            tf.summary.scalar("x", 1.0, step=step)

    for step in range(3):
        f(tf.constant(step, tf.int64))
    assert [step for _, step, _ in values_of(tf, tmp_path)] == [0, 1, 2]

    @tf.function
    def symbolic(folder):
        tf.summary.create_file_writer(folder)

    with pytest.raises(ValueError, match="Invalid graph Tensor argument 'logdir="):
        symbolic(tf.constant("x"))


def test_a_function_keeps_the_writer_of_its_trace(tf, tmp_path):
    @tf.function
    def f():
        tf.summary.scalar("x", 1.0, step=1)

    a, b = (tf.summary.create_file_writer(str(tmp_path / name)) for name in "ab")
    for writer in (a, b):
        with writer.as_default():
            f()
    a.flush()
    assert len(values_of(tf, tmp_path / "a")) == 2 and values_of(tf, tmp_path / "b") == []


def test_training_steps_write_under_the_callback_s_writer(tf, tmp_path):
    class Net(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = tf.keras.layers.Dense(1)
            self.step = tf.Variable(0, dtype=tf.int64, trainable=False)

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            logs = super().train_step(data)
            tf.summary.scalar("mine", tf.reduce_sum(data[0]), step=self.step)
            self.step.assign_add(1)
            return logs

    x = np.arange(12, dtype="float32").reshape(6, 2)
    model = Net()
    model.compile("sgd", "mse")
    model.fit(x, x[:, :1], batch_size=2, epochs=2, shuffle=False, verbose=0, callbacks=[tf.keras.callbacks.TensorBoard(str(tmp_path), update_freq=1)])
    mine = [(step, value) for tag, step, value in values_of(tf, tmp_path / "train") if tag == "mine"]
    assert mine == [(i, float(x[2 * (i % 3):2 * (i % 3) + 2].sum())) for i in range(6)]


def test_the_callback_s_other_files(tf, tmp_path):
    keras = tf.keras
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Embedding(10, 4, name="words"), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((4, 3)), np.ones((4, 1))
    model.fit(x, y, verbose=0, callbacks=[keras.callbacks.TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"words": "words.tsv"})])
    assert (tmp_path / "projector_config.pbtxt").read_text() == (
        'embeddings {\n  tensor_name: "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE"\n  metadata_path: "words.tsv"\n}\n')
    model.load_weights(tmp_path / "train" / "keras_embedding.ckpt-0.weights.h5")
    with pytest.raises(ValueError, match="Unrecognized `Embedding` layer names passed"):
        model.fit(x, y, verbose=0, callbacks=[keras.callbacks.TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"wrong": "x"})])


def test_the_callback_is_subclassed_and_called_by_hand(tf, tmp_path):
    class WithRate(tf.keras.callbacks.TensorBoard):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, {**logs, "rate": 0.5 + epoch})

    model = tf.keras.Sequential([tf.keras.layers.Input((2,)), tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    board = WithRate(log_dir=str(tmp_path / "a"), write_graph=False)
    model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[board])
    assert [(step, value) for tag, step, value in values_of(tf, tmp_path / "a" / "train") if tag == "epoch_rate"] == [(0, 0.5), (1, 1.5)]

    board = tf.keras.callbacks.TensorBoard(tmp_path / "b", write_graph=False, update_freq="batch")
    hooks = tf.keras.callbacks.CallbackList([board], model=model, epochs=1)
    hooks.on_train_begin()
    for batch in range(2):
        hooks.on_train_batch_begin(batch)
        tf.summary.scalar("mine", batch)
        hooks.on_train_batch_end(batch, {"loss": 0.25})
    hooks.on_epoch_end(0, {"loss": 0.25})
    hooks.on_train_end()
    rows = [row for row in values_of(tf, tmp_path / "b" / "train") if "rate" not in row[0]]
    assert rows == [("mine", 1, 0.0), ("batch_loss", 1, 0.25), ("mine", 2, 1.0), ("batch_loss", 2, 0.25), ("epoch_loss", 0, 0.25)]


def test_summaries_in_layers_are_named_by_the_layers(tf, tmp_path):
    class Told(tf.keras.layers.Layer):
        def call(self, x):
            with tf.name_scope("part"):
                tf.summary.scalar("mean", tf.reduce_mean(x))
            return x

    model = tf.keras.Sequential([tf.keras.Input((3,)), Told(name="a"), tf.keras.layers.Dense(2, kernel_initializer="zeros"), Told(name="b")], name="net")
    with tf.summary.create_file_writer(str(tmp_path)).as_default(step=1):
        model(np.ones((2, 3), "float32"))
        model.predict(np.ones((2, 3), "float32"), verbose=0)
    assert values_of(tf, tmp_path) == [("net/a/part/mean", 1, 1.0), ("net/b/part/mean", 1, 0.0)] * 2


def test_a_variable_says_whether(tf, tmp_path):
    wanted = tf.Variable(False)

    @tf.function
    def f(step):
        tf.summary.scalar("x", 1.0, step=step)

    with tf.summary.create_file_writer(str(tmp_path)).as_default(), tf.summary.record_if(wanted):
        for step in range(4):
            wanted.assign(step % 2 == 1)
            f(tf.constant(step, tf.int64))
            tf.summary.scalar("eager", 1.0, step=step)
    assert [(tag, step) for tag, step, _ in values_of(tf, tmp_path)] == [("x", 1), ("eager", 1), ("x", 3), ("eager", 3)]


def test_an_image_without_pixels_is_an_error(tf, tmp_path):
    with tf.summary.create_file_writer(str(tmp_path)).as_default(), pytest.raises(tf.errors.InvalidArgumentError, match="size of an image"):
        tf.summary.image("x", np.zeros((1, 0, 2, 1)), step=0)  # real TensorFlow ends the process


def test_the_callback_s_errors(tf):
    board = tf.keras.callbacks.TensorBoard
    for wrong in (-1, (5, 2), "1,2,3", "x"):
        with pytest.raises(ValueError, match="profile_batch must be a non-negative integer or 2-tuple of positive integers"):
            board(profile_batch=wrong)
    for asked in (2, "3", (2, 5)):
        with pytest.raises(NotImplementedError, match="profiler"):
            board(profile_batch=asked)
    with pytest.raises(ValueError, match="update_freq"):
        board(update_freq="never")


@pytest.mark.parametrize("options", [dict(max_queue=-1), dict(flush_millis=0), dict(flush_millis=-5), dict(flush_millis=2**40)])
def test_queues_of_any_length_and_time(tf, tmp_path, options):
    writer = tf.summary.create_file_writer(str(tmp_path), **options)
    with writer.as_default():
        tf.summary.scalar("a", 1.0, step=3)
    writer.close()
    assert values_of(tf, tmp_path) == [("a", 3, 1.0)]
