"""Writes expected.json: what real Keras computes for every loss, metric, optimizer, schedule, regularizer, constraint and initializer.

    .venv-peers/bin/python tests/keras/make_expected.py

A row is a class, its config, the names of its inputs and the numbers. The C++ test runnel/keras/expected_test.cc and the Python test
beside this file make the object from the config and compare.
"""

import json
import os
import pathlib
import warnings

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow  # noqa: E402

random = np.random.RandomState(7)
TENSORS = {}


def tensor(name, values):
    values = np.asarray(values)
    if values.dtype == np.float64:
        values = values.astype("float32").round(3)
    TENSORS[name] = values
    return name


def softmax(x):
    e = np.exp(x)
    return e / e.sum(-1, keepdims=True)


tensor("real", random.randn(5, 4))
tensor("real_pred", random.randn(5, 4))
tensor("positive", random.rand(5, 4) * 3 + 0.1)
tensor("positive_pred", random.rand(5, 4) * 3 + 0.1)
tensor("probabilities", softmax(random.randn(5, 4)))
tensor("scores", random.rand(5, 4))
tensor("binary", random.randint(0, 2, (5, 4)).astype("float32"))
tensor("one_hot", np.eye(4, dtype="float32")[[0, 3, 1, 1, 2]])
tensor("labels", np.array([0, 3, 1, 1, 2], "int32"))
tensor("labels_column", np.array([[0], [3], [1], [1], [2]], "int32"))
tensor("sorted_ids", np.array([[0, 1, 2], [1, 2, 0], [1, 0, 3], [2, 3, 0], [3, 2, 1]], "float32"))
tensor("pred_labels", np.array([0, 3, 2, 1, 1], "int32"))
tensor("unit", (lambda x: x / np.linalg.norm(x, axis=1, keepdims=True))(random.randn(5, 4)))
tensor("weights", np.array([0.5, 1, 2, 0, 1.5], "float32"))
tensor("int_weights", np.array([1, 2, 3, 0, 1], "int32"))
tensor("weights_matrix", random.rand(5, 4))
tensor("vector", random.randn(6))
tensor("vector_pred", random.randn(6))
tensor("vector_weights", random.rand(6))
tensor("binary_vector", np.array([0, 1, 1, 0, 1, 0], "float32"))
tensor("scores_vector", np.array([0.1, 0.8, 0.3, 0.4, 0.9, 0.0], "float32"))
tensor("sequence", random.randn(3, 4, 2))
tensor("sequence_pred", random.randn(3, 4, 2))
tensor("sequence_weights", random.rand(3, 4))
tensor("rows", random.rand(3))
tensor("ctc_labels", np.array([[1, 2, 2], [3, 1, 0], [2, 0, 0]], "int32"))
tensor("ctc_logits", random.randn(3, 6, 4))


def numbers(value):
    return [float(np.float32(x)) for x in np.asarray(value, dtype="float64").ravel()]


def row(cls, config, **rest):
    return {"class": cls, "config": config, **rest}


