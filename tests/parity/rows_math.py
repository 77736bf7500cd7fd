"""Elementwise operators: unary, binary, comparison, logical, bitwise, special functions, casts."""

from inputs import SPECIAL, between, const, integers, mask, positive, spread, unit
from rows import A, row

PAIR_SHAPES = [((2, 3), (2, 3)), ((2, 3), (3,)), ((), (2, 3)), ((2, 1, 3), (4, 1)), ((37,), (37,)), ((3, 21), ()),
               ((0, 3), (1, 3)), ((), ()), ((2, 0), (2, 0)), ((1, 3, 1, 2), (2, 1, 4, 1))]


def unary_cases(make=spread, special=True):
    shapes = [(2, 3), (), (0, 3), (37,), (2, 1, 5)]
    return [A(make(s)) for s in shapes] + ([A(SPECIAL, grad_=False)] if special else [])


def pair_cases(make=spread, other=None, shapes=PAIR_SHAPES):
    other = other or make
    return [A(make(a), other(b)) for a, b in shapes]


def unary(op, fn, dtypes="float", make=spread, special=True, **options):
    row(op, fn, unary_cases(make, special), dtypes, **options)


def binary(op, fn, dtypes="float", make=spread, other=None, **options):
    row(op, fn, pair_cases(make, other), dtypes, **options)


DIVIDES = "its vector code divides infinities by themselves; element by element it gives the value"
NEAR = "our polynomial and theirs round differently in the last places"

# Unary, exact in every type.
unary("Abs", lambda tf, x: tf.abs(x), "float signed", exact=True)
unary("Neg", lambda tf, x: tf.negative(x), "number", exact=True)
unary("Sign", lambda tf, x: tf.sign(x), "float signed complex", fd=False, grad=1)
unary("Square", lambda tf, x: tf.square(x), "float int complex")
unary("Floor", lambda tf, x: tf.floor(x), "float", make=between(0.1, 0.9), exact=True)
unary("Ceil", lambda tf, x: tf.math.ceil(x), "float", make=between(0.1, 0.9), exact=True)
unary("Round", lambda tf, x: tf.round(x), "float int", make=between(0.6, 1.4), exact=True)
unary("Rint", lambda tf, x: tf.math.rint(x), "float", make=between(0.6, 1.4), exact=True)
unary("Identity", lambda tf, x: tf.identity(x), "any", exact=True, special=False)
unary("StopGradient", lambda tf, x: tf.stop_gradient(x), "any", exact=True, fd=False, special=False)
unary("PreventGradient", lambda tf, x: tf.raw_ops.PreventGradient(input=x), "float", exact=True, grad=False, special=False)
unary("Snapshot", lambda tf, x: tf.raw_ops.Snapshot(input=x), "float", exact=True, grad=False, special=False)
unary("IsNan", lambda tf, x: tf.math.is_nan(x), "float", grad=False)
unary("IsInf", lambda tf, x: tf.math.is_inf(x), "float", grad=False)
unary("IsFinite", lambda tf, x: tf.math.is_finite(x), "float", grad=False)
unary("LogicalNot", lambda tf, x: tf.logical_not(x), "bool", special=False, grad=False)
unary("Invert", lambda tf, x: tf.bitwise.invert(x), "int", grad=False)
unary("PopulationCount", lambda tf, x: tf.raw_ops.PopulationCount(x=x), "int", grad=False)
unary("Reciprocal", lambda tf, x: tf.math.reciprocal(x), "float complex", make=positive, tf_nan=DIVIDES)
unary("Inv", lambda tf, x: tf.raw_ops.Inv(x=x), "float complex", make=positive, tf_nan=DIVIDES)
unary("CheckNumerics", lambda tf, x: tf.debugging.check_numerics(x, "here"), "float", special=False, exact=True)
row("CheckNumerics:bad", lambda tf, x: tf.debugging.check_numerics(x, "here"),
    [A(const([1.0, float("nan")]), fails_=True), A(const([1.0, float("inf")]), fails_=True)], "single", grad=False)

