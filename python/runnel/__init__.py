"""Runnel: TensorFlow's system anew, in C++20. `import runnel as tf`."""

from runnel import _load

_runnel = _load.load_module()

from runnel._dtypes import *  # noqa: E402,F403
from runnel._dtypes import DType, as_dtype  # noqa: E402
from runnel._shape import TensorShape  # noqa: E402

_runnel.set_dtype_classes(DType, DType._by_code, as_dtype, TensorShape)

from runnel import _modules  # noqa: E402

_modules.install_functions()

from runnel import errors, nest  # noqa: E402
from runnel._tensor import Tensor, constant, convert_to_tensor, is_tensor  # noqa: E402
from runnel._variable import IndexedSlices, Variable, VariableAggregation, VariableSynchronization  # noqa: E402
from runnel._tape import GradientTape, UnconnectedGradients, custom_gradient  # noqa: E402
from runnel._spec import TensorSpec, TypeSpec  # noqa: E402
from runnel._misc import (  # noqa: E402
    Module, boolean_mask, control_dependencies, device, executing_eagerly, function, init_scope, name_scope, no_gradient,
    no_op, print, recompute_grad)
from runnel import config, data, debugging  # noqa: E402

from runnel import keras  # noqa: E402

newaxis = None
__version__ = "0.1.0"
_modules.install_aliases(__import__("sys").modules[__name__])