def loss_rows():
    cases = []

    def add(cls, y_true, y_pred, weight="weights", **config):
        for w in (None, weight):
            predicted = tensorflow.constant(TENSORS[y_pred])
            with tensorflow.GradientTape() as tape:
                tape.watch(predicted)
                value = getattr(keras.losses, cls)(**config)(TENSORS[y_true], predicted, None if w is None else TENSORS[w])
            gradient = tape.gradient(value, predicted)  # of the sum
            cases.append(row(cls, config, inputs=[y_true, y_pred, w], expected=numbers(value), gradient=numbers(gradient)))

    for cls in ("MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "Huber", "LogCosh", "CosineSimilarity"):
        add(cls, "real", "real_pred")
        add(cls, "sequence", "sequence_pred", "sequence_weights")
    for reduction in ("sum", "mean", "mean_with_sample_weight", "none", None):
        add("MeanSquaredError", "real", "real_pred", reduction=reduction)
    add("Huber", "real", "real_pred", delta=0.3)
    for cls in ("MeanSquaredLogarithmicError", "Poisson"):
        add(cls, "positive", "positive_pred")
    add("KLDivergence", "probabilities", "scores")
    for cls in ("Hinge", "SquaredHinge"):
        add(cls, "binary", "real_pred")
        add(cls, "real", "real_pred")
    add("CategoricalHinge", "one_hot", "scores")
    for smoothing in (0.0, 0.2):
        for from_logits, pred in ((False, "scores"), (True, "real_pred")):
            config = dict(from_logits=from_logits, label_smoothing=smoothing)
            add("BinaryCrossentropy", "binary", pred, **config)
            add("CategoricalCrossentropy", "one_hot", pred, **config)
            add("CategoricalFocalCrossentropy", "one_hot", pred, **config)
            add("BinaryFocalCrossentropy", "binary", pred, **config)
    add("BinaryFocalCrossentropy", "binary", "scores", apply_class_balancing=True, alpha=0.4, gamma=1.5)
    add("CategoricalFocalCrossentropy", "one_hot", "probabilities", alpha=0.4, gamma=1.5)
    for labels in ("labels", "labels_column"):
        add("SparseCategoricalCrossentropy", labels, "probabilities")
    add("SparseCategoricalCrossentropy", "labels", "real_pred", from_logits=True)
    add("SparseCategoricalCrossentropy", "labels", "probabilities", ignore_class=1)
    add("SparseCategoricalCrossentropy", "labels", "real_pred", from_logits=True, ignore_class=1, reduction="none")
    add("CategoricalGeneralizedCrossEntropy", "labels", "probabilities", q=0.7)
    add("Dice", "binary", "scores", None)
    add("Dice", "binary", "scores", axis=(1,))
    add("Tversky", "binary", "scores", None, alpha=0.3, beta=0.7)
    add("Tversky", "binary", "scores", axis=(1,))
    add("CTC", "ctc_labels", "ctc_logits", "rows")
    add("Circle", "labels", "unit", None)
    add("Circle", "labels", "unit", None, gamma=10.0, margin=0.2, remove_diagonal=False)
    return cases


def metric_rows():
    cases = []

    def add(cls, *updates, **config):
        metric = getattr(keras.metrics, cls)(**config)
        for update in updates:
            metric.update_state(*[None if name is None else TENSORS[name] for name in update])
        got = metric.get_config()
        cases.append(row(cls, config, updates=[list(u) for u in updates], expected=numbers(metric.result()), name=metric.name,
                         dtype=got["dtype"], variables=[[v.name, v.dtype, list(v.shape)] for v in metric.variables]))

    def weighted(cls, y_true, y_pred, weight="weights", **config):
        add(cls, (y_true, y_pred, None), **config)
        add(cls, (y_true, y_pred, weight), (y_true, y_pred, None), **config)

    add("Mean", ("real", None), ("real", "weights"))
    add("Mean", ("real", "weights_matrix"))
    add("Mean", ("sequence", "sequence_weights"))
    add("Sum", ("real", None), ("real", "weights"))
    for cls in ("MeanSquaredError", "MeanAbsoluteError", "RootMeanSquaredError", "MeanAbsolutePercentageError", "LogCoshError", "CosineSimilarity",
                "PearsonCorrelation", "ConcordanceCorrelation"):
        weighted(cls, "real", "real_pred")
        weighted(cls, "sequence", "sequence_pred", "rows")
    weighted("MeanSquaredLogarithmicError", "positive", "positive_pred")
    weighted("Poisson", "positive", "positive_pred")
    weighted("KLDivergence", "probabilities", "scores")
    weighted("Hinge", "binary", "real_pred")
    weighted("SquaredHinge", "binary", "real_pred")
    weighted("CategoricalHinge", "one_hot", "scores")
    weighted("BinaryCrossentropy", "binary", "scores")
    weighted("BinaryCrossentropy", "binary", "real_pred", from_logits=True, label_smoothing=0.1)
    weighted("CategoricalCrossentropy", "one_hot", "probabilities", label_smoothing=0.1)
    weighted("SparseCategoricalCrossentropy", "labels", "probabilities")
    weighted("SparseCategoricalCrossentropy", "labels", "real_pred", from_logits=True)
    weighted("Accuracy", "labels", "pred_labels")
    weighted("BinaryAccuracy", "binary", "scores")
    weighted("BinaryAccuracy", "binary", "scores", threshold=0.3)
    weighted("CategoricalAccuracy", "one_hot", "probabilities")
    weighted("SparseCategoricalAccuracy", "labels", "probabilities")
    weighted("SparseCategoricalAccuracy", "labels_column", "probabilities")
    weighted("TopKCategoricalAccuracy", "one_hot", "probabilities", k=2)
    weighted("SparseTopKCategoricalAccuracy", "labels", "probabilities", k=2)
    weighted("SparseTopKCategoricalAccuracy", "labels", "sorted_ids", k=2, from_sorted_ids=True)
    for cls in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"):
        weighted(cls, "binary", "scores")
        weighted(cls, "binary_vector", "scores_vector", "vector_weights", thresholds=[0.2, 0.8])
        weighted(cls, "binary", "scores", thresholds=[0.0, 0.5, 1.0])
    for cls in ("Precision", "Recall"):
        weighted(cls, "binary", "scores")
        weighted(cls, "binary_vector", "scores_vector", "vector_weights", thresholds=0.35)
        weighted(cls, "binary", "scores", thresholds=[0.0, 0.25, 0.5, 0.75, 1.0])
        weighted(cls, "binary", "scores", top_k=2)
        weighted(cls, "binary", "scores", class_id=2)
        weighted(cls, "binary", "scores", top_k=2, class_id=1)
    for cls, name in (("SensitivityAtSpecificity", "specificity"), ("SpecificityAtSensitivity", "sensitivity"), ("PrecisionAtRecall", "recall"),
                      ("RecallAtPrecision", "precision")):
        weighted(cls, "binary_vector", "scores_vector", "vector_weights", **{name: 0.6})
        weighted(cls, "binary", "scores", **{name: 0.4, "num_thresholds": 1})
        weighted(cls, "binary", "scores", **{name: 0.4, "class_id": 1})
    for curve in ("ROC", "PR", "PRGAIN"):
        for method in ("interpolation", "minoring", "majoring"):
            weighted("AUC", "binary", "scores", curve=curve, summation_method=method)
    weighted("AUC", "binary", "scores", num_thresholds=5, thresholds=[0.1, 0.4, 0.7])
    weighted("AUC", "binary", "real_pred", from_logits=True)
    weighted("AUC", "binary", "scores", multi_label=True)
    weighted("AUC", "binary", "scores", multi_label=True, num_labels=4, label_weights=[0.1, 0.2, 0.3, 0.4], thresholds=[0.3, 0.6])
    weighted("AUC", "binary", "scores", label_weights=[0.1, 0.2, 0.3, 0.4])
    for average in (None, "micro", "macro", "weighted"):
        weighted("F1Score", "binary", "scores", average=average, threshold=0.5)
        weighted("FBetaScore", "one_hot", "probabilities", average=average, beta=2.0)
    for aggregation in (None, "uniform_average", "variance_weighted_average"):
        weighted("R2Score", "real", "real_pred", class_aggregation=aggregation)
    weighted("R2Score", "real", "real_pred", num_regressors=2)
    weighted("IoU", "labels", "pred_labels", "int_weights", num_classes=4, target_class_ids=[0, 2])
    weighted("IoU", "labels", "pred_labels", "int_weights", num_classes=4, target_class_ids=[1, 2], ignore_class=1)
    weighted("IoU", "labels", "pred_labels", "weights", num_classes=4, target_class_ids=[0, 1], dtype="float32")
    weighted("MeanIoU", "labels", "pred_labels", "int_weights", num_classes=4)
    weighted("BinaryIoU", "binary_vector", "scores_vector", None, threshold=0.35)
    weighted("OneHotIoU", "one_hot", "probabilities", "int_weights", num_classes=4, target_class_ids=[0, 3])
    weighted("OneHotMeanIoU", "one_hot", "probabilities", "int_weights", num_classes=4)
    return cases


KERNEL = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]], "float32")
BIAS = np.array([3.0, -0.5, 0.1], "float32")
SLOPES = np.array([[1.0, 0.5, 3.0], [0.1, 2.0, 1.0]], "float32")


