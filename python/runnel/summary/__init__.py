"""tf.summary: values for TensorBoard, written to event files by the C++ library (runnel/summary/)."""

import contextlib
import os

from runnel import _runnel
from runnel._tensor import Tensor, constant, convert_to_tensor
from runnel.summary import experimental
from runnel.summary.experimental import summary_scope as _summary_scope


class _DefaultWriter:
    """What SummaryWriter.as_default() gives."""

    def __init__(self, writer, step):
        self._writer, self._step, self._scopes = writer, step, []

    def __enter__(self):
        self._scopes.append(_runnel.DefaultSummaryWriter(self._writer._body, self._step))
        return None if self._writer._body.is_noop() else self._writer

    def __exit__(self, *error):
        self._scopes.pop().leave()
        return False


class SummaryWriter:
    """Writes an event file; made by create_file_writer()."""

    def __init__(self, body):
        self._body = body

    def _check_open(self):
        if self._body.is_closed() and not _runnel.is_tracing():
            raise RuntimeError(f"SummaryWriter {self!r} is already closed")

    def as_default(self, step=None):
        """A context in which summaries of this thread go to this writer; at its end the writer is flushed.

        step: the default step meanwhile, an integer, a tensor or a Variable. RuntimeError where the writer is closed.
        """
        self._check_open()
        return _DefaultWriter(self, step)

    def set_as_default(self, step=None):
        """From now on summaries of this thread go to this writer; `step`, where given, is their default step."""
        self._check_open()
        self._body.set_as_default(step)

    def init(self):
        """Nothing to do: the file is there. RuntimeError where the writer is closed."""
        self._check_open()

    def flush(self):
        """Returns when all events are in the file. In a function, whenever it runs. ResourceExhaustedError where the disk is full."""
        self._body.flush()

    def close(self):
        """Flushes, and ends the file. A second call does nothing."""
        self._body.close()

    _resource = property(lambda self: self._body.handle(), doc="The handle that the raw operators take.")


def create_file_writer(logdir, max_queue=None, flush_millis=None, filename_suffix=None, name=None, experimental_trackable=False, experimental_mesh=None):
    """A writer of a new event file in the folder `logdir`, which is made where it is missing.

    A thread of its own writes as soon as more than `max_queue` (10) events wait, after `flush_millis` (120,000), and at flush(). The
    file's name ends with `filename_suffix` (".v2"). Called in a function, it is made when the function is traced. ValueError for a tensor
    of a graph or no `logdir`; NotFoundError, PermissionDeniedError or FailedPreconditionError where there can be no file.
    """
    if logdir is None:
        raise ValueError("Argument `logdir` cannot be None")
    for key, value in {"logdir": logdir, "max_queue": max_queue, "flush_millis": flush_millis, "filename_suffix": filename_suffix}.items():
        if isinstance(value, Tensor) and _runnel.is_symbolic(value):
            raise ValueError(f"Invalid graph Tensor argument '{key}={value}' to create_file_writer() inside an @tf.function. The create call will be "
                             "lifted into the outer eager execution context, so it cannot consume graph tensors defined inside the function body.")
    return SummaryWriter(_runnel.create_summary_writer(_text(logdir), int(10 if max_queue is None else max_queue),
                                                       int(120_000 if flush_millis is None else flush_millis), _text(filename_suffix or ".v2")))


def _text(value):
    if isinstance(value, Tensor):
        value = value.numpy()
    return value.decode() if isinstance(value, bytes) else os.fspath(value)


def create_noop_writer():
    """A writer that writes nothing; as the default it leaves the one before in its place."""
    return SummaryWriter(_runnel.create_noop_summary_writer())


def should_record_summaries():
    """A bool scalar: False without a default writer, else what record_if() says."""
    return _runnel.should_record_summaries()


@contextlib.contextmanager
def record_if(condition):
    """Records summaries inside where `condition` holds: a bool, a bool scalar, or a callable that gives one whenever it is asked.

    A callable becomes part of the functions that are traced inside.
    """
    scope = _runnel.RecordingSummaries(condition)
    try:
        yield
    finally:
        scope.leave()


def flush(writer=None, name=None):
    """Flushes the writer, by default the default one. ValueError for anything else."""
    if writer is None:
        _runnel.default_summary_writer().flush()
    elif isinstance(writer, SummaryWriter):
        writer.flush()
    else:
        raise ValueError(f"Invalid argument to flush(): {writer!r}")


def write(tag, tensor, step=None, metadata=None, name=None):
    """Writes a tensor under a tag, for a plugin of TensorBoard of one's own.

    tensor: anything, or a callable that gives it, called only where the summary is recorded. step: an integer scalar, by default the one
    of set_step(). metadata: a tf.compat.v1.SummaryMetadata, or its bytes. Gives a bool scalar: whether it was written. ValueError where
    there is a writer but no step.
    """
    if metadata is None:
        metadata = b""
    return _runnel.summary_write(_text(tag), tensor, step, metadata.SerializeToString() if hasattr(metadata, "SerializeToString") else metadata)


