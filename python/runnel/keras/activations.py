"""keras.activations: functions of a tensor."""

import functools
import inspect

from runnel import _runnel
from runnel._tensor import convert_to_tensor

_NAMES = ("relu", "relu6", "elu", "selu", "gelu", "silu", "sigmoid", "log_sigmoid", "hard_sigmoid", "hard_silu", "tanh", "softmax", "log_softmax",
          "softplus", "softsign", "exponential", "leaky_relu", "mish")


def linear(x):
    """The identity."""
    return x


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0, alpha=None):
    """max(x, 0), with a slope below, a bound above and a threshold where asked for."""
    import runnel as tf

    x, slope = convert_to_tensor(x), negative_slope if alpha is None else alpha
    if not slope and max_value is None and not threshold:
        return _runnel.keras_activation("relu", x)
    zero = tf.zeros_like(x)
    above = tf.where(x >= threshold, x, slope * (x - threshold) if slope else zero)
    return above if max_value is None else tf.minimum(above, tf.cast(max_value, x.dtype))


def elu(x, alpha=1.0):
    """x above 0, alpha * (exp(x) - 1) below."""
    import runnel as tf

    x = convert_to_tensor(x)
    return _runnel.keras_activation("elu", x) if alpha == 1.0 else tf.where(x > 0, x, alpha * (tf.exp(tf.minimum(x, 0.0)) - 1.0))


def leaky_relu(x, negative_slope=0.2):
    """x above 0, negative_slope * x below."""
    import runnel as tf

    return tf.nn.leaky_relu(convert_to_tensor(x), negative_slope)


def gelu(x, approximate=False):
    """x times the normal distribution function of x."""
    import runnel as tf

    return tf.nn.gelu(convert_to_tensor(x), approximate)


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) along the axis."""
    import runnel as tf

    return _runnel.keras_activation("softmax", convert_to_tensor(x)) if axis == -1 else tf.keras.ops.softmax(convert_to_tensor(x), axis)


def log_softmax(x, axis=-1):
    """x - log(sum(exp(x))) along the axis."""
    import runnel as tf

    return tf.keras.ops.log_softmax(convert_to_tensor(x), axis)


def _named(name):
    def function(x):
        return _runnel.keras_activation(name, convert_to_tensor(x))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The activation {name}."
    return function


for _name in _NAMES:
    globals().setdefault(_name, _named(_name))
for _name in ("celu", "glu", "hard_shrink", "hard_tanh", "soft_shrink", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh_shrink", "threshold"):
    globals()[_name] = _runnel.functions["keras.ops." + _name]
    _NAMES += (_name,)


def _one_operation(function):
    """On a Keras tensor the call is one node of the graph, that of keras.ops, which files know."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def activation(x, *args, **kwargs):
        if not _runnel.is_keras_tensor(x):
            return function(x, *args, **kwargs)
        import runnel as tf

        given = signature.bind(x, *args, **kwargs)
        given.apply_defaults()
        return getattr(tf.keras.ops, function.__name__)(**given.arguments)

    return activation


for _name in ("elu", "selu", "gelu", "silu", "softmax", "leaky_relu"):
    globals()[_name] = _one_operation(globals()[_name])
swish, hard_swish = silu, hard_silu  # noqa: F821
_ALIASES = {"swish": silu, "hard_swish": hard_silu, "linear": linear}  # noqa: F821


def get(identifier):
    """The function of a name, or the function itself."""
    from runnel.keras import _registry

    if identifier is None:
        return linear
    if isinstance(identifier, dict):
        found = _registry.find("activations", identifier)
        return found if found is not None else get(identifier["config"])
    if callable(identifier):
        return identifier
    if isinstance(identifier, str):
        found = _registry.get_registered_object(identifier)
        if found is not None:
            return found
        if identifier in _NAMES or identifier in _ALIASES:
            return globals().get(identifier) or _ALIASES[identifier]
    raise ValueError(f"Could not interpret activation function identifier: {identifier}")


def serialize(activation):
    """The name of a built-in function, or a dict for one of one's own."""
    from runnel.keras import _registry

    if globals().get(getattr(activation, "__name__", None)) is activation:
        return activation.__name__
    return _registry.serialize_keras_object(activation)


def deserialize(config, custom_objects=None):
    """The function that a name or a serialized dict stands for."""
    from runnel.keras import _registry

    with _registry.CustomObjectScope(custom_objects):
        return get(config)
