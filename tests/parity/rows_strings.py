"""Texts: hashes, numbers in them, and what is cut from them."""

import numpy as np
from inputs import const
from rows import A, row


def texts(name, fn, cases, **options):
    """Cases of a card whose input is text. Results are text or whole numbers: equal to the bit."""
    row(name, fn, cases, options.pop("dtypes", "string"), grad=False, exact=True, **options)


LONG = const([[b"", b"x" * 3, b"y" * 7], [b"a word of 20 letters", b"z" * 40, b"w" * 300]], "string")
SHAPES = [A((2, 3)), A(()), A((0, 2)), A(LONG)]
texts("StringToHashBucketFast", lambda tf, x, n: tf.strings.to_hash_bucket_fast(x, n), [A((2, 3), n=10), A((), n=1), A((0, 2), n=3), A(LONG, n=2**62)])
texts("StringToHashBucketStrong", lambda tf, x, n, key: tf.strings.to_hash_bucket_strong(x, n, key), [A((2, 3), n=10, key=[1, 2]), A((), n=1, key=[0, 0]), A(LONG, n=2**62, key=[-5, 2**40])])
texts("StringToHashBucket", lambda tf, x, n: tf.strings.to_hash_bucket(x, n), [A((2, 3), n=10), A((), n=1), A(LONG, n=2**62)])
texts("buckets:wrong", lambda tf, x, call: call(tf, x), [A((2,), call=call, fails_=True) for call in (
    lambda tf, x: tf.strings.to_hash_bucket_fast(x, 0), lambda tf, x: tf.strings.to_hash_bucket_strong(x, 3, [1]), lambda tf, x: tf.strings.to_hash_bucket_fast(tf.constant([1]), 3),
    lambda tf, x: tf.fingerprint(x[0]), lambda tf, x: tf.fingerprint(x, method="md5"), lambda tf, x: tf.strings.length(x, unit="WORD"), lambda tf, x: tf.strings.lower(x, encoding="latin"),
    lambda tf, x: tf.strings.join([x, tf.constant(["a"])]), lambda tf, x: tf.strings.substr(x, 50, 1), lambda tf, x: tf.strings.substr(x, [0, 1], 1), lambda tf, x: tf.strings.substr(x, [0, 1, 2], [1, 1, 1]),
    lambda tf, x: tf.strings.to_number(tf.constant(["one"])), lambda tf, x: tf.strings.to_number(tf.constant(["1.5"]), tf.int32), lambda tf, x: tf.strings.as_string(tf.constant(1), precision=2),
    lambda tf, x: tf.strings.as_string(tf.constant(1.0), scientific=True, shortest=True), lambda tf, x: tf.strings.as_string(tf.constant(1.0), fill="x"), lambda tf, x: tf.strings.as_string(tf.constant(1.0), fill="00"))],
    ops="StringToHashBucketFast StringToHashBucketStrong Fingerprint StringLength StringLower StringJoin Substr StringToNumber AsString")
texts("Fingerprint", lambda tf, x: tf.fingerprint(x), [A((2, 3)), A((4,)), A((3, 2, 2)), A((0, 2)), A(LONG, dtypes_="string")], dtypes="float32 float64 int32 int64 uint8 bool string")

FORMATS = [A((2, 3)), A(()), A((2,), width=8, fill="0"), A((0, 2)), A((3,), fill="+"), A((3,), width=6, fill="-"), A((3,), fill=" ")]
texts("AsString", lambda tf, x, **k: tf.strings.as_string(x, **k), FORMATS, dtypes="int32 int64 int8 int16 uint8 uint16 uint32 uint64 bool string float32 float64 float16 bfloat16 complex64 complex128")
texts("AsString:floating", lambda tf, x, **k: tf.as_string(x, **k), [A((3,), precision=2), A((3,), scientific=True), A((3,), shortest=True, precision=3), A((2,), precision=1, width=9, fill="0"), A((2,), scientific=True, precision=0, fill="#"),
      A(const([0.0, -0.0, np.inf, -np.inf, np.nan, 1e30, 1e-30])), A(const([1e10, 123456.789]), shortest=True)], dtypes="float32 float64", ops="AsString")