# Unary, transcendental.
unary("Sqrt", lambda tf, x: tf.sqrt(x), "float complex", make=positive)
unary("Rsqrt", lambda tf, x: tf.math.rsqrt(x), "float complex", make=positive)
unary("Exp", lambda tf, x: tf.exp(x), "float complex")
unary("Expm1", lambda tf, x: tf.math.expm1(x), "float complex")
unary("Log", lambda tf, x: tf.math.log(x), "float complex", make=positive)
unary("Log1p", lambda tf, x: tf.math.log1p(x), "float complex", make=positive, tf_nan=DIVIDES)
unary("Sin", lambda tf, x: tf.sin(x), "float complex")
unary("Cos", lambda tf, x: tf.cos(x), "float complex")
unary("Tan", lambda tf, x: tf.tan(x), "float complex", make=unit)
unary("Asin", lambda tf, x: tf.asin(x), "float complex", make=between(-0.8, 0.8))
unary("Acos", lambda tf, x: tf.acos(x), "float complex", make=between(-0.8, 0.8))
unary("Atan", lambda tf, x: tf.atan(x), "float complex", make=unit)
unary("Sinh", lambda tf, x: tf.sinh(x), "float complex")
unary("Cosh", lambda tf, x: tf.cosh(x), "float complex")
unary("Tanh", lambda tf, x: tf.tanh(x), "float complex", make=unit)
unary("Asinh", lambda tf, x: tf.asinh(x), "float complex", make=unit)
unary("Acosh", lambda tf, x: tf.acosh(x), "float complex", make=between(1.1, 4))
unary("Atanh", lambda tf, x: tf.atanh(x), "float complex", make=between(-0.8, 0.8))
unary("Sigmoid", lambda tf, x: tf.sigmoid(x), "float complex")
unary("LogSigmoid", lambda tf, x: tf.math.log_sigmoid(x), "float", ops="Softplus Neg")
unary("Erf", lambda tf, x: tf.math.erf(x), "float", tf_nan=DIVIDES)
unary("Erfc", lambda tf, x: tf.math.erfc(x), "float", tol=2, why="a product of two approximations")
unary("Erfinv", lambda tf, x: tf.math.erfinv(x), "float", make=unit, tol=3, why=NEAR)
unary("Ndtri", lambda tf, x: tf.math.ndtri(x), "float", make=between(0.05, 0.95), tol=3, why=NEAR)
unary("Erfcinv", lambda tf, x: tf.math.erfcinv(x), "single", make=between(0.1, 1.9), tol=3, why=NEAR, ops="Ndtri")
unary("Lgamma", lambda tf, x: tf.math.lgamma(x), "float", make=between(0.2, 6), tol=4, why=NEAR)
unary("Digamma", lambda tf, x: tf.math.digamma(x), "float", make=between(0.2, 6), tol=4, why=NEAR)
for name in ("I0", "I0e", "I1", "I1e", "K0", "K0e", "K1", "K1e", "J0", "J1", "Y0", "Y1"):
    # The tables of the polynomials are the same everywhere; the sums near a zero of the function cancel.
    unary(f"Bessel{name}", lambda tf, x, f=f"bessel_{name.lower()}": getattr(tf.math.special, f)(x),
          "float" if name[0] == "I" else "single", make=between(0.2, 6), tol=6, why="sums that cancel", special=name[0] == "I")
unary("Dawsn", lambda tf, x: tf.math.special.dawsn(x), "single", tol=4, why=NEAR)
unary("Expint", lambda tf, x: tf.math.special.expint(x), "single", make=positive, tol=6, why="sums that cancel")
unary("FresnelCos", lambda tf, x: tf.math.special.fresnel_cos(x), "single", tol=4, why=NEAR)
unary("FresnelSin", lambda tf, x: tf.math.special.fresnel_sin(x), "single", tol=4, why=NEAR)
unary("Spence", lambda tf, x: tf.math.special.spence(x), "single", make=positive, tol=4, why=NEAR)

# Complex numbers.
unary("Real", lambda tf, x: tf.math.real(x), "complex single", special=False, exact=True)
unary("Imag", lambda tf, x: tf.math.imag(x), "complex", special=False, exact=True)
unary("Conj", lambda tf, x: tf.math.conj(x), "complex", special=False, exact=True)
unary("ComplexAbs", lambda tf, x: tf.abs(x), "complex", make=positive)
unary("Angle", lambda tf, x: tf.math.angle(x), "complex", make=positive, grad=1)
row("Complex", lambda tf, x, y: tf.complex(x, y), pair_cases(), "single", exact=True)

