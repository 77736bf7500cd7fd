"""tf.data: input pipelines. The work is done in C++ (runnel/data); this gives it TensorFlow's names and arguments."""

import sys
import types

from runnel.data._dataset import AUTOTUNE, INFINITE_CARDINALITY, UNKNOWN_CARDINALITY, Dataset, DatasetSpec, Iterator, IteratorSpec, Options, ThreadingOptions

experimental = types.ModuleType("runnel.data.experimental", "Older names of tf.data.")
experimental.AUTOTUNE = AUTOTUNE
experimental.INFINITE_CARDINALITY = INFINITE_CARDINALITY
experimental.UNKNOWN_CARDINALITY = UNKNOWN_CARDINALITY
experimental.cardinality = lambda dataset: dataset.cardinality()
experimental.get_single_element = lambda dataset: dataset.get_single_element()
experimental.enumerate_dataset = lambda start=0: lambda dataset: dataset.enumerate(start)
experimental.unbatch = lambda: lambda dataset: dataset.unbatch()
sys.modules[experimental.__name__] = experimental

__all__ = ["AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY", "Dataset", "DatasetSpec", "Iterator", "IteratorSpec", "Options", "ThreadingOptions", "experimental"]
