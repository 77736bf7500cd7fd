"""tf.keras. The classes are C++'s (python/keras/, runnel/keras/); this gives them their modules and Keras's older names."""

from runnel import _runnel
from runnel.keras import _layer, _model, _older_optimizer, _pickling
from runnel.keras import _namespaces

_layer.install()
_older_optimizer.install()
_model.install()
_pickling.install(_model.Model, _model.History)
_namespaces.install(__name__, globals())

__version__ = "3.15.1"