def optimizer_rows():
    cases = []

    def add(cls, steps=10, **config):
        keras.utils.clear_session()
        schedule = config.get("learning_rate")
        made = dict(config)
        if isinstance(schedule, dict):
            made["learning_rate"] = getattr(keras.optimizers.schedules, schedule["class_name"])(**schedule["config"])
        if cls == "LossScaleOptimizer":
            made["inner_optimizer"] = keras.optimizers.SGD(**config["inner_optimizer"]["config"])
        optimizer = getattr(keras.optimizers, cls)(**made)
        kernel, bias = keras.Variable(KERNEL, name="kernel"), keras.Variable(BIAS, name="bias")
        optimizer.build([kernel, bias])
        losses = []
        for _ in range(steps):
            x, b = np.array(kernel), np.array(bias)
            scale = float(optimizer.scale_loss(keras.ops.ones(())))
            optimizer.apply([keras.ops.convert_to_tensor(SLOPES * (x - 1.5) * scale), keras.ops.convert_to_tensor(2 * b * scale)], [kernel, bias])
        if config.get("use_ema"):
            losses = numbers(kernel)
            optimizer.finalize_variable_values([kernel, bias])
        state = [v for v in optimizer.variables]
        cases.append(row(cls, config, steps=steps, kernel=numbers(kernel), bias=numbers(bias), before_finalize=losses, name=optimizer.name,
                         variables=[[str(v.dtype), list(v.shape), numbers(v)] for v in state]))

    add("SGD", learning_rate=0.1)
    add("SGD", learning_rate=0.1, momentum=0.9)
    add("SGD", learning_rate=0.1, momentum=0.9, nesterov=True)
    add("SGD", learning_rate=0.1, weight_decay=0.05)
    add("SGD", learning_rate=0.1, clipnorm=0.5)
    add("SGD", learning_rate=0.1, clipvalue=0.5)
    add("SGD", learning_rate=0.1, global_clipnorm=0.5)
    add("SGD", learning_rate=0.1, use_ema=True, ema_momentum=0.9)
    add("SGD", learning_rate=0.1, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3)
    add("SGD", learning_rate=0.1, loss_scale_factor=4.0)
    add("SGD", learning_rate=0.1, momentum=0.5, gradient_accumulation_steps=3)
    add("Adam", learning_rate=0.01, gradient_accumulation_steps=2, clipnorm=1.0, use_ema=True)
    add("SGD", learning_rate={"module": "keras.optimizers.schedules", "class_name": "ExponentialDecay", "registered_name": None,
                              "config": {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5}})
    add("LossScaleOptimizer", initial_scale=8.0, dynamic_growth_steps=4,
        inner_optimizer={"module": "keras.optimizers", "class_name": "SGD", "registered_name": None, "config": {"learning_rate": 0.1, "momentum": 0.9}})
    for cls in ("Adam", "AdamW", "Adamax", "Nadam", "Adagrad", "Adadelta", "RMSprop", "Ftrl", "Lion", "Lamb", "Adafactor", "ScheduleFreeAdamW", "Muon"):
        add(cls)
        add(cls, learning_rate=0.05, weight_decay=0.01)
    add("Adam", learning_rate=0.01, amsgrad=True)
    add("Adam", learning_rate=0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-3)
    add("RMSprop", learning_rate=0.01, momentum=0.5)
    add("RMSprop", learning_rate=0.01, centered=True)
    add("RMSprop", learning_rate=0.01, momentum=0.5, centered=True)
    add("Ftrl", learning_rate=0.1, l1_regularization_strength=0.1, l2_regularization_strength=0.2, l2_shrinkage_regularization_strength=0.3, beta=0.1)
    add("Adafactor", learning_rate=0.1, relative_step=False, clip_threshold=0.5)
    add("ScheduleFreeAdamW", learning_rate=0.05, warmup_steps=4)
    add("Muon", learning_rate=0.05, nesterov=False, rms_rate=None, ns_steps=3)
    return cases


