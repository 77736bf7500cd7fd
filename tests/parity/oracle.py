"""Runs rows under real TensorFlow and stores the results. Started by tools/make_oracle."""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # the plain kernels: the same numbers on every processor
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import evaluate
import rows
import store

GRADIENT_TYPES = ("float64", "complex128")
FEW_GRADIENTS = 1


def record(tf, row, number, dtype, writer):
    """The stored form of a case, or (None, why) when TensorFlow cannot run it."""
    out = evaluate.forward(tf, row, number, dtype)
    fails = row.cases[number].fails
    if isinstance(out, evaluate.Failed):
        return ({"in": row.fingerprint(number, dtype), "error": [out.kind, out.text]}, "") if fails else (None, repr(out))
    if fails:
        return None, "TensorFlow accepts it, the row says that it fails"
    result = {"in": row.fingerprint(number, dtype), "out": [writer.pack(value) for value in out]}
    if evaluate.differentiable(row, number, dtype) and (dtype in wide_types(row) or number < FEW_GRADIENTS):
        result.update(gradients(tf, row, number, dtype, writer))
    return result, ""


def wide_types(row):
    """The types in which every case's gradients are stored, both orders: double, or what the operator has."""
    return GRADIENT_TYPES if "float64" in row.dtypes else GRADIENT_TYPES + (row.dtypes[0],)


def gradients(tf, row, number, dtype, writer):
    if dtype in row.tf_wrong:
        return {"nograd": "TensorFlow's is not the derivative"}
    order = 2 if row.grad is True and dtype in wide_types(row) else 1
    derivatives = evaluate.Derivatives(tf, row, number, dtype)
    try:
        values = derivatives.gradients(order=order)
    except (LookupError, tf.errors.OpError, ValueError, TypeError, RuntimeError, AttributeError) as error:
        if order == 1:
            return {"nograd": str(error)[:120]}
        try:
            values = derivatives.gradients(order=1)
        except Exception as first_error:  # noqa: BLE001 - TensorFlow lacks this gradient
            return {"nograd": str(first_error)[:120]}
    names = ["grad", "grad2"]
    pack = lambda g: None if g is None else writer.pack((g, g.dtype.name))
    return {names[k]: [pack(g) for g in values[k]] for k in range(len(values))}


def make(families, folder=store.FOLDER, verbose=True):
    import tensorflow as tf
    tf.get_logger().setLevel("ERROR")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    registry = rows.load(families)
    bad = 0
    for family in families or rows.FAMILIES:
        start, count, writer = time.time(), 0, store.Writer(tf.__version__)
        for row in [r for r in registry.values() if r.family == family]:
            missing = {}
            for number, dtype in row.runs():
                result, why = record(tf, row, number, dtype, writer)
                if result is None:
                    missing[f"{dtype}/{number}"] = why
                    continue
                writer.add(row.name, f"{dtype}/{number}", result)
                count += 1
            bad += report(row, missing, verbose)
        writer.save(family, folder)
        size = os.path.getsize(os.path.join(folder, family + ".npz"))
        print(f"{family}: {count} cases, {size / 1024:.0f} KiB, {time.time() - start:.1f} s", flush=True)
    return bad


def report(row, missing, verbose):
    """A row whose first type does not run in TensorFlow is written wrongly; other types may just lack a kernel."""
    wrong = {key: why for key, why in missing.items() if key.split("/")[0] == row.dtypes[0]}
    for key, why in wrong.items():
        print(f"  WRONG {row.name} {key}: {why}")
    types = sorted({key.split("/")[0] for key in missing})
    if types and verbose and not wrong:
        print(f"  {row.name}: TensorFlow lacks {' '.join(types)}")
    return len(wrong)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    target = store.FOLDER
    if "--out" in arguments:
        at = arguments.index("--out")
        target = arguments[at + 1]
        del arguments[at:at + 2]
    sys.exit(1 if make(arguments or None, target) else 0)