texts("AsString:text", lambda tf, x, **k: tf.strings.as_string(x, **k), [A((3,), precision=1), A((2,), width=5, precision=2), A((2,), width=5, fill="-"), A((2,), shortest=True)], ops="AsString")
NUMBERS = const([b" 7 ", b"+5", b"007", b"\t8\n"], "string")
texts("StringToNumber", lambda tf, x, t: tf.strings.to_number(x, getattr(tf, t)), [A(NUMBERS, t=t) for t in ("float32", "float64", "int32", "int64", "uint32", "uint64")] + [A(const([], "string"), t="int32"), A(const(b"9000000000", "string"), t="int64")])
texts("StringToNumber:floating", lambda tf, x, t: tf.strings.to_number(x, getattr(tf, t)), [A(const([b"1e40", b"-1e400", b"1e-50", b"0x10", b"-0", b"1.", b".5", b"infinity", b"nan", b"3.4e38", b"0.1", b"1e-45", b"-2.5E-3"], "string"), t=t) for t in ("float32", "float64")],
      ops="StringToNumber")

texts("StringJoin", lambda tf, x, y, **k: tf.strings.join([x, y], **k), [A((2, 3), (2, 3)), A((3,), (), separator=", "), A((), (2,)), A((), ()), A((0,), (0,))])
texts("StringJoin:many", lambda tf, x: (tf.strings.join([x]), tf.strings.join([x, "-", x, "!"], separator=" "), tf.strings.join([])), [A((2,)), A(())], ops="StringJoin")
texts("StringLength", lambda tf, x: (tf.strings.length(x), tf.strings.length(x, unit="UTF8_CHAR")), [A((2, 3)), A(()), A((0, 2)), A(const([w.encode() for w in ("w\u00f6rld", "\u65e5\u672c", "")] + [b"\xff\xfe"], "string"))])
LETTERS = const([w.encode() for w in ("Stra\u00dfe \u00c9t\u00c9", "\u0130I \u03a3\u0391\u03a3 \u03a3", "\u01c6 \ufb01 \u0131i \u03c2 \u03c3", "\u00ff \u0390", "\u0416\u0436 \u0100\u0101 \u1e9e", "ABC xyz 123")], "string")
texts("StringLower", lambda tf, x: (tf.strings.lower(x), tf.strings.lower(x, encoding="utf-8")), [A((2, 3)), A(()), A(LETTERS)])
texts("StringUpper", lambda tf, x: (tf.strings.upper(x), tf.strings.upper(x, encoding="utf-8")), [A((2, 3)), A(()), A(LETTERS)])
texts("StringStrip", lambda tf, x: tf.strings.strip(x), [A(const([b"  a b \t\n", b"\v\f x", b"", b"   ", b"\xc2\xa0y"], "string")), A((2, 3)), A(())])
SEVEN = const([[b"abcdefg", b"hijklmn"], [b"opqrstu", b"vwxyz12"]], "string")
texts("Substr", lambda tf, x, pos, len, **k: tf.strings.substr(x, pos, len, **k), [A(SEVEN, pos=1, len=3), A(SEVEN, pos=-3, len=2), A(SEVEN, pos=[[0, 1], [2, 7]], len=[[1, 2], [9, 1]]), A(SEVEN, pos=[0, 2], len=[3, 1]), A(SEVEN, pos=[[-7], [6]], len=[[2], [4]]),
      A(const(b"abc", "string"), pos=[0, 1], len=[1, 2]), A(const([w.encode() for w in ("w\u00f6rld", "\u65e5\u672c\u8a9ex")], "string"), pos=[1, -2], len=[2, 1], unit="UTF8_CHAR"), A(SEVEN, pos=0, len=0)])
