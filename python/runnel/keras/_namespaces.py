"""The modules of tf.keras, each a real one: `from runnel.keras.layers import Dense` works."""

import inspect
import sys
import types

from runnel import _runnel
from runnel.keras import (
    _applications, _backend, _bases, _callbacks, _ctc, _data_utils, _datasets, _distillation, _distribution, _dtype_policy, _input_spec, _layer, _legacy, _model, _older_names, _ops, _optimizers, _pictures, _plotting, _quantizers, _random, _registry, _saving, _sequence,
    _settings, _state, _stateless, _text, _things, _tree, _utils, activations)

_KINDS = {"layers": "layers", "losses": "losses", "metrics": "metrics", "optimizers": "optimizers", "schedules": "optimizers.schedules",
          "initializers": "initializers", "regularizers": "regularizers", "constraints": "constraints", "callbacks": "callbacks", "quantizers": "quantizers"}

# What serialize() calls its argument.
_SINGULAR = {"layers": "layer", "losses": "loss", "metrics": "metric", "optimizers": "optimizer", "schedules": "learning_rate_schedule",
             "initializers": "initializer", "regularizers": "regularizer", "constraints": "constraint"}

# Older names of classes and functions.
_CLASS_ALIASES = {
    "layers": {"MaxPool1D": "MaxPooling1D", "MaxPool2D": "MaxPooling2D", "MaxPool3D": "MaxPooling3D", "AvgPool1D": "AveragePooling1D",
               "AvgPool2D": "AveragePooling2D", "AvgPool3D": "AveragePooling3D", "GlobalAvgPool1D": "GlobalAveragePooling1D",
               "GlobalAvgPool2D": "GlobalAveragePooling2D", "GlobalAvgPool3D": "GlobalAveragePooling3D", "GlobalMaxPool1D": "GlobalMaxPooling1D",
               "GlobalMaxPool2D": "GlobalMaxPooling2D", "GlobalMaxPool3D": "GlobalMaxPooling3D", "Convolution1D": "Conv1D", "Convolution2D": "Conv2D",
               "Convolution3D": "Conv3D", "SeparableConvolution1D": "SeparableConv1D", "SeparableConvolution2D": "SeparableConv2D",
               "Convolution1DTranspose": "Conv1DTranspose", "Convolution2DTranspose": "Conv2DTranspose", "Convolution3DTranspose": "Conv3DTranspose",
               "GroupQueryAttention": "GroupedQueryAttention"},
    "initializers": {"glorot_uniform": "GlorotUniform", "glorot_normal": "GlorotNormal", "he_uniform": "HeUniform", "he_normal": "HeNormal",
                     "lecun_uniform": "LecunUniform", "lecun_normal": "LecunNormal", "zeros": "Zeros", "ones": "Ones", "constant": "Constant",
                     "random_normal": "RandomNormal", "random_uniform": "RandomUniform", "truncated_normal": "TruncatedNormal",
                     "variance_scaling": "VarianceScaling", "identity": "Identity", "orthogonal": "Orthogonal", "IdentityInitializer": "Identity",
                     "OrthogonalInitializer": "Orthogonal", "stft": "STFT", "STFTInitializer": "STFT"},
    "regularizers": {"l1": "L1", "l2": "L2", "l1_l2": "L1L2", "orthogonal_regularizer": "OrthogonalRegularizer"},
    "constraints": {"non_neg": "NonNeg", "max_norm": "MaxNorm", "unit_norm": "UnitNorm", "min_max_norm": "MinMaxNorm"},
}
_LOSS_FUNCTIONS = {
    "mean_squared_error": ("MeanSquaredError", "mse", "MSE"), "mean_absolute_error": ("MeanAbsoluteError", "mae", "MAE"),
    "mean_absolute_percentage_error": ("MeanAbsolutePercentageError", "mape", "MAPE"),
    "mean_squared_logarithmic_error": ("MeanSquaredLogarithmicError", "msle", "MSLE"), "huber": ("Huber",), "log_cosh": ("LogCosh", "logcosh"),
    "kl_divergence": ("KLDivergence", "kld", "KLD", "kullback_leibler_divergence"), "poisson": ("Poisson",), "hinge": ("Hinge",),
    "squared_hinge": ("SquaredHinge",), "categorical_hinge": ("CategoricalHinge",), "cosine_similarity": ("CosineSimilarity",),
    "binary_crossentropy": ("BinaryCrossentropy",), "binary_focal_crossentropy": ("BinaryFocalCrossentropy",),
    "categorical_crossentropy": ("CategoricalCrossentropy",), "categorical_focal_crossentropy": ("CategoricalFocalCrossentropy",),
    "sparse_categorical_crossentropy": ("SparseCategoricalCrossentropy",), "dice": ("Dice",), "tversky": ("Tversky",),
    "categorical_generalized_cross_entropy": ("CategoricalGeneralizedCrossEntropy",), "circle": ("Circle",), "ctc": ("CTC",),
}
_METRIC_FUNCTIONS = ("binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "top_k_categorical_accuracy",
                     "sparse_top_k_categorical_accuracy", "pearson_correlation", "concordance_correlation")
