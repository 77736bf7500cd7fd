"""keras.distribution on one device: everything is accepted that this device alone can do."""

import re

_current = None


def list_devices(device_type=None):
    """["cpu:0"]; nothing of another kind."""
    return ["cpu:0"] if device_type is None or device_type.lower() == "cpu" else []


def get_device_count(device_type=None):
    """How many devices of a kind there are: one CPU."""
    return len(list_devices(device_type))


def initialize(job_addresses=None, num_processes=None, process_id=None):
    """Of one process. NotImplementedError for several."""
    if (num_processes or 1) > 1 or (job_addresses and "," in job_addresses):
        raise NotImplementedError("Runnel trains in one process: num_processes must be 1.")


class DeviceMesh:
    """Devices as a grid with named axes. There is one device, so every size is 1."""

    def __init__(self, shape, axis_names, devices=None):
        import numpy as np

        if not shape or not axis_names:
            raise ValueError(f"Shape and axis_names cannot be empty. Received: shape={shape}, axis_names={axis_names}")
        if len(shape) != len(axis_names):
            raise ValueError(f"Shape and axis_names should have same size. Received: shape={shape}, axis_names={axis_names}")
        devices = list_devices() if devices is None else list(np.ravel(devices))
        if int(np.prod(shape)) != len(devices):
            raise ValueError(f"Shape does not match the number of devices. Received: shape={shape}; devices.shape={np.shape(devices)}")
        self.shape, self.axis_names, self.devices = tuple(shape), list(axis_names), np.reshape(devices, shape)


class TensorLayout:
    """Which axis of a tensor lies along which axis of the devices; None: on each of them whole."""

    def __init__(self, axes, device_mesh=None):
        self.axes, self.device_mesh = tuple(axes), device_mesh
        known = {None, *(device_mesh.axis_names if device_mesh else axes)}
        if not set(axes) <= known:
            raise ValueError(f"Invalid axis names for Layout. Valid axis names: {sorted(filter(None, known))}, Got {set(axes) - known}")


class LayoutMap(dict):
    """Layouts of Variables by path; keys may be regular expressions."""

    def __init__(self, device_mesh):
        super().__init__()
        self.device_mesh = device_mesh

    def __setitem__(self, key, layout):
        if key in self:
            raise ValueError(f"{key} already exist in the LayoutMap with value {dict.__getitem__(self, key)}. Please make sure to not use duplicated keys.")
        super().__setitem__(key, layout if isinstance(layout, TensorLayout) else TensorLayout(layout, self.device_mesh))

    def __getitem__(self, key):
        if key in self:
            return dict.__getitem__(self, key)
        matching = [pattern for pattern in self if re.search(pattern, key)]
        if len(matching) > 1:
            raise ValueError(f"Path '{key}' matches multiple layout specification keys: {matching}. Please make sure each path only matches at most one.")
        return dict.__getitem__(self, matching[0]) if matching else None


class _Distribution:
    """How data and Variables are spread; `with distribution.scope():` makes it the current one for a while."""

    def __init__(self, device_mesh, batch_dim_name=None, auto_shard_dataset=True):
        self.device_mesh, self.batch_dim_name, self.auto_shard_dataset = device_mesh, batch_dim_name, auto_shard_dataset

    def scope(self):
        import contextlib

        @contextlib.contextmanager
        def within():
            outer = distribution()
            set_distribution(self)
            try:
                yield self
            finally:
                set_distribution(outer)

        return within()


class DataParallel(_Distribution):
    """Each device takes its part of the batch: the one device takes all of it."""

    def __init__(self, device_mesh=None, devices=None, auto_shard_dataset=True):
        mesh = device_mesh or DeviceMesh((len(devices or list_devices()),), ["batch"], devices)
        super().__init__(mesh, mesh.axis_names[0], auto_shard_dataset)


class ModelParallel(_Distribution):
    """Variables spread by a LayoutMap: the one device has them all."""

    def __init__(self, *, layout_map=None, batch_dim_name=None, auto_shard_dataset=True, **kwargs):
        if not isinstance(layout_map, LayoutMap):
            raise ValueError(f"Argument `layout_map` must be a `LayoutMap` instance. Received: layout_map={layout_map}")
        super().__init__(layout_map.device_mesh, batch_dim_name or layout_map.device_mesh.axis_names[0], auto_shard_dataset)
        self.layout_map = layout_map


def distribution():
    """The current one, or None."""
    return _current


def set_distribution(value):
    """The distribution of all models from now on; None for none."""
    global _current
    _current = value


def distribute_tensor(tensor, layout):
    """The tensor: it is on the one device already."""
    return tensor


def install(module):
    for thing in (list_devices, get_device_count, initialize, DeviceMesh, TensorLayout, LayoutMap, DataParallel, ModelParallel, distribution,
                  set_distribution, distribute_tensor):
        setattr(module, thing.__name__, thing)