def schedule_rows():
    cases, steps = [], [0, 1, 3, 7, 10, 11, 25, 60]

    def add(cls, **config):
        schedule = getattr(keras.optimizers.schedules, cls)(**config)
        cases.append(row(cls, config, steps=steps, expected=[float(schedule(np.int64(s))) for s in steps]))

    for staircase in (False, True):
        add("ExponentialDecay", initial_learning_rate=0.1, decay_steps=7, decay_rate=0.9, staircase=staircase)
        add("InverseTimeDecay", initial_learning_rate=0.1, decay_steps=7, decay_rate=0.9, staircase=staircase)
    add("PiecewiseConstantDecay", boundaries=[3, 10], values=[1.0, 0.5, 0.1])
    for cycle in (False, True):
        add("PolynomialDecay", initial_learning_rate=0.1, decay_steps=10, end_learning_rate=0.01, power=2.0, cycle=cycle)
    add("CosineDecay", initial_learning_rate=0.1, decay_steps=20, alpha=0.1)
    add("CosineDecay", initial_learning_rate=0.01, decay_steps=20, warmup_target=0.1, warmup_steps=5)
    add("CosineDecayRestarts", initial_learning_rate=0.1, first_decay_steps=5)
    add("CosineDecayRestarts", initial_learning_rate=0.1, first_decay_steps=5, t_mul=1.0, m_mul=0.9, alpha=0.01)
    return cases


