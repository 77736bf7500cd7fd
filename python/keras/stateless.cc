// Variables with other values for a while (StatelessScope), and what Keras remembers about them.
#include "runnel/ops/stateless_scope.h"

#include <memory>

#include "python/keras/extras.h"
#include "python/keras/value.h"
#include "runnel/keras/layers/rnn.h"
#include "runnel/keras/remat.h"
#include "runnel/ops/variable_notes.h"

namespace runnel::python {

namespace {

// Scopes of a `with` statement, innermost last.
std::vector<std::unique_ptr<StatelessScope>>& scopes() {
  thread_local std::vector<std::unique_ptr<StatelessScope>> open;
  return open;
}

void begin(nb::list variables, nb::list values) {
  StatelessScope::Values all;
  for (size_t i = 0; i < variables.size(); ++i) {
    const Variable& variable = variable_of(nb::object(variables[i]).ptr());
    all.emplace_back(variable, to_tensor(nb::object(values[i]).ptr(), variable.dtype()));
  }
  scopes().push_back(std::make_unique<StatelessScope>(std::move(all)));
}

// The Variables that had values of their own in the scope, and these.
nb::list end() {
  StatelessScope::Values values = scopes().back()->values();
  scopes().pop_back();
  nb::list out;
  for (const auto& [variable, value] : values) out.append(nb::make_tuple(nb::steal(wrap(variable)), nb::steal(wrap(value))));
  return out;
}

nb::object note(nb::handle variable, bool regularizer) {
  auto rules = notes_of(variable_of(variable.ptr())).rules.lock();
  return rules ? from_config(Config(regularizer ? rules->regularizer : rules->constraint)) : nb::none();
}

// The sizes of the states of a cell, or of the cell of a recurrent layer.
nb::object state_shapes(keras::LayerBody& layer) {
  auto* recurrent = dynamic_cast<keras::RecurrentBody*>(&layer);
  auto* cell = dynamic_cast<keras::CellBody*>(recurrent ? recurrent->cell().get() : &layer);
  if (!cell) return nb::none();
  nb::list out;
  for (const Shape& shape : cell->state_shapes()) out.append(shape_tuple(PartialShape(shape)));
  return out;
}

std::vector<std::unique_ptr<keras::RematScope>>& remat_scopes() {
  thread_local std::vector<std::unique_ptr<keras::RematScope>> open;
  return open;
}

}  // namespace

void bind_stateless(nb::module_& m) {
  m.def("stateless_begin", begin);
  m.def("stateless_end", end);
  m.def("remat_begin", [](const std::string& mode, int64_t threshold, const std::vector<std::string>& names) {
    remat_scopes().push_back(std::make_unique<keras::RematScope>(keras::RematOptions{.mode = mode, .output_size_threshold = threshold, .layer_names = names}));
  });
  m.def("remat_end", [] { remat_scopes().pop_back(); });
  m.def("keras_variable_note", note, nb::arg("variable"), nb::arg("regularizer"));
  m.def("keras_state_shapes", state_shapes);
  m.def("keras_overwritten", [](nb::handle variable) { return notes_of(variable_of(variable.ptr())).overwrite_with_gradient; });
  m.def("keras_set_overwritten", [](nb::handle variable, bool on) { notes_of(variable_of(variable.ptr())).overwrite_with_gradient = on; });
}

}  // namespace runnel::python
