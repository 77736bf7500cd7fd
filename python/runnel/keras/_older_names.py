"""Names that Keras had and books still use: experimental.*, Reduction, and the modules that things once lived in."""

import sys

# Modules of Keras 2's source tree that programs imported from, and where their names are now.
_MODULES = {
    "layers": ("layers.core", "layers.merge", "layers.convolutional", "layers.pooling", "layers.recurrent", "layers.embeddings", "layers.normalization",
               "layers.noise", "layers.wrappers", "layers.advanced_activations", "layers.experimental", "layers.experimental.preprocessing",
               "engine", "engine.base_layer", "engine.input_layer", "engine.topology"),
    "models": ("engine.training", "engine.sequential", "engine.functional"),
    "utils": ("utils.np_utils", "utils.generic_utils", "utils.layer_utils", "utils.data_utils"),
    "callbacks": ("callbacks.experimental",),
    "mixed_precision": ("mixed_precision.experimental",),
    "optimizers.schedules": ("experimental", "optimizers.schedules.learning_rate_schedule"),
}


class Reduction:
    """Keras 2's names of the reductions of losses."""

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls):
        return cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE


def _public(module):
    """What is no module itself: the tree of modules stays as it is."""
    return {name: thing for name, thing in vars(module).items() if not name.startswith("_") and thing is not sys.modules.get(f"{module.__name__}.{name}")}


def install(module, namespace):
    module("losses").Reduction = Reduction
    for home, older_names in _MODULES.items():
        for older in older_names:
            vars(module(older)).update(_public(module(home)))
    for name in ("engine", "engine.training"):
        module(name).Model = namespace["Model"]
    module("mixed_precision.experimental").set_policy = module("mixed_precision").set_global_policy
    module("mixed_precision").LossScaleOptimizer = module("optimizers").LossScaleOptimizer
    module("layers.experimental").SyncBatchNormalization = module("layers").BatchNormalization