def weight_rows():
    cases = {"regularizers": [], "constraints": []}

    def add(kind, cls, x, **config):
        value = getattr(getattr(keras, kind), cls)(**config)(keras.ops.convert_to_tensor(TENSORS[x]))
        cases[kind].append(row(cls, config, inputs=[x], expected=numbers(value)))

    for x in ("real", "sequence"):
        add("regularizers", "L1", x, l1=0.03)
        add("regularizers", "L2", x, l2=0.03)
        add("regularizers", "L1L2", x, l1=0.02, l2=0.03)
        add("constraints", "NonNeg", x)
        add("constraints", "MaxNorm", x, max_value=1.2)
        add("constraints", "UnitNorm", x, axis=-1)
        add("constraints", "MinMaxNorm", x, min_value=0.9, max_value=1.1, rate=0.7)
    add("constraints", "MaxNorm", "sequence", max_value=0.8, axis=[0, 1])
    add("regularizers", "OrthogonalRegularizer", "real", factor=0.05)
    add("regularizers", "OrthogonalRegularizer", "real", factor=0.05, mode="columns")
    return cases


def initializer_rows():
    cases = []

    def add(cls, shape, **config):
        value = np.asarray(getattr(keras.initializers, cls)(**config)(shape))
        cases.append(row(cls, config, shape=list(shape), expected=numbers(value.ravel()[:24]), mean=float(value.mean()), deviation=float(value.std())))

    add("Zeros", (2, 3))
    add("Ones", (2, 3))
    add("Constant", (2, 3), value=1.5)
    add("Identity", (3, 4), gain=2.0)
    add("RandomNormal", (20, 30), mean=1.0, stddev=0.5, seed=3)
    add("RandomUniform", (20, 30), minval=-1.0, maxval=2.0, seed=3)
    add("TruncatedNormal", (20, 30), mean=1.0, stddev=0.5, seed=3)
    for cls in ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal"):
        add(cls, (20, 30), seed=3)
        add(cls, (3, 3, 4, 8), seed=4)
    for distribution in ("uniform", "truncated_normal", "untruncated_normal"):
        for mode in ("fan_in", "fan_out", "fan_avg"):
            add("VarianceScaling", (20, 30), scale=2.0, mode=mode, distribution=distribution, seed=5)
    add("Orthogonal", (8, 8), gain=1.5, seed=6)
    add("Orthogonal", (4, 9), seed=6)
    add("Orthogonal", (3, 4, 5), seed=6)
    return cases


def described(values):
    return {"dtype": str(values.dtype), "shape": list(values.shape), "values": [float(x) if values.dtype.kind == "f" else int(x) for x in values.ravel()]}


def main():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = {"losses": loss_rows(), "metrics": metric_rows(), "optimizers": optimizer_rows(), "schedules": schedule_rows(), **weight_rows(),
               "initializers": initializer_rows()}
    out["start"] = {"kernel": numbers(KERNEL), "bias": numbers(BIAS), "slopes": numbers(SLOPES)}
    out["tensors"] = {name: described(values) for name, values in TENSORS.items()}
    lines = []
    for kind, rows in out.items():
        if isinstance(rows, list):
            lines.append(f" {json.dumps(kind)}: [\n  " + ",\n  ".join(json.dumps(r) for r in rows) + "]")
        else:
            lines.append(f" {json.dumps(kind)}: {json.dumps(rows)}")
    path = pathlib.Path(__file__).with_name("expected.json")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print({kind: len(rows) for kind, rows in out.items()}, path.stat().st_size, "bytes")


main()