# Binary arithmetic.
binary("AddV2", lambda tf, x, y: tf.add(x, y), "number", exact=True)
row("AddV2:string", lambda tf, x, y: tf.add(x, y), pair_cases(), "string", exact=True)
binary("Add", lambda tf, x, y: tf.raw_ops.Add(x=x, y=y), "number", exact=True)
binary("Sub", lambda tf, x, y: tf.subtract(x, y), "number", exact=True)
binary("Mul", lambda tf, x, y: tf.multiply(x, y), "float int complex", tol=1)
binary("RealDiv", lambda tf, x, y: tf.realdiv(x, y), "float complex", other=positive)
binary("Div", lambda tf, x, y: tf.raw_ops.Div(x=x, y=y), "float complex int", other=positive)
binary("TruncateDiv", lambda tf, x, y: tf.truncatediv(x, y), "int float", other=positive, grad=False)
binary("FloorDiv", lambda tf, x, y: tf.math.floordiv(x, y), "float int", other=positive, grad=False)
binary("FloorMod", lambda tf, x, y: tf.math.floormod(x, y), "float int", other=between(1.7, 1.9), fd=False)
binary("Mod", lambda tf, x, y: tf.raw_ops.Mod(x=x, y=y), "float int", other=between(1.7, 1.9), grad=False)
binary("TruncateMod", lambda tf, x, y: tf.truncatemod(x, y), "float int", other=between(1.7, 1.9), grad=False)
binary("DivNoNan", lambda tf, x, y: tf.math.divide_no_nan(x, y), "float complex", other=positive)
binary("MulNoNan", lambda tf, x, y: tf.math.multiply_no_nan(x, y), "float complex", tf_wrong="complex")
binary("Pow", lambda tf, x, y: tf.pow(x, y), "float complex", make=positive, tol=4, why="the exponent scales the error")
row("Pow:int", lambda tf, x, y: tf.pow(x, y), [A(integers(-4, 5)(a), integers(0, 4)(b)) for a, b in PAIR_SHAPES],
    "int32 int64 int16 int8 uint8 uint16", grad=False)
binary("Maximum", lambda tf, x, y: tf.maximum(x, y), "real", exact=True)
binary("Minimum", lambda tf, x, y: tf.minimum(x, y), "real", exact=True)
binary("SquaredDifference", lambda tf, x, y: tf.math.squared_difference(x, y), "float complex int32 int64", tf_wrong="complex")
binary("Atan2", lambda tf, x, y: tf.atan2(x, y), "float")
binary("NextAfter", lambda tf, x, y: tf.math.nextafter(x, y), "single", exact=True, fd=False)
binary("Xlogy", lambda tf, x, y: tf.math.xlogy(x, y), "float complex", other=positive, tf_wrong="complex")
binary("Xdivy", lambda tf, x, y: tf.math.xdivy(x, y), "float complex", other=positive, tf_wrong="complex")
binary("Xlog1py", lambda tf, x, y: tf.math.xlog1py(x, y), "float complex", other=positive, tf_wrong="complex")
binary("Igamma", lambda tf, x, y: tf.math.igamma(x, y), "float", make=positive, tol=10, why="a series", grad=1)
binary("Igammac", lambda tf, x, y: tf.math.igammac(x, y), "float", make=positive, tol=10, why="a series", grad=1)
binary("IgammaGradA", lambda tf, x, y: tf.raw_ops.IgammaGradA(a=x, x=y), "single", make=positive, tol=100,
       why="a series of differences", grad=False)
binary("Zeta", lambda tf, x, y: tf.math.zeta(x, y), "single", make=between(1.3, 4), other=positive, tol=10, why="a series", wrt=[1])
row("Polygamma", lambda tf, x, y: tf.math.polygamma(x, y),
    [A(integers(1, 4)(a), positive(b)) for a, b in PAIR_SHAPES], "single", tol=10, why="a series")
row("Betainc", lambda tf, a, b, x: tf.math.betainc(a, b, x),
    [A(positive(s), positive(s), between(0.1, 0.9)(s)) for s in [(2, 3), (), (0,), (11,)]] +
    [A(positive(()), positive(()), between(0.1, 0.9)((3, 2)))], "single", tol=10, why="a continued fraction", wrt=[2])