_MERGES = {"add": "Add", "subtract": "Subtract", "multiply": "Multiply", "average": "Average", "maximum": "Maximum", "minimum": "Minimum",
           "concatenate": "Concatenate", "dot": "Dot"}


class _Modules:
    """Makes modules below runnel.keras."""

    def __init__(self, root, namespace):
        self._root, self._namespace = root, namespace

    def __call__(self, dotted):
        full = f"{self._root}.{dotted}"
        if full not in sys.modules:
            parent, _, last = dotted.rpartition(".")
            module = types.ModuleType(full, f"tf.keras.{dotted}")
            module.__path__ = []
            sys.modules[full] = module
            if parent:
                setattr(self(parent), last, module)
            else:
                self._namespace[last] = module
        return sys.modules[full]


def _getter(kind, home):
    def get(identifier):
        """The function or object of a name, the object of a serialized dict, or what is given; None for None."""
        with_functions = kind in ("losses", "metrics")
        if identifier is None or (with_functions and callable(identifier) and not isinstance(identifier, type)):
            return identifier
        function = getattr(home, identifier, None) if with_functions and isinstance(identifier, str) else None
        return function if isinstance(function, types.FunctionType) else _runnel.keras_get(kind, identifier)

    return get


def _serializer(argument):
    """serialize() whose argument is called as the kind is."""
    signature = inspect.Signature([inspect.Parameter(argument, inspect.Parameter.POSITIONAL_OR_KEYWORD)])

    def serialize(*args, **kwargs):
        """The object as a dict from which deserialize() makes an equal one."""
        return _registry.serialize_keras_object(*signature.bind(*args, **kwargs).args)

    serialize.__signature__ = signature
    return serialize


def _loss_function(name, cls):
    def function(y_true, y_pred, *args, **kwargs):
        return cls(*args, reduction="none", **kwargs)(y_true, y_pred)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The losses of {cls.__name__} before reduction: y_pred's shape without its last axis."
    return function


def _metric_function(name):
    function = getattr(_runnel, f"keras_{name}")

    def metric(y_true, y_pred, *args, **kwargs):
        return function(y_true, y_pred, *args, **kwargs)

    metric.__name__ = metric.__qualname__ = name
    metric.__doc__ = "The values of the metric of that name before their mean: y_pred's shape without its last axis."
    return metric


class _Reduction:
    """Keras 2's names of reductions."""

    AUTO = SUM_OVER_BATCH_SIZE = "sum_over_batch_size"
    NONE, SUM = "none", "sum"

    @classmethod
    def all(cls):
        return cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE


def _mean_metric_wrapper(mean):
    class MeanMetricWrapper(mean, metaclass=_bases.MeansOfFunctions):
        """The mean of fn(y_true, y_pred, **kwargs), weighted by the samples' weights."""

        def __init__(self, fn, name=None, dtype=None, **kwargs):
            super().__init__(name=name or fn.__name__, dtype=dtype)
            self._fn, self._fn_kwargs = fn, kwargs

        def update_state(self, y_true, y_pred, sample_weight=None):
            return super().update_state(self._fn(y_true, y_pred, **self._fn_kwargs), sample_weight)

        def get_config(self):
            return {"name": self.name, "dtype": self.dtype, "fn": self._fn, **self._fn_kwargs}

    return MeanMetricWrapper


