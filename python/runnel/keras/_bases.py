"""Which of Keras's classes are derived from which, as isinstance() and issubclass() tell. C++ has relations of its own."""

from runnel import _runnel

_DERIVED = {
    ("layers", "RNN"): "SimpleRNN LSTM GRU ConvLSTM1D ConvLSTM2D ConvLSTM3D",
    ("layers", "Wrapper"): "TimeDistributed Bidirectional SpectralNormalization",  # Bidirectional in Keras 2 only
    ("layers", "Attention"): "AdditiveAttention",
    ("layers", "Dropout"): "SpatialDropout1D SpatialDropout2D SpatialDropout3D",
    ("layers", "Embedding"): "ReversibleEmbedding",
    ("initializers", "VarianceScaling"): "GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform",
    ("metrics", "Mean"): "RootMeanSquaredError",
    ("metrics", "IoU"): "BinaryIoU MeanIoU OneHotIoU",
    ("metrics", "MeanIoU"): "OneHotMeanIoU",
    ("metrics", "FBetaScore"): "F1Score",
    ("optimizers", "Adam"): "AdamW",
}

_MEANS_OF_FUNCTIONS = (
    "Accuracy BinaryAccuracy BinaryCrossentropy CategoricalAccuracy CategoricalCrossentropy CategoricalHinge ConcordanceCorrelation "
    "CosineSimilarity Hinge KLDivergence LogCoshError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError "
    "MeanSquaredLogarithmicError PearsonCorrelation Poisson SparseCategoricalAccuracy SparseCategoricalCrossentropy "
    "SparseTopKCategoricalAccuracy SquaredHinge TopKCategoricalAccuracy"
)


class MeansOfFunctions(type):
    """The class of MeanMetricWrapper: those metrics count as derived from it, though they take no `fn`."""

    def __subclasscheck__(cls, other):
        return type.__subclasscheck__(cls, other) or any(issubclass(other, known) for known in cls.__dict__.get("known", ()))

    def __instancecheck__(cls, instance):
        return issubclass(type(instance), cls)


def install(wrapper):
    for (kind, base), names in _DERIVED.items():
        for name in names.split():
            _runnel.keras_class(kind, name).__bases__ = (_runnel.keras_class(kind, base),)
    wrapper.known = tuple(_runnel.keras_class("metrics", name) for name in _MEANS_OF_FUNCTIONS.split())
    for cls in wrapper.known:
        cls.__bases__ = (_runnel.keras_class("metrics", "Mean"),)
