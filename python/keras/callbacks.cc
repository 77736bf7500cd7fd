// tf.keras.callbacks.Callback.
#include "python/keras/kinds.h"
#include "python/keras/value.h"
#include "python/tensor.h"
#include "runnel/keras/callbacks/control.h"
#include "runnel/keras/model.h"
#include "runnel/keras/overrides.h"

namespace runnel::python {

namespace {

using keras::CallbackBody;
using keras::SuperCall;
using Open = keras::OverridableCallback<keras::CallbackBaseBody>;

// Hooks with an epoch or a batch, and without.
template <int kMethod, class... Args>
void hook(ClassBuilder& c, void (CallbackBody::*method)(int64_t, Args...)) {
  c.def(Open::kMethods[kMethod], [method](CallbackBody& self, int64_t at, nb::object logs) {
    SuperCall here(&self, kMethod);
    if constexpr (sizeof...(Args) == 0) (self.*method)(at);
    else if constexpr (std::is_same_v<std::tuple<Args...>, std::tuple<const Nest&>>) (self.*method)(at, Nest());
    else (self.*method)(at, keras::logs_of(to_config(logs)));
  }, nb::arg("at"), nb::arg("logs").none() = nb::none());
}
template <int kMethod, class... Args>
void hook(ClassBuilder& c, void (CallbackBody::*method)(Args...)) {
  c.def(Open::kMethods[kMethod], [method](CallbackBody& self, nb::object logs) {
    SuperCall here(&self, kMethod);
    if constexpr (sizeof...(Args) == 0) (self.*method)();
    else (self.*method)(keras::logs_of(to_config(logs)));
  }, nb::arg("logs").none() = nb::none());
}

nb::object model_of(CallbackBody& self) { return self.model ? wrap_object(Ref<keras::ModelBody>(self.model)) : nb::none(); }
void set_model(CallbackBody& self, keras::ModelBody& model) { self.model = &model; }

}  // namespace

void bind_callbacks(nb::module_& m) {
  ClassBuilder c(nb::handle(reinterpret_cast<PyObject*>(instance_type)), "Callback", "runnel.keras.callbacks");
  hook<Open::kTrainBegin>(c, &CallbackBody::on_train_begin);
  hook<Open::kTrainEnd>(c, &CallbackBody::on_train_end);
  hook<Open::kEpochBegin>(c, &CallbackBody::on_epoch_begin);
  hook<Open::kEpochEnd>(c, &CallbackBody::on_epoch_end);
  hook<Open::kTrainBatchBegin>(c, &CallbackBody::on_train_batch_begin);
  hook<Open::kTrainBatchEnd>(c, &CallbackBody::on_train_batch_end);
  hook<Open::kTestBegin>(c, &CallbackBody::on_test_begin);
  hook<Open::kTestEnd>(c, &CallbackBody::on_test_end);
  hook<Open::kTestBatchBegin>(c, &CallbackBody::on_test_batch_begin);
  hook<Open::kTestBatchEnd>(c, &CallbackBody::on_test_batch_end);
  hook<Open::kPredictBegin>(c, &CallbackBody::on_predict_begin);
  hook<Open::kPredictEnd>(c, &CallbackBody::on_predict_end);
  hook<Open::kPredictBatchBegin>(c, &CallbackBody::on_predict_batch_begin);
  hook<Open::kPredictBatchEnd>(c, &CallbackBody::on_predict_batch_end);
  // The hook with a dict that it may change; gives the numbers in it.
  c.def("_on_epoch_end", [](nb::handle self, nb::object epoch, nb::dict logs) {
    self.attr("on_epoch_end")(epoch, logs);
    nb::dict numbers;
    for (auto [name, value] : logs)
      if (PyNumber_Check(value.ptr())) numbers[name] = nb::float_(value);
    return numbers;
  });
  c.property("model", model_of, set_model)
      .def("set_model", set_model)
      .def("set_params", [](nb::handle self, nb::object params) { self.attr("params") = params; });
  register_base("callbacks", c.type());
  m.def("keras_best_weights", [](CallbackBody& self) {
    nb::list out;
    if (auto* stopping = dynamic_cast<keras::callbacks::EarlyStoppingBody*>(&self))
      for (const Tensor& value : stopping->best_weights()) out.append(nb::steal(numpy_of(value)));
    return out;
  });
}

}  // namespace runnel::python
