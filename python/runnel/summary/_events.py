"""What stands in event files, as messages: tf.compat.v1.Event and Summary, and the iterator that reads them."""

from runnel import _runnel
from runnel._protos import GraphDef, TensorProto, _message


def _one_of(name, choices, *fields):
    """A message of whose fields `choices` at most one is set: WhichOneof() tells it."""

    def which(self, group):
        return next((choice for choice in choices if self.HasField(choice)), None)

    return type(name, (_message(name, *fields),), {"WhichOneof": which})


_PluginData = _message("PluginData", (1, "plugin_name", "string"), (2, "content", "bytes"))
SummaryMetadata = _message("SummaryMetadata", (1, "plugin_data", _PluginData), (2, "display_name", "string"), (3, "summary_description", "string"),
                           (4, "data_class", "enum"))
SummaryMetadata.PluginData = _PluginData
HistogramProto = _message("HistogramProto", (1, "min", "double"), (2, "max", "double"), (3, "num", "double"), (4, "sum", "double"),
                          (5, "sum_squares", "double"), (6, "bucket_limit", "double", "repeated"), (7, "bucket", "double", "repeated"))
_Image = _message("Image", (1, "height", "int32"), (2, "width", "int32"), (3, "colorspace", "int32"), (4, "encoded_image_string", "bytes"))
_Audio = _message("Audio", (1, "sample_rate", "float"), (2, "num_channels", "int64"), (3, "length_frames", "int64"),
                  (4, "encoded_audio_string", "bytes"), (5, "content_type", "string"))
_Value = _one_of("Value", ("simple_value", "image", "histo", "audio", "tensor"), (7, "node_name", "string"), (1, "tag", "string"),
                 (9, "metadata", SummaryMetadata), (2, "simple_value", "float", "oneof"), (4, "image", _Image), (5, "histo", HistogramProto),
                 (6, "audio", _Audio), (8, "tensor", TensorProto))
Summary = _message("Summary", (1, "value", _Value, "repeated"))
Summary.Value, Summary.Image, Summary.Audio = _Value, _Image, _Audio
_SourceMetadata = _message("SourceMetadata", (1, "writer", "string"))
Event = _one_of("Event", ("file_version", "graph_def", "summary", "meta_graph_def"), (1, "wall_time", "double"), (2, "step", "int64"),
                (3, "file_version", "string", "oneof"), (4, "graph_def", "bytes", "oneof"), (5, "summary", Summary),
                (9, "meta_graph_def", "bytes", "oneof"), (10, "source_metadata", _SourceMetadata))
_FunctionGraphs = _message("FunctionGraphs", (1, "partition_graphs", GraphDef, "repeated"), (2, "pre_optimization_graph", GraphDef),
                           (3, "post_optimization_graph", GraphDef))
RunMetadata = _message("RunMetadata", (3, "partition_graphs", GraphDef, "repeated"), (4, "function_graphs", _FunctionGraphs, "repeated"))
RunMetadata.FunctionGraphs = _FunctionGraphs


def summary_iterator(path):
    """The events of an event file, one after the other, as far as they are whole. NotFoundError where there is no such file; DataLossError
    where it is damaged."""
    reader = _runnel.RecordReader(str(path))
    while (record := reader.next()) is not None:
        yield Event.FromString(record)


def make_ndarray(tensor):
    """The NumPy array of a TensorProto. DataLossError where it does not hold as many values as its shape says."""
    import numpy as np

    value = _runnel.tensor_from_proto(tensor.SerializeToString())
    return np.asarray(value.numpy(), dtype=object if value.dtype == "string" else None)


def install(put):
    """Puts the names under tf."""
    for message in (Event, Summary, SummaryMetadata, HistogramProto, RunMetadata):
        put("compat.v1." + message.__name__, message)
    put("compat.v1.train.summary_iterator", summary_iterator)
    for place in ("", "compat.v1."):
        put(place + "make_ndarray", make_ndarray)
