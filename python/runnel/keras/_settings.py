"""keras.config: the settings of the process. What C++ reads lives there (runnel/keras/settings.h)."""

from runnel import _runnel

_switches = {"flash_attention": None, "traceback_filtering": True}


def backend():
    """The name that Keras gives its backend over TensorFlow."""
    return "tensorflow"


def set_backend(backend):
    """There is one backend. ValueError for another than "tensorflow"."""
    if backend != "tensorflow":
        raise ValueError(f"Unable to import backend : {backend}. Runnel is the only backend, under the name 'tensorflow'.")


def enable_flash_attention():
    """Attention that never holds all scores; kernels for the CPU do without, so this is only remembered."""
    _switches["flash_attention"] = None


def disable_flash_attention():
    """See enable_flash_attention()."""
    _switches["flash_attention"] = False


def is_flash_attention_enabled():
    """None: where a kernel for it is there."""
    return _switches["flash_attention"]


def enable_traceback_filtering():
    """Hides frames of Keras's own in tracebacks: there are none here, whatever is said."""
    _switches["traceback_filtering"] = True


def disable_traceback_filtering():
    """See enable_traceback_filtering()."""
    _switches["traceback_filtering"] = False


def is_traceback_filtering_enabled():
    """What was said last; True at first."""
    return _switches["traceback_filtering"]


def is_nnx_enabled():
    """Whether Flax's NNX is used: only JAX has it."""
    return False


def install(module):
    """Fills keras.config, and the older names of its functions in keras.backend and keras.utils."""
    config, backend_module, utils = module("config"), module("backend"), module("utils")
    in_cpp = {name: thing for name, thing in vars(_runnel.keras_config).items() if not name.startswith("_")}
    own = {name: thing for name, thing in globals().items() if callable(thing) and not name.startswith("_") and name != "install"}
    for name, thing in {**in_cpp, **own}.items():
        setattr(config, name, thing)
    for name in ("backend", "epsilon", "set_epsilon", "floatx", "set_floatx", "image_data_format", "set_image_data_format"):
        setattr(backend_module, name, getattr(config, name))
    for name in ("enable_interactive_logging", "disable_interactive_logging", "is_interactive_logging_enabled"):
        setattr(utils, name, getattr(config, name))
