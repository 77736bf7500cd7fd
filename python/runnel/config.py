"""tf.config: threads and devices."""

import collections
import sys
import types

from runnel import _runnel
from runnel._function import functions_run_eagerly, run_functions_eagerly  # noqa: F401

PhysicalDevice = collections.namedtuple("PhysicalDevice", ["name", "device_type"])
LogicalDevice = collections.namedtuple("LogicalDevice", ["name", "device_type"])


def list_physical_devices(device_type=None):
    """The one device, CPU:0."""
    return [PhysicalDevice("/physical_device:CPU:0", "CPU")] if device_type in (None, "CPU") else []


def list_logical_devices(device_type=None):
    """The one device, CPU:0."""
    return [LogicalDevice("/device:CPU:0", "CPU")] if device_type in (None, "CPU") else []


get_visible_devices = list_physical_devices


def set_visible_devices(devices, device_type=None):
    """There is one device."""


def set_soft_device_placement(enabled):
    """There is one device."""


def get_soft_device_placement():
    """True."""
    return True


LogicalDeviceConfiguration = collections.namedtuple(
    "LogicalDeviceConfiguration", ["memory_limit", "experimental_priority", "experimental_device_ordinal"], defaults=[None, None, None])


def set_logical_device_configuration(device, logical_devices):
    """The CPU is one device: ValueError for more."""
    if len(logical_devices or ()) > 1:
        raise ValueError("This build has one logical device.")


_optimizer_options = {}


def _set_options(options):
    """Remembered: the passes over graphs are always on, and exact."""
    _optimizer_options.update(options)


def _module(name, **members):
    module = types.ModuleType(f"{__name__}.{name}")
    vars(module).update(members)
    sys.modules[module.__name__] = module
    return module


# One pool serves both kinds of parallelism of TensorFlow's.
threading = _module(
    "threading", get_intra_op_parallelism_threads=_runnel.num_threads, set_intra_op_parallelism_threads=_runnel.set_num_threads,
    get_inter_op_parallelism_threads=_runnel.num_threads, set_inter_op_parallelism_threads=lambda num_threads: None)
experimental = _module(
    "experimental", list_physical_devices=list_physical_devices, set_memory_growth=lambda device, enable: None,
    get_memory_info=lambda device: _runnel.memory_stats(), reset_memory_stats=lambda device: _runnel.reset_peak_memory(),
    enable_op_determinism=lambda: None, get_memory_growth=lambda device: True, list_logical_devices=list_logical_devices,
    get_visible_devices=get_visible_devices, set_visible_devices=set_visible_devices, VirtualDeviceConfiguration=LogicalDeviceConfiguration,
    set_virtual_device_configuration=set_logical_device_configuration)
optimizer = _module(
    "optimizer", set_experimental_options=_set_options, get_experimental_options=lambda: dict(_optimizer_options),
    set_jit=lambda enabled: _set_options({"jit": enabled}), get_jit=lambda: _optimizer_options.get("jit", ""))
experimental_run_functions_eagerly = run_functions_eagerly
