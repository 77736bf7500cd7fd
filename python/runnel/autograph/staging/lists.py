"""append and item assignment, for Feature.LISTS."""

import runnel as tf
from runnel.autograph.staging import backend


def list_append(items, item):
    """`items.append(item)`, for a list or a TensorArray."""
    if _is_tensor_array(items):
        return items.write(items.size(), item)
    items.append(item)
    return items


def set_item(target, key, item):
    """`target[key] = item`, also for a TensorArray or a tensor, which come back changed."""
    if _is_tensor_array(target):
        return target.write(key, item)
    if backend.is_staged(target):
        return tf.tensor_scatter_nd_update(target, [[key]], [item])
    target[key] = item
    return target


def _is_tensor_array(value):
    return isinstance(value, getattr(tf, "TensorArray", ()))
