// tf.keras.optimizers.Optimizer.
#include "python/keras/kinds.h"
#include "python/keras/value.h"
#include "runnel/base/error.h"
#include "runnel/keras/optimizers.h"
#include "runnel/keras/optimizers/loss_scale.h"
#include "runnel/keras/optimizers/multi.h"
#include "runnel/keras/overrides.h"
#include "runnel/ops/indexed_slices.h"

namespace runnel::python {

namespace {

using keras::OptimizerBody;
using keras::SuperCall;
using Open = keras::OverridableOptimizer<keras::OptimizerBaseBody>;

std::vector<Variable> to_variables(nb::handle items) {
  std::vector<Variable> out;
  for (nb::handle item : nb::list(items)) out.push_back(to_variable(item.ptr()));
  return out;
}

bool is_slices(nb::handle object) { return PyObject_IsInstance(object.ptr(), nb::module_::import_("runnel._variable").attr("IndexedSlices").ptr()) == 1; }

// What a tape gives for a lookup stays slices, but for an optimizer written in Python.
Tensor to_gradient(const OptimizerBody& self, nb::handle object) {
  if (object.is_none()) return {};
  if (self.foreign_class() || !is_slices(object) || nb::object(object.attr("dense_shape")).is_none()) return to_tensor(object.ptr());
  auto part = [&](const char* name) { return to_tensor(nb::object(object.attr(name)).ptr()); };
  return IndexedSlices{part("values"), part("indices"), part("dense_shape")}.as_tensor();
}
std::vector<Tensor> to_gradients(const OptimizerBody& self, nb::handle items) {
  std::vector<Tensor> out;
  for (nb::handle item : nb::list(items)) out.push_back(to_gradient(self, item));
  return out;
}

// The Python object of a tf.Variable holds its constraint, so the optimizer that is built for it holds that object.
void keep_constrained(OptimizerBody& self, const nb::list& variables) {
  nb::list kept;
  for (nb::handle item : variables)
    if (!nb::getattr(item, "_constraint", nb::none()).is_none()) kept.append(item);
  if (nb::len(kept) == 0) return;
  nb::object instance = wrap_object(Ref<OptimizerBody>(&self));
  checked(PyObject_GenericSetAttr(instance.ptr(), nb::str("_constrained").ptr(), kept.ptr()));
}

void build(OptimizerBody& self, nb::object variables) {
  nb::list items(variables);
  keep_constrained(self, items);
  SuperCall here(&self, Open::kBuild);
  self.build(to_variables(items));
}

void apply(OptimizerBody& self, nb::object grads, nb::object variables) {
  std::vector<Tensor> g = to_gradients(self, grads);
  if (!variables.is_none()) variables = nb::list(variables);
  if (!self.built() && !variables.is_none()) keep_constrained(self, nb::list(variables));
  SuperCall here(&self, Open::kApply);
  if (variables.is_none()) self.apply(g);
  else self.apply(g, to_variables(variables));
}

// The optimizer that counts the steps and holds the rate: the innermost, where losses are scaled.
OptimizerBody& stepping(OptimizerBody& self) {
  auto* scaling = dynamic_cast<keras::optimizers::LossScaleOptimizerBody*>(&self);
  return scaling ? stepping(*scaling->inner_optimizer().body()) : self;
}

nb::object apply_gradients(OptimizerBody& self, nb::object pairs, nb::kwargs) {
  std::vector<Tensor> grads;
  std::vector<Variable> variables;
  for (nb::handle pair : nb::list(pairs)) {
    nb::tuple both = nb::tuple(pair);
    grads.push_back(to_gradient(self, nb::object(both[0])));
    variables.push_back(to_variable(nb::object(both[1]).ptr()));
  }
  if (grads.empty()) fail<ValueError>("", "No gradients provided for any variable.");
  self.apply(grads, variables);
  return nb::steal(wrap(stepping(self).iterations_variable()));
}

nb::object iterations(OptimizerBody& self) {
  OptimizerBody& o = stepping(self);
  return nb::steal(o.settings().gradient_accumulation_steps ? wrap(o.iterations()) : wrap(o.iterations_variable()));
}

void update_step(OptimizerBody& self, const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  SuperCall here(&self, Open::kUpdateStep);
  self.update_step(gradient, variable, learning_rate);
}

// A Variable, as in Keras, so that it can be read and assigned; a schedule's current value otherwise.
nb::object learning_rate(OptimizerBody& self) {
  Tensor now = self.learning_rate();  // AttributeError where there is none
  if (const Variable& rate = stepping(self).learning_rate_variable()) return nb::steal(wrap(rate));
  return nb::steal(wrap(now));
}
void set_learning_rate(OptimizerBody& self, nb::object rate) {
  keras::LearningRate value = 0.0;
  from_config(to_config(rate), value);
  self.set_learning_rate(value);
}

keras::Initializer initializer_of(nb::handle object) {
  keras::Initializer out = "zeros";
  if (!object.is_none()) from_config(to_config(object), out);
  return out;
}

nb::object add_variable(OptimizerBody& self, nb::object shape, nb::object initializer, nb::object dtype, nb::object name, nb::kwargs) {
  keras::OptimizerVariableSpec spec{.initializer = initializer_of(initializer)};
  spec.shape = to_partial_shape(shape.ptr()).known();
  if (!dtype.is_none()) spec.dtype = to_dtype(dtype.ptr());
  if (!name.is_none()) spec.name = nb::cast<std::string>(name);
  return nb::steal(wrap(self.add_variable(spec)));
}

// (reference_variable, name, initializer) of Keras 3; (model_variable, variable_name, shape, initial_value) of Keras 2.
nb::object add_variable_from_reference(OptimizerBody& self, nb::args args, nb::kwargs keywords) {
  auto get = [&](size_t at, std::initializer_list<const char*> names) -> nb::object {
    if (at < args.size()) return args[at];
    for (const char* name : names)
      if (keywords.contains(name)) return keywords[name];
    return nb::none();
  };
  nb::object reference = get(0, {"reference_variable", "model_variable"}), name = get(1, {"name", "variable_name"});
  nb::object initializer = keywords.contains("initializer") ? nb::object(keywords["initializer"]) : args.size() == 3 ? nb::object(args[2]) : nb::none();
  Variable made = self.add_variable_from_reference(to_variable(reference.ptr()), name.is_none() ? "variable" : nb::cast<std::string>(name), initializer_of(initializer));
  if (keywords.contains("initial_value") && !nb::object(keywords["initial_value"]).is_none()) made.assign(to_tensor(nb::object(keywords["initial_value"]).ptr(), made.dtype()));
  return nb::steal(wrap(made));
}

nb::object get_config(OptimizerBody& self) {
  SuperCall here(&self, Open::kGetConfig);
  return from_config(self.get_config());
}

nb::list inner_optimizers(keras::optimizers::MultiOptimizerBody& self) {
  nb::list out;
  for (const keras::Optimizer& optimizer : self.optimizers()) out.append(wrap_object(optimizer.body()));
  return out;
}

using LossScale = keras::optimizers::LossScaleOptimizerBody;

template <const Variable& (LossScale::*part)() const>
nb::object part_of(LossScale& self) {
  if (!self.built()) fail<AttributeError>("", "'LossScaleOptimizer' object has no dynamic scale and no step counter before it is built");
  return nb::steal(wrap((self.*part)()));
}

}  // namespace

void bind_optimizers(nb::module_& m) {
  ClassBuilder c(nb::handle(reinterpret_cast<PyObject*>(instance_type)), "Optimizer", "runnel.keras.optimizers");
  c.def("build", build, nb::arg("variables"))
      .def("apply", apply, nb::arg("grads"), nb::arg("trainable_variables").none() = nb::none())
      .def("apply_gradients", apply_gradients, nb::arg("grads_and_vars"), nb::arg("kwargs"))
      .def("update_step", update_step, nb::arg("gradient"), nb::arg("variable"), nb::arg("learning_rate"))
      .def("scale_loss", [](OptimizerBody& o, const Tensor& loss) { return o.scale_loss(loss); }, nb::arg("loss"))
      .def("add_variable", add_variable, nb::arg("shape"), nb::arg("initializer").none() = nb::none(), nb::arg("dtype").none() = nb::none(),
           nb::arg("name").none() = nb::none(), nb::arg("kwargs"))
      .def("add_variable_from_reference", add_variable_from_reference)
      .def("assign", [](OptimizerBody& o, const Variable& v, const Tensor& x) { o.assign(v, x); })
      .def("assign_add", [](OptimizerBody& o, const Variable& v, const Tensor& x) { o.assign_add(v, x); })
      .def("assign_sub", [](OptimizerBody& o, const Variable& v, const Tensor& x) { o.assign_sub(v, x); })
      .def("set_weights", [](OptimizerBody& o, nb::object values) { o.set_weights(to_tensors(nb::list(values).ptr())); }, nb::arg("weights"))
      .def("get_weights", [](OptimizerBody& o) {
        nb::list out;
        for (const Variable& v : o.variables()) out.append(nb::steal(wrap(v.value())).attr("numpy")());
        return out;
      })
      .def("finalize_variable_values", [](OptimizerBody& o, nb::object variables) { o.finalize_variable_values(to_variables(variables)); }, nb::arg("var_list"))
      .def("exclude_from_weight_decay", [](OptimizerBody& o, nb::object variables, nb::object names) {
        o.exclude_from_weight_decay(variables.is_none() ? std::vector<Variable>() : to_variables(variables),
                                    names.is_none() ? std::vector<std::string>() : to_strings(names.ptr()));
      }, nb::arg("var_list").none() = nb::none(), nb::arg("var_names").none() = nb::none())
      .def("_get_variable_index", [](OptimizerBody& o, const Variable& v) { return o.index_of(v); })
      .def("_trainable_variables", [](OptimizerBody& o) { return variable_list(o.trainable_variables()); })
      .def("get_config", get_config)
      .property("name", [](OptimizerBody& o) { return o.name(); })
      .property("built", [](OptimizerBody& o) { return o.built(); }, [](OptimizerBody&, bool) {})
      .property("iterations", iterations)
      .property("learning_rate", learning_rate, set_learning_rate)
      .property("variables", [](OptimizerBody& o) { return variable_list(o.variables()); })
      .alias("lr", "learning_rate")
      .alias("_learning_rate", "learning_rate")
      .alias("weights", "variables");
  m.def("keras_inner_optimizers", inner_optimizers);
  m.def("keras_dynamic_scale", part_of<&LossScale::dynamic_scale>);
  m.def("keras_step_counter", part_of<&LossScale::step_counter>);
  register_base("optimizers", c.type());
}

}  // namespace runnel::python
