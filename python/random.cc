// tf.random.Generator over random::Generator; runnel/_random.py gives it TensorFlow's constructors.
#include "runnel/ops/random.h"

#include "python/casters.h"
#include "python/random.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

using random::Generator;

std::optional<Operand> maybe_operand(nb::handle object) {
  if (object.is_none()) return std::nullopt;
  return to_operand(object.ptr());
}

using Draw = Tensor (Generator::*)(const Ints&, const Operand&, const Operand&, DType) const;

template <Draw kDraw>
Tensor normal(const Generator& g, nb::handle shape, nb::handle mean, nb::handle stddev, const DType& dtype) {
  return (g.*kDraw)(to_ints(shape.ptr()), to_operand(mean.ptr()), to_operand(stddev.ptr()), dtype);
}

}  // namespace

void bind_random(nb::module_& m) {
  nb::class_<Generator>(m, "RandomGenerator", nb::dynamic_attr(), nb::is_weak_referenceable())
      .def("normal", normal<&Generator::normal>)
      .def("truncated_normal", normal<&Generator::truncated_normal>)
      .def("uniform",
           [](const Generator& g, nb::handle shape, nb::handle low, nb::handle high, const DType& dtype) {
             return g.uniform(to_ints(shape.ptr()), to_operand(low.ptr()), maybe_operand(high), dtype);
           },
           nb::arg("shape"), nb::arg("minval"), nb::arg("maxval").none(), nb::arg("dtype"))
      .def("uniform_full_int", [](const Generator& g, nb::handle shape, const DType& dtype) { return g.uniform_full_int(to_ints(shape.ptr()), dtype); })
      .def("make_seeds", &Generator::make_seeds)
      .def("split", &Generator::split)
      .def("skip", [](const Generator& g, nb::handle delta) { return g.skip(to_operand(delta.ptr())); })
      .def("reset_from_seed", &Generator::reset_from_seed)
      .def("state", [](const Generator& g) { return g.state(); });
  m.def("generator_from_seed", &Generator::from_seed);
  m.def("generator_from_state", [](const Tensor& state) { return Generator::from_state(state); });
}

}  // namespace runnel::python
