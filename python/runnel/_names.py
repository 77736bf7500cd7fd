"""Small names of tf.* that need no library of their own: checks under a second name, tf.compat, tf.test, aliases of Keras."""

import sys
import time

from runnel._tensor import convert_to_tensor


def timestamp(name=None):
    """Seconds since 1970 as a float64 scalar."""
    return convert_to_tensor(time.time(), dtype="float64")


def tuple(tensors, control_inputs=None, name=None):
    """The tensors, all computed before any is used: eager code computes in its order anyway."""
    return [None if t is None else convert_to_tensor(t) for t in tensors]


def get_logger():
    """The logger of Python of the name runnel."""
    import logging

    return logging.getLogger("runnel")


def get_current_name_scope():
    """The name scope of this place, "outer/inner"; empty outside of all."""
    from runnel import _variable

    return "/".join(_variable._default_names)


def is_symbolic_tensor(tensor):
    """True for the tensors of a graph, whose values are not known yet."""
    tf = sys.modules["runnel"]
    return isinstance(tensor, tf.Tensor) and tf._runnel.is_symbolic(tensor)


def grad_pass_through(f):
    """f, whose gradient is that of the identity: what arrives goes on to its arguments as it is."""
    tf = sys.modules["runnel"]

    def with_gradient(*args, **kwargs):
        def gradient(*upstream, variables=None):
            return upstream if variables is None else (upstream, [None] * len(variables))

        return f(*args, **kwargs), gradient

    return tf.custom_gradient(with_gradient)


def type_spec_from_value(value):
    """The TensorSpec of a tensor, an array or a number."""
    from runnel._spec import TensorSpec

    if hasattr(value, "element_spec"):
        return value.element_spec
    return TensorSpec.from_tensor(convert_to_tensor(value))


def as_bytes(bytes_or_text, encoding="utf-8"):
    """text as bytes; bytes as they are."""
    if isinstance(bytes_or_text, bytearray):
        return bytes(bytes_or_text)
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


def as_text(bytes_or_text, encoding="utf-8"):
    """bytes as text; text as it is."""
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


def as_str_any(value, encoding="utf-8"):
    """bytes as text, anything else as str() gives it."""
    return as_text(value, encoding) if isinstance(value, bytes) else str(value)


def path_to_str(path):
    """A path as text; anything else as it is."""
    return as_str_any(path.__fspath__()) if hasattr(path, "__fspath__") else path


def dimension_value(dimension):
    """The size of a dimension: TensorFlow 1 had a class for it."""
    return getattr(dimension, "value", dimension)


def dimension_at_index(shape, index):
    """The size at an index."""
    return shape[index]


def is_gpu_available(cuda_only=False, min_cuda_compute_capability=None):
    """False: this build knows CPU:0."""
    return False


def is_built_with(*_):
    """False: this build knows CPU:0."""
    return False


def gpu_device_name():
    """Empty: this build knows CPU:0."""
    return ""


_COMPAT = {"as_bytes": as_bytes, "as_text": as_text, "as_str": as_text, "as_str_any": as_str_any, "path_to_str": path_to_str,
           "dimension_value": dimension_value, "dimension_at_index": dimension_at_index, "bytes_or_text_types": (bytes, str),
           "integral_types": (int,), "real_types": (int, float), "complex_types": (int, float, complex)}
_TEST = {"is_gpu_available": is_gpu_available, "is_built_with_cuda": is_built_with, "is_built_with_gpu_support": is_built_with,
         "is_built_with_rocm": is_built_with, "is_built_with_xla": is_built_with, "gpu_device_name": gpu_device_name}
_INITIALIZERS = {"zeros_initializer": "Zeros", "ones_initializer": "Ones", "constant_initializer": "Constant",
                 "random_normal_initializer": "RandomNormal", "random_uniform_initializer": "RandomUniform"}


def install(tf, put):
    """Puts the names under tf."""
    for name in ("timestamp", "tuple", "get_logger", "get_current_name_scope", "is_symbolic_tensor", "grad_pass_through", "type_spec_from_value"):
        put(name, globals()[name])
    for name, thing in _COMPAT.items():
        put("compat." + name, thing)
    for name, thing in _TEST.items():
        put("test." + name, thing)
    put("math.softsign", tf.nn.softsign)
    from runnel.summary import _events

    _events.install(put)
    _install_keras_names(tf, put)


def _install_keras_names(tf, put):
    for name in ("losses", "metrics", "optimizers", "initializers"):
        module = getattr(tf.keras, name, None)
        if module is not None and not hasattr(tf, name):
            setattr(tf, name, module)
            sys.modules["runnel." + name] = module
    for name, of_keras in _INITIALIZERS.items():
        thing = getattr(getattr(tf.keras, "initializers", None), of_keras, None)
        if thing is not None and not hasattr(tf, name):
            put(name, thing)