def scalar(name, data, step=None, description=None):
    """Writes a number, as a float32, for TensorBoard's curves. ValueError for another rank than 0, or without a step."""
    with _summary_scope(name, "scalar_summary") as (tag, _):
        return _runnel.summary_scalar(tag, convert_to_tensor(data), step, description or "")


def histogram(name, data, step=None, buckets=None, description=None):
    """Writes how the values of a tensor are spread over `buckets` (30) buckets of equal width.

    The buckets are (left edge, right edge, number of values), float64; zeros where there are no values, all in the last one where all are
    the same. TypeError where `buckets` is no int32.
    """
    with _summary_scope(name, "histogram_summary") as (tag, _):
        count = convert_to_tensor(30 if buckets is None else buckets)
        if count.dtype != "int32":
            raise TypeError(f"tensor must be of type tf.int32; got tf.{count.dtype.name}")
        return _runnel.summary_histogram(tag, convert_to_tensor(data), count, step, description or "")


def image(name, data, step=None, max_outputs=3, description=None):
    """Writes images (k, height, width, channels) as PNG, at most `max_outputs` of them.

    1, 2, 3 or 4 channels; floats from 0 to 1, or integers, are clipped into bytes. ValueError for another rank.
    """
    with _summary_scope(name, "image_summary") as (tag, _):
        return _runnel.summary_image(tag, convert_to_tensor(data), convert_to_tensor(max_outputs), step, description or "")


def audio(name, data, sample_rate, step=None, max_outputs=3, encoding=None, description=None):
    """Writes sounds (k, frames, channels), float32 from -1 to 1, as WAV, at most `max_outputs` of them; `sample_rate` frames a second.

    ValueError for another encoding than "wav", or another rank.
    """
    if encoding not in (None, "wav"):
        raise ValueError(f"Unknown encoding: {encoding!r}")
    with _summary_scope(name, "audio_summary") as (tag, _):
        return _runnel.summary_audio(tag, convert_to_tensor(data), convert_to_tensor(sample_rate), convert_to_tensor(max_outputs), step, description or "")


def text(name, data, step=None, description=None):
    """Writes a string tensor; a vector or a matrix is shown as a table. TypeError for another dtype."""
    with _summary_scope(name, "text_summary") as (tag, _):
        return _runnel.summary_text(tag, convert_to_tensor(data), step, description or "")


def graph(graph_data):
    """Writes a tf.Graph or a GraphDef, with step 0. ValueError for anything else, and inside a function."""
    if _runnel.is_tracing():
        raise ValueError("graph() cannot be invoked inside a graph context.")
    if _runnel.default_summary_writer().is_noop():
        return constant(False)
    if hasattr(graph_data, "as_graph_def"):
        graph_data = graph_data.as_graph_def()
    if not hasattr(graph_data, "SerializeToString"):
        raise ValueError("Argument 'graph_data' is not tf.Graph or tf.compat.v1.GraphDef. Received "
                         f"graph_data={graph_data} of type {type(graph_data).__name__}.")
    return _runnel.summary_graph(graph_data.SerializeToString())


def trace_on(graph=True, profiler=False, profiler_outdir=None):
    """Notes from now on the functions that run, on all threads, for trace_export(). NotImplementedError for the profiler."""
    if profiler:
        raise NotImplementedError("tf.summary.trace_on(profiler=True): Runnel has no profiler that TensorBoard reads. Hint: fn.explain() tells what "
                                  "became of a function; trace_on() without `profiler` writes graphs.")
    if _warned_in_function("Cannot enable trace inside a tf.function."):
        return
    if graph:
        _runnel.summary_trace_on()


def trace_export(name, step=None, profiler_outdir=None):
    """Ends trace_on() and writes the graphs of the functions that ran. ValueError without trace_on(), or without a step."""
    if step is not None:
        _runnel.check_summary_step(step)
    if _warned_in_function("Cannot export trace inside a tf.function."):
        return
    with _summary_scope(name, "graph_run_metadata_graph_summary") as (tag, _):
        _runnel.summary_trace_export(tag, step)


def trace_off():
    """Ends trace_on() without writing."""
    _runnel.summary_trace_off()


def _warned_in_function(message):
    if _runnel.is_tracing():
        from runnel._names import get_logger

        get_logger().warning(message)
    return _runnel.is_tracing()


__all__ = ["SummaryWriter", "audio", "create_file_writer", "create_noop_writer", "experimental", "flush", "graph", "histogram", "image", "record_if",
           "scalar", "should_record_summaries", "text", "trace_export", "trace_off", "trace_on", "write"]
