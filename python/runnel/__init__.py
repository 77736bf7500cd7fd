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
from runnel._graph import (  # noqa: E402
    Graph, Operation, control_dependencies, executing_eagerly, get_static_value, gradients, group, init_scope, inside_function, name_scope, no_op)
from runnel._misc import Module, device, no_gradient, print  # noqa: E402
from runnel._function import function, numpy_function, py_function  # noqa: E402
from runnel._control_flow import (  # noqa: E402
    TensorArray, case, cond, foldl, foldr, map_fn, scan, switch_case, vectorized_map, while_loop)
from runnel._tape import recompute_grad  # noqa: E402
from runnel import autograph, config, data, debugging, summary  # noqa: E402

from runnel import keras  # noqa: E402

newaxis = None
__version__ = "2.21.0"  # of the interface: TensorFlow's. Runnel's own is version.RUNNEL
_modules.install_aliases(__import__("sys").modules[__name__])
