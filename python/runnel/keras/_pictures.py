"""keras.utils: pictures as arrays, through the library Pillow; and smart_resize()."""

import io
import os
import warnings

from runnel import _runnel


def _pillow(function):
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(f"Could not import PIL.Image. The use of `{function}` requires PIL.") from None
    return Image


def _format(data_format):
    data_format = (data_format or _runnel.keras_config.image_data_format()).lower()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(f"The `data_format` argument must be one of {{'channels_first', 'channels_last'}}. Received: data_format={data_format}")
    return data_format


def array_to_img(x, data_format=None, scale=True, dtype=None):
    """A picture of an array (height, width, 1, 3 or 4); `scale` stretches its numbers to 0 ... 255."""
    import numpy as np

    image = _pillow("array_to_img")
    x = np.asarray(x, dtype=dtype or _runnel.keras_config.floatx())
    if x.ndim != 3:
        raise ValueError(f"Expected image array to have rank 3 (single image). Got array with shape: {x.shape}")
    if _format(data_format) == "channels_first":
        x = x.transpose(1, 2, 0)
    if scale:
        x = x - x.min()
        x = x / (x.max() or 1) * 255
    modes = {1: "L", 3: "RGB", 4: "RGBA"}
    if x.shape[2] not in modes:
        raise ValueError(f"Unsupported channel number: {x.shape[2]}")
    if x.shape[2] == 1 and x.max() > 255:
        return image.fromarray(x[:, :, 0].astype("int32"))
    return image.fromarray((x[:, :, 0] if x.shape[2] == 1 else x).astype("uint8"))


def img_to_array(img, data_format=None, dtype=None):
    """(height, width, channels) of a picture, or (channels, height, width)."""
    import numpy as np

    x = np.asarray(img, dtype=dtype or _runnel.keras_config.floatx())
    if x.ndim not in (2, 3):
        raise ValueError(f"Unsupported image shape: {x.shape}")
    x = x.reshape(*x.shape[:2], -1)
    return x.transpose(2, 0, 1) if _format(data_format) == "channels_first" else x


def save_img(path, x, data_format=None, file_format=None, scale=True, **kwargs):
    """Writes the picture of an array; the file's name tells the format where `file_format` does not."""
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = os.path.splitext(os.fspath(path))[1][1:]
    file_format = "jpeg" if file_format and file_format.lower() == "jpg" else file_format
    img = array_to_img(x, data_format=data_format, scale=scale)
    if img.mode == "RGBA" and file_format == "jpeg":
        warnings.warn("The JPEG format does not support RGBA images, converting to RGB.", stacklevel=2)
        img = img.convert("RGB")
    img.save(path, format=file_format, **kwargs)


_METHODS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
_MODES = {"grayscale": ("L", ("L", "I;16", "I")), "rgb": ("RGB", ("RGB",)), "rgba": ("RGBA", ("RGBA",))}


def load_img(path, color_mode="rgb", target_size=None, interpolation="nearest", keep_aspect_ratio=False):
    """Reads a picture, in a colour mode and of a size (height, width); keep_aspect_ratio crops rather than distorts it."""
    image = _pillow("load_img")
    if not isinstance(path, (str, bytes, os.PathLike, io.BytesIO)):
        raise TypeError(f"path should be path-like or io.BytesIO, not {type(path)}")
    if color_mode not in _MODES:
        raise ValueError('color_mode must be "grayscale", "rgb", or "rgba"')
    img = image.open(path)
    img.load()
    mode, enough = _MODES[color_mode]
    img = img if img.mode in enough else img.convert(mode)
    if target_size is None or img.size == (target_size[1], target_size[0]):
        return img
    if interpolation not in _METHODS:
        raise ValueError(f"Invalid interpolation method {interpolation} specified. Supported methods are {', '.join(_METHODS)}")
    box = _centre(*img.size, target_size[1], target_size[0]) if keep_aspect_ratio else None
    return img.resize((target_size[1], target_size[0]), getattr(image.Resampling, interpolation.upper()), box=box)


def _centre(width, height, target_width, target_height):
    """The largest middle part with the target's proportions: left, top, right, bottom."""
    part_height = max(min(height, width * target_height // target_width), 1)
    part_width = max(min(width, height * target_width // target_height), 1)
    left, top = (width - part_width) // 2, (height - part_height) // 2
    return left, top, left + part_width, top + part_height


def smart_resize(x, size, interpolation="bilinear", data_format="channels_last", **kwargs):
    """Pictures (height, width, channels), or a batch of them, in another size (height, width): cropped, not distorted."""
    import numpy as np
    import runnel as tf

    kwargs.pop("backend_module", None)
    if kwargs:
        raise TypeError(f"smart_resize() got unexpected keyword arguments: {list(kwargs)}")
    if len(size) != 2:
        raise ValueError(f"Expected `size` to be a tuple of 2 integers, but got: {size}.")
    img = tf.convert_to_tensor(x)
    if img.ndim not in (3, 4):
        raise ValueError("Expected an image array with shape `(height, width, channels)`, or `(batch_size, height, width, channels)`, but got input "
                         f"with incorrect rank, of shape {img.shape}.")
    last = data_format == "channels_last"
    height, width = img.shape[-3:-1] if last else img.shape[-2:]
    left, top, right, bottom = _centre(width, height, size[1], size[0])
    img = img[..., top:bottom, left:right, :] if last else img[..., top:bottom, left:right]
    img = tf.keras.ops.image.resize(img, tuple(size), interpolation=interpolation, data_format=data_format)
    return img.numpy() if isinstance(x, np.ndarray) else img


def install(module):
    for name in ("array_to_img", "img_to_array", "save_img", "load_img"):
        setattr(module("utils"), name, globals()[name])
        setattr(module("preprocessing.image"), name, globals()[name])
    module("preprocessing.image").smart_resize = smart_resize
