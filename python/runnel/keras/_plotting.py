"""keras.utils.plot_model: the graph is made in C++ (runnel/keras/plot.h); pictures other than SVG are drawn by Graphviz."""

import os

from runnel import _runnel


class Dot:
    """A graph in the language of Graphviz."""

    def __init__(self, text, svg):
        self._text, self._svg = text, svg

    def to_string(self):
        return self._text

    __str__ = to_string

    def _repr_svg_(self):
        return self._svg

    def write(self, path, format="dot"):
        """As text, as Runnel's own SVG, or as a picture by Graphviz. ImportError where its program `dot` is missing."""
        if format in ("dot", "raw", "svg"):
            with open(path, "w") as file:
                file.write(self._svg if format == "svg" else self._text)
            return
        import subprocess

        try:
            subprocess.run(["dot", f"-T{format}", "-o", os.fspath(path)], input=self._text.encode(), check=True)
        except FileNotFoundError:
            raise ImportError(f"You must install graphviz (see https://graphviz.org/download/) for a .{format} file. A .svg file needs nothing.") from None


def model_to_dot(model, show_shapes=False, show_dtype=False, show_layer_names=True, rankdir="TB", expand_nested=False, dpi=200, subgraph=False,
                 show_layer_activations=False, show_trainable=False, splines="ortho", **kwargs):
    """The graph of a model's layers. ValueError where it has not been built."""
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments: {kwargs}")
    text, svg = (_runnel.keras_preprocessing.plotted(model, form, show_shapes, show_dtype, show_layer_names, rankdir, expand_nested,
                                                     show_layer_activations, show_trainable) for form in ("dot", "svg"))
    return Dot(text.replace("  rankdir=", f"  splines={splines};\n  dpi={dpi};\n  rankdir=", 1), svg)


def plot_model(model, to_file="model.png", show_shapes=False, show_dtype=False, show_layer_names=False, rankdir="TB", expand_nested=False, dpi=200,
               show_layer_activations=False, show_trainable=False, splines="ortho", **kwargs):
    """A picture of a model's layers in a file; gives the graph, which notebooks show."""
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments: {kwargs}")
    dot = model_to_dot(model, show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi, False, show_layer_activations, show_trainable, splines)
    if to_file is not None:
        extension = os.path.splitext(os.fspath(to_file))[1].lstrip(".")
        dot.write(to_file, extension or "png")
    return dot