# A nought divided by nought, and powers of the special values.
for name, call in [("RealDiv", lambda tf, x, y: x / y), ("DivNoNan", lambda tf, x, y: tf.math.divide_no_nan(x, y)),
                   ("FloorDiv", lambda tf, x, y: x // y), ("FloorMod", lambda tf, x, y: x % y),
                   ("Maximum", lambda tf, x, y: tf.maximum(x, y)), ("Minimum", lambda tf, x, y: tf.minimum(x, y)),
                   ("Xlogy", lambda tf, x, y: tf.math.xlogy(x, y)), ("Atan2", lambda tf, x, y: tf.atan2(x, y)),
                   ("MulNoNan", lambda tf, x, y: tf.math.multiply_no_nan(x, y)), ("Pow", lambda tf, x, y: tf.pow(x, y))]:
    row(f"{name}:special", lambda tf, x, call=call: call(tf, x[:, None], x[None, :]), [A(SPECIAL)], "single", grad=False,
        ops=f"{name} StridedSlice")
row("FloorDiv:zero", lambda tf, x, y: x // y, [A(const([1, 2]), const([1, 0]), fails_=True)], "int32 int64", grad=False)
row("FloorMod:zero", lambda tf, x, y: x % y, [A(const([1, 2]), const([0, 1]), fails_=True)], "int32 int64", grad=False)
row("Pow:negative", lambda tf, x, y: tf.pow(x, y), [A(const([1, 2]), const([-1, 0]), fails_=True)], "int32 int64", grad=False)

# Comparisons; small integers meet often.
for name, call in [("Equal", lambda tf, x, y: tf.equal(x, y)), ("NotEqual", lambda tf, x, y: tf.not_equal(x, y))]:
    binary(name, call, "any", make=integers(-2, 2), grad=False)
for name, call in [("Less", lambda tf, x, y: tf.less(x, y)), ("LessEqual", lambda tf, x, y: tf.less_equal(x, y)),
                   ("Greater", lambda tf, x, y: tf.greater(x, y)), ("GreaterEqual", lambda tf, x, y: tf.greater_equal(x, y))]:
    binary(name, call, "real", make=integers(-2, 2), grad=False)
    row(f"{name}:special", lambda tf, x, call=call: call(tf, tf.reshape(x, [-1, 1]), x), [A(SPECIAL)], "single int32", grad=False,
        ops=name)
row("Equal:incompatible", lambda tf, x, y: tf.raw_ops.Equal(x=x, y=y, incompatible_shape_error=False),
    [A((2, 3), (4,)), A((2, 3), (3,))], "single", grad=False)
row("ApproximateEqual", lambda tf, x, y, tolerance: tf.raw_ops.ApproximateEqual(x=x, y=y, tolerance=tolerance),
    [A((9,), (9,), tolerance=t) for t in (1e-5, 1.0)], "float int32", grad=False)

# Logic and bits.
binary("LogicalAnd", lambda tf, x, y: tf.logical_and(x, y), "bool", grad=False)
binary("LogicalOr", lambda tf, x, y: tf.logical_or(x, y), "bool", grad=False)
row("LogicalXor", lambda tf, x, y: tf.math.logical_xor(x, y), pair_cases(), "bool", grad=False, ops="LogicalAnd LogicalOr LogicalNot")
binary("BitwiseAnd", lambda tf, x, y: tf.bitwise.bitwise_and(x, y), "int", grad=False)
binary("BitwiseOr", lambda tf, x, y: tf.bitwise.bitwise_or(x, y), "int", grad=False)
binary("BitwiseXor", lambda tf, x, y: tf.bitwise.bitwise_xor(x, y), "int", grad=False)
binary("LeftShift", lambda tf, x, y: tf.bitwise.left_shift(x, y), "int", other=integers(0, 5), grad=False)
binary("RightShift", lambda tf, x, y: tf.bitwise.right_shift(x, y), "int", other=integers(0, 5), grad=False)

# Several arguments.
row("AddN", lambda tf, *xs: tf.add_n(list(xs)), [A(*[s] * n) for n in (1, 2, 3, 9) for s in [(2, 3), ()]] + [A((0, 2), (0, 2))],
    "number", tol=2, why="order of the sum")
row("AccumulateNV2", lambda tf, *xs: tf.math.accumulate_n(list(xs)), [A(*[(2, 3)] * n) for n in (1, 2, 5)], "number",
    ops="AddN", tol=2, why="order of the sum")
row("ClipByValue", lambda tf, x, low, high: tf.clip_by_value(x, low, high),
    [A((2, 5), low=-1.0, high=1.3), A((), low=-1.0, high=1.0), A((0, 2), low=0.0, high=1.0), A((41,), low=-0.5, high=2.0)],
    "float", exact=True)
row("ClipByValue:raw", lambda tf, x, low, high: tf.raw_ops.ClipByValue(t=x, clip_value_min=low, clip_value_max=high),
    [A((7,), const(-1.0), const(1.0)), A((2, 3), const([[-1.0] * 3] * 2), const([[1.5] * 3] * 2)),
     A(SPECIAL, const(-1.0), const(1.0), grad_=False, dtypes_="single")], "float int32 int64 uint8 int8", exact=True)
row("ClipByNorm", lambda tf, x, axes: tf.clip_by_norm(x, 1.5, axes), [A((3, 4), axes=None), A((3, 4), axes=[1]), A((3, 4), axes=0)],
    "single", ops="Mul Sum Sqrt SelectV2 Maximum")
row("GlobalNorm", lambda tf, x, y: tf.clip_by_global_norm([x, y], 2.0), [A((3, 4), (5,)), A((2,), ())], "single",
    ops="L2Loss Pack Sum Mul Sqrt")
row("Lerp", lambda tf, x: tf.math.scalar_mul(2.5, x), unary_cases(special=False), "float", ops="Mul")
row("ReduceAngles", lambda tf, x: (tf.math.softplus(x), tf.math.softsign(x)), unary_cases(special=False), "float", ops="Softplus Softsign")

# Python's operators, with numbers on either side.
OPERATORS = {
    "add": lambda x, y: (x + y, x + 2, 2 + x), "sub": lambda x, y: (x - y, x - 2, 2 - x), "mul": lambda x, y: (x * y, x * 3, 3 * x),
    "truediv": lambda x, y: (x / y, x / 2, 2 / y), "floordiv": lambda x, y: (x // y, x // 2, 2 // y),
    "mod": lambda x, y: (x % y, x % 2, 2 % y), "neg": lambda x, y: (-x, abs(x)), "pow": lambda x, y: (abs(x) ** y, abs(x) ** 2),
}
for word, call in OPERATORS.items():
    row(f"operator:{word}", lambda tf, x, y, call=call: call(x, y), [A(spread((2, 3)), positive((2, 3))), A(spread(()), positive((4,)))],
        "float32 float64 int32 int64", fd=word not in ("mod", "floordiv"), grad=word not in ("mod", "floordiv"), ops="AddV2 Sub Mul",
        tol=4, why="powers")
for word, call in {"lt": lambda x, y: (x < y, x <= 1), "gt": lambda x, y: (x > y, x >= 1), "eq": lambda x, y: (x == y, x != 1)}.items():
    row(f"operator:{word}", lambda tf, x, y, call=call: call(x, y), [A(integers(-2, 2)((3, 4)), integers(-2, 2)((4,)))], "single int32 int64",
        grad=False, ops="Less Greater Equal")
row("operator:bits", lambda tf, x, y: (x & y, x | y, x ^ y, ~x), [A((3, 4), (4,))], "bool int32 int64 uint8", grad=False,
    ops="LogicalAnd BitwiseAnd")

# Cast between every pair; the source's numbers fit into the target.
TYPES = "float32 float64 float16 bfloat16 int32 int64 int8 int16 uint8 uint16 uint32 uint64 complex64 complex128 bool"
for target in TYPES.split():
    row(f"Cast:{target}", lambda tf, x, t=target: tf.cast(x, getattr(tf, t)), [A(between(0, 3)((2, 9))), A(spread((5,)), dtypes_="float signed complex bool") if target[0] != "u" else A(positive((5,))), A(()), A((0, 2))],
        TYPES, exact=True, fd=False, grad=1)
row("Cast:round", lambda tf, x: (tf.cast(x, tf.float16), tf.cast(x, tf.bfloat16), tf.cast(x, tf.float32)),
    [A((101,)), A(between(1e4, 9e4)((21,))), A(between(1e-7, 1e-5)((21,))), A(SPECIAL)], "single", exact=True, grad=False, ops="Cast")
row("Cast:saturate", lambda tf, x, t: tf.saturate_cast(x, getattr(tf, t)),
    [A(between(-300, 300)((13,)), t=t) for t in ("uint8", "int8", "int32", "uint16")], "single int32 int64", grad=False,
    ops="Cast Maximum Minimum")
row("Bitcast", lambda tf, x, t: tf.bitcast(x, getattr(tf, t)),
    [A((2, 3), t="int32", dtypes_="float32"), A((2, 4), t="uint8", dtypes_="float32 float64 int32 int64"), A((3, 2), t="float32", dtypes_="float32 float64 int64"),
     A(integers(0, 99)((3, 4)), t="int32", dtypes_="uint8"), A(integers(0, 99)((3, 8)), t="float64", dtypes_="uint8"), A((2, 2), t="uint16", dtypes_="float16 bfloat16"), A((2,), t="complex64", dtypes_="float64")],
    "float32 float64 int32 int64 uint8 float16 bfloat16", exact=True, grad=False)
