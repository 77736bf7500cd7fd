// tf.random.Generator.
#include "python/generator.h"

#include "python/call.h"
#include "python/casters.h"
#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/random.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace runnel::python {

namespace {

using random::Generator;

// A name, TensorFlow's number, or a member of tf.random.Algorithm.
std::string algorithm(nb::handle alg) {
  if (alg.is_none()) return "philox";
  if (PyUnicode_Check(alg.ptr())) return to_string(alg.ptr());
  nb::object value = nb::hasattr(alg, "value") ? nb::object(alg.attr("value")) : nb::borrow(alg);
  switch (to_int(value.ptr())) {
    case 1: return "philox";
    case 2: return "threefry";
    case 3: return "auto_select";
    default: return to_string(nb::str(value).ptr());
  }
}

// Python's integers have no end: the lowest 64 bits count.
int64_t seed_of(nb::handle seed) {
  if (!PyLong_Check(seed.ptr())) return to_int(seed.ptr());
  uint64_t low = PyLong_AsUnsignedLongLongMask(seed.ptr());
  return int64_t(low);
}

nb::object tensor(Tensor t) { return nb::steal(wrap(std::move(t))); }
std::optional<Operand> optional_operand(nb::handle value) {
  return value.is_none() ? std::nullopt : std::optional<Operand>(to_operand(value.ptr()));
}

Generator make(nb::handle copy_from, nb::handle state, nb::handle alg) {
  if (!copy_from.is_none()) return Generator::from_state(nb::cast<Generator&>(copy_from).state().value());
  if (state.is_none() || alg.is_none()) fail<ValueError>("Generator", "Arguments `state` and `alg` must be given where `copy_from` is not.");
  return Generator::from_state(to_tensor(state.ptr()), algorithm(alg));
}

nb::object uniform(const Generator& g, nb::handle shape, nb::handle minval, nb::handle maxval, nb::handle dtype, nb::handle) {
  DType type = to_dtype(dtype.ptr());
  if (minval.is_none() && maxval.is_none() && type.is_integer()) return tensor(g.uniform_full_int(to_ints(shape.ptr()), type));
  return tensor(g.uniform(to_ints(shape.ptr()), minval.is_none() ? Operand(0) : to_operand(minval.ptr()), optional_operand(maxval), type));
}

template <auto kMethod>
nb::object normal(const Generator& g, nb::handle shape, nb::handle mean, nb::handle stddev, nb::handle dtype, nb::handle) {
  return tensor((g.*kMethod)(to_ints(shape.ptr()), to_operand(mean.ptr()), to_operand(stddev.ptr()), to_dtype(dtype.ptr())));
}

nb::object binomial(const Generator& g, nb::handle shape, nb::handle counts, nb::handle probs, nb::handle dtype, nb::handle) {
  return tensor(g.binomial(to_ints(shape.ptr()), to_operand(counts.ptr()), to_operand(probs.ptr()), to_dtype(dtype.ptr())));
}

void def_drawing(nb::class_<Generator>& c) {
  c.def("normal", normal<&Generator::normal>, "shape"_a, "mean"_a = 0.0, "stddev"_a = 1.0, "dtype"_a = "float32", "name"_a = nb::none());
  c.def("truncated_normal", normal<&Generator::truncated_normal>, "shape"_a, "mean"_a = 0.0, "stddev"_a = 1.0, "dtype"_a = "float32", "name"_a = nb::none());
  c.def("uniform", uniform, "shape"_a, "minval"_a.none() = 0, "maxval"_a.none() = nb::none(), "dtype"_a = "float32", "name"_a = nb::none());
  c.def("uniform_full_int", [](const Generator& g, nb::handle shape, nb::handle dtype, nb::handle) { return tensor(g.uniform_full_int(to_ints(shape.ptr()), to_dtype(dtype.ptr()))); },
        "shape"_a, "dtype"_a = "uint64", "name"_a = nb::none());
  c.def("binomial", binomial, "shape"_a, "counts"_a, "probs"_a, "dtype"_a = "int32", "name"_a = nb::none());
  c.def("make_seeds", [](const Generator& g, int64_t count) { return tensor(g.make_seeds(count)); }, "count"_a = 1);
  c.def("skip", [](const Generator& g, nb::handle delta) { return tensor(g.skip(to_operand(delta.ptr()))); }, "delta"_a);
  c.def("split", [](const Generator& g, int64_t count) {
    nb::list out;
    for (const Generator& part : g.split(count)) out.append(nb::cast(part));
    return out;
  }, "count"_a = 1);
}

void def_state(nb::class_<Generator>& c) {
  c.def("reset", [](const Generator& g, nb::handle state) { g.reset(to_tensor(state.ptr())); }, "state"_a);
  c.def("reset_from_seed", [](const Generator& g, nb::handle seed) { g.reset_from_seed(seed_of(seed)); }, "seed"_a);
  c.def("reset_from_key_counter", [](const Generator& g, nb::handle key, nb::handle counter) { g.reset_from_key_counter(to_operand(key.ptr()), to_operand(counter.ptr())); }, "key"_a, "counter"_a);
  c.def_prop_ro("state", [](const Generator& g) { return nb::steal(wrap(g.state())); });
  c.def_prop_ro("key", [](const Generator& g) { return tensor(g.key()); });
  c.def_prop_ro("algorithm", &Generator::algorithm);
}

void def_making(nb::class_<Generator>& c) {
  c.def("__init__", [](Generator* self, nb::handle copy_from, nb::handle state, nb::handle alg) { new (self) Generator(make(copy_from, state, alg)); },
        "copy_from"_a = nb::none(), "state"_a = nb::none(), "alg"_a = nb::none());
  c.def_static("from_seed", [](nb::handle seed, nb::handle alg) { return Generator::from_seed(seed_of(seed), algorithm(alg)); }, "seed"_a, "alg"_a = nb::none());
  c.def_static("from_state", [](nb::handle state, nb::handle alg) { return Generator::from_state(to_tensor(state.ptr()), algorithm(alg)); }, "state"_a, "alg"_a);
  c.def_static("from_key_counter", [](nb::handle key, nb::handle counter, nb::handle alg) {
    return Generator::from_key_counter(to_operand(key.ptr()), to_operand(counter.ptr()), algorithm(alg));
  }, "key"_a, "counter"_a, "alg"_a);
  c.def_static("from_non_deterministic_state", [](nb::handle alg) { return Generator::from_non_deterministic_state(algorithm(alg)); }, "alg"_a = nb::none());
}

}  // namespace

void bind_generator(nb::module_& m) {
  nb::class_<Generator> c(m, "Generator", "A random number generator with a state of its own, a tf.Variable.");
  def_making(c);
  def_drawing(c);
  def_state(c);
  m.def("get_global_generator", random::get_global_generator);
  m.def("set_global_generator", random::set_global_generator, "generator"_a);
}

}  // namespace runnel::python
