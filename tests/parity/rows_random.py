"""Random numbers: the same seeds give TensorFlow's numbers, every one of them."""

from inputs import const, index, positive, spread
from rows import A, row

# exp, log, sin and cos of the kernels differ from TensorFlow's in the last place; the bits under them are equal.
NORMAL = dict(tol=4, why="log, sin and cos of Box and Muller differ in the last places")
EXACT = dict(exact=True)
FLOATS = ("float32", "float64", "float16", "bfloat16")


def draws(name, fn, cases, ops, **options):
    row(name, fn, cases, "none", grad=False, ops=ops, **options)


def after(seed, *calls):
    """The results of several draws after set_seed: each draw moves the state on."""
    def run(tf, **k):
        tf.random.set_seed(seed)
        return [call(tf, **k) for call in calls]
    return run


def gamma_gradients(tf, s):
    """By alpha and beta, of samples below and above 1."""
    tf.random.set_seed(42)
    alpha, beta = tf.constant([0.3, 1.0, 2.5, 20.0]), tf.constant([1.0, 2.0, 0.5, 3.0])
    with tf.GradientTape() as tape:
        tape.watch([alpha, beta])
        samples = tf.random.gamma(s, alpha, beta)
    return tape.gradient(samples, [alpha, beta])


SHAPES = [[5], [2, 3], [], [0, 2], [301]]
draws("RandomStandardNormal", after(42, lambda tf, s, **k: tf.random.normal(s, **k), lambda tf, s, **k: tf.random.normal(s, **k), lambda tf, s, **k: tf.random.normal(s, seed=7, **k), lambda tf, s, **k: tf.random.normal(s, seed=7, **k)),
      [A(s=s) for s in SHAPES] + [A(s=[9], mean=3.0, stddev=0.5)], "RandomStandardNormal", **NORMAL)
draws("RandomStandardNormal:dtype", after(1, lambda tf, t: tf.random.normal([7], dtype=getattr(tf, t))), [A(t=t) for t in FLOATS], "RandomStandardNormal", **NORMAL)
draws("RandomUniform", after(42, lambda tf, s, **k: tf.random.uniform(s, **k), lambda tf, s, **k: tf.random.uniform(s, **k), lambda tf, s, **k: tf.random.uniform(s, seed=7, **k), lambda tf, s, **k: tf.random.uniform(s, seed=7, **k)),
      [A(s=s) for s in SHAPES] + [A(s=[9], minval=-2.0, maxval=3.0)], "RandomUniform", **EXACT)
draws("RandomUniform:dtype", after(1, lambda tf, t: tf.random.uniform([7], dtype=getattr(tf, t))), [A(t=t) for t in FLOATS], "RandomUniform", **EXACT)
draws("RandomUniformInt", after(3, lambda tf, t, low, high: tf.random.uniform([11], low, high, dtype=getattr(tf, t)), lambda tf, t, low, high: tf.random.uniform([3], low, high, dtype=getattr(tf, t), seed=9)),
      [A(t="int32", low=0, high=10), A(t="int64", low=-5, high=10**12), A(t="int32", low=-2**31, high=2**31 - 1)], "RandomUniformInt", **EXACT)
