// Layers that learn from data before they are used: adapt().
#include "python/keras/extras.h"
#include "python/keras/value.h"
#include "runnel/keras/layers/preprocessing.h"

namespace runnel::python {

namespace {

// next() gives a tensor, or None at the end.
template <class Body>
void adapt_with(Body& layer, nb::object next) {
  layer.adapt([&] {
    nb::object batch = next();
    return batch.is_none() ? Tensor() : to_tensor(batch.ptr());
  });
}

void adapt(keras::LayerBody& layer, nb::object next) {
  if (auto* normalization = dynamic_cast<keras::NormalizationBody*>(&layer)) return adapt_with(*normalization, next);
  if (auto* discretization = dynamic_cast<keras::DiscretizationBody*>(&layer)) return adapt_with(*discretization, next);
  fail<AttributeError>("", cat("Layer ", layer.class_name(), " has nothing to adapt."));
}

nb::object statistic(keras::NormalizationBody& layer, bool variance) {
  if (!layer.built()) return nb::none();
  return nb::steal(wrap(variance ? layer.variance() : layer.mean()));
}

}  // namespace

void bind_adapting(nb::module_& m) {
  m.def("keras_adapt", adapt, nb::arg("layer"), nb::arg("next_batch"));
  m.def("keras_statistic", statistic, nb::arg("layer"), nb::arg("variance"));
}

}  // namespace runnel::python