def _merge_function(name, cls):
    def function(inputs, **kwargs):
        return cls(**kwargs)(inputs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"keras.layers.{cls.__name__}(**kwargs)(inputs): a list of tensors as one."
    return function


def _deserializer(kind):
    def deserialize(config, custom_objects=None):
        """The object of a name or of a serialized dict; ValueError where nobody knows its class."""
        with _registry.CustomObjectScope(custom_objects):
            return _runnel.keras_get(kind, config)

    return deserialize


def _install_kinds(module):
    for kind, dotted in _KINDS.items():
        home = module(dotted)
        base = _runnel.keras_class(kind, "")
        setattr(home, base.__name__, base)
        for name in _runnel.keras_classes(kind):
            setattr(home, name, _runnel.keras_class(kind, name))
        for alias, name in _CLASS_ALIASES.get(kind, {}).items():
            if hasattr(home, name):
                setattr(home, alias, getattr(home, name))
        if kind not in ("layers", "callbacks", "quantizers"):
            home.get, home.serialize = _getter(kind, home), _serializer(_SINGULAR[kind])
            home.deserialize = _deserializer(kind)


def _install_functions(module):
    losses, metrics, layers = module("losses"), module("metrics"), module("layers")
    for name, (cls, *aliases) in _LOSS_FUNCTIONS.items():
        if not hasattr(losses, cls):
            continue
        function = _loss_function(name, getattr(losses, cls))
        for alias in (name, *aliases):
            setattr(losses, alias, function)
            setattr(metrics, alias, function)
    for name in _METRIC_FUNCTIONS:
        setattr(metrics, name, _metric_function(name))
    metrics.MeanMetricWrapper, losses.Reduction = _mean_metric_wrapper(metrics.Mean), _Reduction
    _bases.install(metrics.MeanMetricWrapper)
    for name, cls in _MERGES.items():
        if hasattr(layers, cls):
            setattr(layers, name, _merge_function(name, getattr(layers, cls)))
    layers.Input, layers.InputSpec, layers.TFSMLayer = _runnel.keras_input, _input_spec.InputSpec, _layer.TFSMLayer
    layers.serialize, layers.deserialize = _serializer("layer"), _registry.deserialize_keras_object
    callbacks = module("callbacks")
    callbacks.History, callbacks.LambdaCallback, callbacks.CallbackList = _model.History, _callbacks.LambdaCallback, _callbacks.CallbackList
    _callbacks.install(callbacks)


def _install_masks():
    """Keras keeps the mask of a layer's output there."""
    _runnel.Tensor._keras_mask = property(_runnel.keras_mask_of, _runnel.keras_set_mask)


def _install_optimizers(module):
    optimizers = module("optimizers")
    for older in ("legacy", "experimental"):
        for name in _runnel.keras_classes("optimizers"):
            setattr(module(f"optimizers.{older}"), name, getattr(optimizers, name))
    optimizers.OptimizerMap = _optimizers.OptimizerMap
    optimizers.MultiOptimizer.optimizers = property(_runnel.keras_inner_optimizers)
    optimizers.LossScaleOptimizer.dynamic_scale = property(_runnel.keras_dynamic_scale)
    optimizers.LossScaleOptimizer.step_counter = property(_runnel.keras_step_counter)
    module("optimizers").schedules = module("optimizers.schedules")


def _install_models(module):
    models = module("models")
    models.Model, models.Sequential, models.Functional = _model.Model, _model.Sequential, _model.Functional
    _saving.install(models, module("saving"))
    models.model_from_config = _registry.deserialize_keras_object
    models.clone_model = _saving.clone_model


def _install_utils(module):
    utils, saving = module("utils"), module("saving")
    for name in ("set_random_seed", "to_categorical", "normalize", "PyDataset", "Config", "pack_x_y_sample_weight", "unpack_x_y_sample_weight", "pad_sequences"):
        setattr(utils, name, getattr(_utils, name))
    utils.Sequence, utils.clear_session = _utils.PyDataset, _backend.clear_session
    for name in ("register_keras_serializable", "get_registered_name", "get_registered_object", "get_custom_objects", "CustomObjectScope",
                 "custom_object_scope", "serialize_keras_object", "deserialize_keras_object"):
        setattr(utils, name, getattr(_registry, name))
        setattr(saving, name, getattr(_registry, name))
    for name in ("SeedGenerator", "normal", "uniform", "truncated_normal", "beta", "binomial", "categorical", "dropout", "gamma", "randint", "shuffle"):
        setattr(module("random"), name, getattr(_random, name))
    module("preprocessing.sequence").pad_sequences = _utils.pad_sequences
    utils.plot_model, utils.model_to_dot = _plotting.plot_model, _plotting.model_to_dot
    utils.Progbar = _runnel.keras_preprocessing.Progbar
    _text.install(module("preprocessing.text"))
    _sequence.install(module("preprocessing.sequence"))
    _data_utils.install(utils, module("preprocessing"))


def _install_settings(module):
    backend, config, policies = module("backend"), module("config"), module("dtype_policies")
    _backend.install(backend)
    _ops.install(module)
    _settings.install(module)
    _tree.install(module("tree"))
    config.dtype_policy, config.set_dtype_policy = _dtype_policy.dtype_policy, _dtype_policy.set_dtype_policy
    _dtype_policy.install(policies)
    mixed = module("mixed_precision")
    mixed.LossScaleOptimizer = module("optimizers").LossScaleOptimizer
    mixed.Policy = mixed.DTypePolicy = _dtype_policy.DTypePolicy
    mixed.set_global_policy = mixed.set_dtype_policy = _dtype_policy.set_dtype_policy
    mixed.global_policy = mixed.dtype_policy = _dtype_policy.dtype_policy


def _install_wrappers(wrappers):
    """scikit-learn takes a second to import: only when a class is asked for."""
    names = ("SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer")

    def find(name):
        if name not in names:
            raise AttributeError(f"module '{wrappers.__name__}' has no attribute '{name}'")
        from runnel.keras import _sklearn

        _sklearn.install(wrappers)
        return getattr(wrappers, name)

    wrappers.__getattr__, wrappers.__dir__ = find, lambda: [*vars(wrappers), *names]


def _arrays(data):
    return tuple(tuple(t.numpy() for t in split) for split in data)


def _fashion_mnist():
    """((x_train, y_train), (x_test, y_test)): 60,000 and 10,000 images (28, 28) of uint8, and their classes."""
    return _arrays(_runnel.keras_fashion_mnist())


def _california_housing(version="large", path="california_housing.npz", test_split=0.2, seed=113):
    """((x_train, y_train), (x_test, y_test)) of the 1990 census."""
    return _arrays(_runnel.keras_california_housing(version, test_split, seed))


def install(root, namespace):
    module = _Modules(root, namespace)
    _install_kinds(module)
    _install_functions(module)
    _install_masks()
    _install_optimizers(module)
    _install_models(module)
    _install_utils(module)
    _install_settings(module)
    _applications.install(module)
    _datasets.install(module)
    _distribution.install(module("distribution"))
    _distillation.install(module("distillation"))
    _ctc.install(module("backend"))
    _pictures.install(module)
    _quantizers.install(module("quantizers"), _model.Model)
    _install_wrappers(module("wrappers"))
    _state.install(_model.Model, _layer.Optimizer)
    _legacy.install(module)
    module("datasets.fashion_mnist").load_data = _fashion_mnist
    module("datasets.california_housing").load_data = _california_housing
    _things.install(module, namespace)
    namespace.update(InputSpec=_input_spec.InputSpec, StatelessScope=_stateless.StatelessScope, remat=_stateless.remat, RematScope=_stateless.RematScope, Model=_model.Model, Sequential=_model.Sequential, Input=_runnel.keras_input, Layer=_layer.Layer, activations=activations,
                     Loss=_runnel.keras_class("losses", ""), Metric=_layer.Metric, Optimizer=_layer.Optimizer,
                     Initializer=_runnel.keras_class("initializers", ""), Regularizer=_runnel.keras_class("regularizers", ""),
                     DTypePolicy=_dtype_policy.DTypePolicy, Quantizer=_runnel.keras_class("quantizers", ""))
    _older_names.install(module, namespace)
