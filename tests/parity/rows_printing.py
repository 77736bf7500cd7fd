"""Tensors in text."""

from rows import A, row

PAIRS = [A((2, 3), ()), A((12,), (2,)), A((12,), (8, 3), summarize=1), A((3,), (2, 2, 2), summarize=-1), A((7,), (1, 9))]
row("StringFormat", lambda tf, x, y, **k: tf.raw_ops.StringFormat(inputs=[x, y], template="x: {}, y: {}!", placeholder="{}", **k), PAIRS,
    "float16 bfloat16 float32 float64 int32 int64 uint8 bool string", grad=False, exact=True)
row("StringFormat:public", lambda tf, x: tf.strings.format("{} ({})", (x, tf.shape(x)), summarize=2), [A((3, 6)), A(())], "float32 int32", grad=False, exact=True)