draws("TruncatedNormal", after(42, lambda tf, s, **k: tf.random.truncated_normal(s, **k), lambda tf, s, **k: tf.random.truncated_normal(s, seed=7, **k)), [A(s=s) for s in SHAPES] + [A(s=[9], mean=3.0, stddev=0.5)], "TruncatedNormal", **NORMAL)
draws("TruncatedNormal:dtype", after(1, lambda tf, t: tf.random.truncated_normal([7], dtype=getattr(tf, t))), [A(t=t) for t in FLOATS], "TruncatedNormal", **NORMAL)
draws("RandomShuffle", after(42, lambda tf, v: tf.random.shuffle(v), lambda tf, v: tf.random.shuffle(v, seed=5)), [A(v=list(range(10))), A(v=[[1, 2], [3, 4], [5, 6]]), A(v=["a", "b", "c"]), A(v=[1.5]), A(v=[])], "RandomShuffle", **EXACT)
draws("Multinomial", after(42, lambda tf, n: tf.random.categorical([[0.1, 2.0, -1.0], [0.0, 0.0, 5.0]], n), lambda tf, n: tf.random.categorical([[0.5, 0.5]], n, seed=3, dtype=tf.int32)), [A(n=7), A(n=0), A(n=33)], "Multinomial", **EXACT)
draws("RandomGamma", after(42, lambda tf, a, s, **k: tf.random.gamma(s, a, **k), lambda tf, a, s, **k: tf.random.gamma(s, a, seed=7, **k)), [A(a=2.5, s=[5]), A(a=[0.5, 3.0], s=[4]), A(a=0.3, s=[7], beta=2.0), A(a=1.0, s=[301]), A(a=[[50.0], [0.01]], s=[0, 2], beta=[1.0, 2.0]), A(a=[2.0, 0.5], s=[2, 3], dtype="float64"), A(a=[2.0, 0.5], s=[9], dtype="float16")], "RandomGamma", tol=20, why="rejection with logarithms")
draws("RandomGamma:gradient", gamma_gradients, [A(s=[4])], "RandomGammaGrad", tol=40, why="derivatives of the incomplete gamma function")
draws("RandomPoissonV2", after(42, lambda tf, m, s: tf.random.poisson(s, m), lambda tf, m, s: tf.random.poisson(s, m, seed=7)), [A(m=2.5, s=[5]), A(m=[0.5, 30.0], s=[4]), A(m=[10.0, 1e3, 1e6], s=[101]), A(m=[0.0, 9.99], s=[3])], "RandomPoissonV2", **EXACT)
draws("RandomPoissonV2:dtype", after(42, lambda tf, m, t: tf.random.poisson([7], m, dtype=getattr(tf, t))), [A(m=[3.0, 12.5], t=t) for t in ("float64", "float16", "int32", "int64")], "RandomPoissonV2", **EXACT)
draws("ParameterizedTruncatedNormal", after(42, lambda tf: tf.raw_ops.ParameterizedTruncatedNormal(shape=[9], means=1.0, stdevs=2.0, minvals=-1.0, maxvals=3.0, seed=1, seed2=2)), [A()], "ParameterizedTruncatedNormal", later=True, **NORMAL)
draws("random:no_seed", lambda tf, f: tf.shape(getattr(tf.random, f)([2, 3])), [A(f=f) for f in ("normal", "uniform", "truncated_normal")], "RandomStandardNormal RandomUniform TruncatedNormal", **EXACT)


def sequence(tf):
    """Global seed alone, both, operation's alone; resetting starts again."""
    tf.random.set_seed(1234)
    first = [tf.random.uniform([2]), tf.random.normal([1]), tf.random.uniform([1], seed=1)]
    tf.random.set_seed(1234)
    return first + [tf.random.uniform([2]), tf.random.normal([1]), tf.random.uniform([1], seed=1), tf.random.uniform([1], seed=1)]


draws("set_seed", sequence, [A()], "RandomUniform RandomStandardNormal", **NORMAL)

# Stateless.
SEEDS = [[1, 2], [0, 0], [-7, 2**31 - 1]]
draws("StatelessRandomNormalV2", lambda tf, seed, s, **k: tf.random.stateless_normal(s, seed, **k), [A(seed=seed, s=s) for seed in SEEDS for s in SHAPES[:2]] + [A(seed=[1, 2], s=[301], mean=1.0, stddev=3.0)], "StatelessRandomNormalV2 StatelessRandomGetKeyCounter", **NORMAL)
draws("StatelessRandomUniformV2", lambda tf, seed, s, **k: tf.random.stateless_uniform(s, seed, **k), [A(seed=seed, s=s) for seed in SEEDS for s in SHAPES[:2]] + [A(seed=[1, 2], s=[301], minval=1.0, maxval=3.0)], "StatelessRandomUniformV2 StatelessRandomGetKeyCounter", **EXACT)
draws("StatelessRandomUniformIntV2", lambda tf, seed, t: tf.random.stateless_uniform([9], seed, -3, 17, getattr(tf, t)), [A(seed=seed, t=t) for seed in SEEDS for t in ("int32", "int64")], "StatelessRandomUniformIntV2", **EXACT)
draws("StatelessRandomUniformFullIntV2", lambda tf, seed, t: tf.random.stateless_uniform([9], seed, None, None, getattr(tf, t)), [A(seed=seed, t=t) for seed in SEEDS for t in ("int32", "int64", "uint32", "uint64")], "StatelessRandomUniformFullIntV2", **EXACT)
draws("StatelessTruncatedNormalV2", lambda tf, seed, s: tf.random.stateless_truncated_normal(s, seed), [A(seed=seed, s=s) for seed in SEEDS for s in SHAPES], "StatelessTruncatedNormalV2", **NORMAL)
draws("stateless:dtype", lambda tf, t: [f([5], [3, 4], dtype=getattr(tf, t)) for f in (tf.random.stateless_uniform, tf.random.stateless_normal, tf.random.stateless_truncated_normal)], [A(t=t) for t in FLOATS], "StatelessRandomUniformV2", **NORMAL)
draws("stateless:alg", lambda tf, alg: [tf.random.stateless_uniform([9], [1, 2], alg=alg), tf.random.stateless_normal([9], [1, 2], alg=alg)], [A(alg=a) for a in ("philox", "auto_select")], "StatelessRandomUniformV2", **NORMAL)
draws("StatelessMultinomial", lambda tf, seed: tf.random.stateless_categorical([[0.1, 2.0, -1.0], [0.0, 0.0, 5.0]], 7, seed), [A(seed=seed) for seed in SEEDS], "StatelessMultinomial", **EXACT)
draws("StatelessShuffle", lambda tf, seed: tf.random.experimental.stateless_shuffle(tf.range(10), seed), [A(seed=seed) for seed in SEEDS], "StatelessShuffle", **EXACT)
draws("stateless_split", lambda tf, seed: (tf.random.split(seed, 3), tf.random.fold_in(seed, 5)), [A(seed=seed) for seed in SEEDS], "StatelessRandomUniformFullIntV2", **EXACT)
draws("StatelessRandomGammaV3", lambda tf, seed: tf.random.stateless_gamma([5], seed, 2.5), [A(seed=seed) for seed in SEEDS], "StatelessRandomGammaV3", tol=20, why="rejection with logarithms")
draws("StatelessRandomGammaV3:parameters", lambda tf, s, a, **k: tf.random.stateless_gamma(s, [3, 4], a, **k), [A(s=[9, 3], a=[1.0, 0.2, 30.0]), A(s=[5, 2, 2], a=[[1.5], [0.5]], beta=[2.0, 0.5]), A(s=[0, 2], a=[1.0, 2.0]), A(s=[8], a=0.7, dtype="float64"), A(s=[8], a=3.0, dtype="float16")], "StatelessRandomGammaV3", tol=20, why="rejection with logarithms")
draws("StatelessRandomPoisson", lambda tf, seed: tf.random.stateless_poisson([5], seed, 2.5), [A(seed=seed) for seed in SEEDS], "StatelessRandomPoisson", **EXACT)
draws("StatelessRandomPoisson:parameters", lambda tf, s, m, t: tf.random.stateless_poisson(s, [3, 4], m, getattr(tf, t)), [A(s=[50, 3], m=[0.5, 10.0, 400.0], t="int64"), A(s=[7], m=2.0, t="float32"), A(s=[4, 2], m=[3, 20], t="int32")], "StatelessRandomPoisson", **EXACT)
draws("StatelessRandomBinomial", lambda tf, seed: tf.random.stateless_binomial([5], seed, 9.0, 0.4), [A(seed=seed) for seed in SEEDS], "StatelessRandomBinomial", **EXACT)
draws("StatelessRandomBinomial:parameters", lambda tf, s, n, p, t: tf.random.stateless_binomial(s, [3, 4], n, p, getattr(tf, t)), [A(s=[40, 3], n=[5.0, 100.0, 1e5], p=[0.3, 0.5, 0.97], t="int64"), A(s=[6, 2, 3], n=[[20.0], [90.0]], p=[0.0, 0.25, 1.0], t="float32"), A(s=[0], n=3.0, p=0.5, t="int32")], "StatelessRandomBinomial", **EXACT)
draws("StatelessParameterizedTruncatedNormal", lambda tf, seed: tf.random.stateless_parameterized_truncated_normal([5], seed, means=0.5, stddevs=1.5, minvals=-1.0, maxvals=2.0), [A(seed=seed) for seed in SEEDS], "StatelessParameterizedTruncatedNormal", later=True, **NORMAL)
for op in ("StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal"):
    draws(op, lambda tf, seed, op=op: getattr(tf.raw_ops, op)(shape=[9], seed=seed), [A(seed=seed) for seed in SEEDS], op, **NORMAL)
draws("StatelessRandomUniformInt", lambda tf, seed: tf.raw_ops.StatelessRandomUniformInt(shape=[9], seed=seed, minval=-3, maxval=17), [A(seed=seed) for seed in SEEDS], "StatelessRandomUniformInt", **EXACT)
draws("StatelessRandomUniformFullInt", lambda tf, seed: tf.raw_ops.StatelessRandomUniformFullInt(shape=[9], seed=seed, dtype=tf.uint64), [A(seed=seed) for seed in SEEDS], "StatelessRandomUniformFullInt", **EXACT)
draws("StatelessRandomGetKeyCounter", lambda tf, seed: tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed), [A(seed=seed) for seed in SEEDS], "StatelessRandomGetKeyCounter", **EXACT)
draws("StatelessRandomGetKeyCounterAlg", lambda tf, seed: tf.raw_ops.StatelessRandomGetKeyCounterAlg(seed=seed), [A(seed=seed) for seed in SEEDS], "StatelessRandomGetKeyCounterAlg", **EXACT)
draws("StatelessRandomGetAlg", lambda tf: tf.raw_ops.StatelessRandomGetAlg(), [A()], "StatelessRandomGetAlg", **EXACT)
draws("RandomIndexShuffle", lambda tf, i: tf.random.experimental.index_shuffle(i, [5, 9], 10), [A(i=i) for i in (0, 3, 10)], "RandomIndexShuffle", later=True, **EXACT)


def generator(tf, alg, calls):
    g = tf.random.Generator.from_seed(99, alg=alg) if alg else tf.random.Generator.from_seed(99)
    out = []
    for name, args, kwargs in calls:
        kwargs = {key: getattr(tf, value) if key == "dtype" else value for key, value in kwargs.items()}
        out.append(getattr(g, name)(*args, **kwargs))
    return out + [g.state]


CALLS = {
    "StatefulStandardNormalV2": [("normal", [[5]], {}), ("normal", [[2, 3]], dict(mean=1.0, stddev=2.0)), ("normal", [[3]], dict(dtype="float64"))],
    "StatefulUniform": [("uniform", [[5]], {}), ("uniform", [[2]], dict(minval=-1.0, maxval=2.0)), ("uniform", [[3]], dict(dtype="float64"))],
    "StatefulUniformInt": [("uniform", [[5], 0, 100], dict(dtype="int32")), ("uniform", [[3], -5, 7], dict(dtype="int64"))],
    "StatefulUniformFullInt": [("uniform_full_int", [[5]], {}), ("uniform_full_int", [[3]], dict(dtype="int32"))],
    "StatefulTruncatedNormal": [("truncated_normal", [[9]], {}), ("truncated_normal", [[3]], dict(mean=1.0, stddev=2.0))],
    "RngReadAndSkip": [("skip", [17], {}), ("normal", [[2]], {}), ("make_seeds", [2], {}), ("uniform", [[2]], {})],
}
for op, calls in CALLS.items():
    draws(f"Generator:{op}", generator, [A(alg=None, calls=calls), A(alg="philox", calls=calls)], op, **NORMAL)
draws("Generator:binomial", generator, [A(alg=None, calls=[("binomial", [[5], 9.0, 0.4], {}), ("binomial", [[7, 2], [50.0, 4.0], [0.6]], {}), ("uniform", [[3]], {})])], "StatefulRandomBinomial", **EXACT)


def from_variable(tf, op, t, **more):
    """The raw operator on a state; what it leaves behind."""
    v = tf.Variable([1, 2, -3], dtype=tf.int64)
    more = {key: tf.constant(value, getattr(tf, t)) for key, value in more.items()}
    draw = lambda shape: getattr(tf.raw_ops, op)(resource=v.handle, algorithm=tf.constant(1, tf.int64), shape=shape, **(more or dict(dtype=getattr(tf, t))))
    return draw([5]), v.read_value(), draw([2, 3]), v.read_value()


for op, types in [("StatefulUniform", FLOATS), ("StatefulStandardNormalV2", FLOATS), ("StatefulTruncatedNormal", FLOATS), ("StatefulUniformFullInt", ["int32", "int64", "uint32", "uint64"])]:
    draws(f"{op}:raw", from_variable, [A(op=op, t=t) for t in types], op, **NORMAL)
draws("StatefulUniformInt:raw", from_variable, [A(op="StatefulUniformInt", t=t, minval=-3, maxval=90) for t in ("int32", "int64")], "StatefulUniformInt", **EXACT)


def from_state(tf):
    g = tf.random.Generator.from_state([1, 2, 3], "philox")
    first = g.normal([3])
    g.reset_from_seed(5)
    second = g.uniform([3])
    g.reset_from_key_counter(tf.constant(3, tf.uint64), tf.constant([1, 2], tf.uint64))
    return first, second, g.uniform([2]), g.key, g.state, [h.state for h in g.split(2)]


draws("Generator:state", from_state, [A()], "RngReadAndSkip", **NORMAL)


def global_generator(tf):
    tf.random.set_seed(11)
    first = tf.random.get_global_generator().uniform([2])
    tf.random.set_global_generator(tf.random.Generator.from_seed(3))
    return first, tf.random.get_global_generator().uniform([2])


draws("Generator:global", lambda tf: global_generator(tf)[1], [A()], "RngReadAndSkip", **EXACT)
draws("random:wrong", lambda tf, call: call(tf), [A(call=call, fails_=True) for call in (
    lambda tf: tf.random.uniform([2], 0, dtype=tf.int32), lambda tf: tf.random.uniform([2], 5, 5, dtype=tf.int32), lambda tf: tf.random.normal([-1]), lambda tf: tf.random.stateless_uniform([2], [1]), lambda tf: tf.random.normal([2], dtype=tf.int32))],
      "RandomUniformInt")
