// tf.summary: the writers of C++. The functions with TensorFlow's arguments are python/runnel/summary.
#include "runnel/summary/summary.h"

#include "python/bind.h"
#include "python/casters.h"
#include "python/held.h"
#include "runnel/base/error.h"
#include "runnel/core/tensor_proto.h"
#include "runnel/summary/scope.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

using summary::Step;
using summary::SummaryWriter;

Step to_step(nb::handle object) {
  if (object.is_none()) return {};
  Step step = is_variable(object.ptr()) ? Step(to_variable(object.ptr())) : Step(to_tensor(object.ptr(), int64));
  step.as_given = std::make_shared<Held>(object);
  return step;
}

nb::object get_step() {
  const Step& step = summary::get_step();
  if (!step) return nb::none();
  if (step.as_given) return static_cast<const Held*>(step.as_given.get())->get();
  Tensor value = step.tensor();
  return value.is_symbolic() ? nb::steal(wrap(value)) : nb::object(nb::int_(value.item<int64_t>()));
}

summary::Condition to_condition(nb::handle object) {
  if (object.is_none()) return {};
  if (PyBool_Check(object.ptr())) return object.ptr() == Py_True;
  if (is_variable(object.ptr())) return [asked = to_variable(object.ptr())] { return asked.value(); };
  if (is_tensor(object.ptr()) || !PyCallable_Check(object.ptr())) return to_tensor(object.ptr(), bool_);
  return [asked = Held(object)] { return with_gil([&] { return to_tensor(asked.get()().ptr(), bool_); }); };
}

// The condition of record_if() while the object lives.
class Recording {
 public:
  explicit Recording(nb::handle condition) { scope_.emplace(to_condition(condition)); }
  void leave() { scope_.reset(); }

 private:
  std::optional<summary::RecordIf> scope_;
};

class DefaultScope {
 public:
  DefaultScope(const SummaryWriter& writer, nb::handle step) { scope_.emplace(writer, to_step(step)); }
  void leave() {
    if (scope_) scope_->leave();
  }

 private:
  std::optional<summary::DefaultWriter> scope_;
};

std::string bytes_of(nb::handle object) {
  nb::bytes bytes = nb::cast<nb::bytes>(object);
  return {bytes.c_str(), bytes.size()};
}

Tensor write(const std::string& tag, nb::handle tensor, nb::handle step, nb::handle metadata) {
  const bool lazy = PyCallable_Check(tensor.ptr()) && !is_tensor(tensor.ptr()) && !is_variable(tensor.ptr());
  auto make = [&] { return to_tensor((lazy ? nb::object(tensor()) : nb::borrow(tensor)).ptr()); };
  return summary::write(tag, make, to_step(step), bytes_of(metadata));
}

void bind_writers(nb::module_& m) {
  nb::class_<SummaryWriter>(m, "SummaryWriter")
      .def("set_as_default", [](const SummaryWriter& w, nb::handle step) { w.set_as_default(to_step(step)); }, nb::arg("step").none())
      .def("flush", &SummaryWriter::flush)
      .def("close", &SummaryWriter::close)
      .def("is_closed", &SummaryWriter::is_closed)
      .def("is_noop", &SummaryWriter::is_noop)
      .def("handle", &SummaryWriter::handle);
  nb::class_<DefaultScope>(m, "DefaultSummaryWriter").def(nb::init<const SummaryWriter&, nb::handle>(), nb::arg(), nb::arg().none()).def("leave", &DefaultScope::leave);
  nb::class_<Recording>(m, "RecordingSummaries").def(nb::init<nb::handle>(), nb::arg().none()).def("leave", &Recording::leave);
  m.def("create_summary_writer", [](const std::string& logdir, int64_t max_queue, int64_t flush_millis, const std::string& suffix) {
    return summary::create_file_writer(logdir, {.max_queue = max_queue, .flush_millis = flush_millis, .filename_suffix = suffix});
  });
  m.def("create_noop_summary_writer", &summary::create_noop_writer);
  m.def("default_summary_writer", [] { return summary::default_writer(); });
}

void bind_values(nb::module_& m) {
  m.def("summary_scalar", [](const std::string& tag, const Tensor& data, nb::handle step, const std::string& description) {
    return summary::tagged::scalar(tag, data, {to_step(step), description});
  }, nb::arg(), nb::arg(), nb::arg().none(), nb::arg());
  m.def("summary_histogram", [](const std::string& tag, const Tensor& data, const Tensor& buckets, nb::handle step, const std::string& description) {
    return summary::tagged::histogram(tag, data, {to_step(step), description}, buckets);
  }, nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg());
  m.def("summary_image", [](const std::string& tag, const Tensor& data, const Tensor& most, nb::handle step, const std::string& description) {
    return summary::tagged::image(tag, data, {to_step(step), description}, most);
  }, nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg());
  m.def("summary_audio", [](const std::string& tag, const Tensor& data, const Tensor& rate, const Tensor& most, nb::handle step,
                            const std::string& description) { return summary::tagged::audio(tag, data, rate, {to_step(step), description}, most); },
        nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg());
  m.def("summary_text", [](const std::string& tag, const Tensor& data, nb::handle step, const std::string& description) {
    return summary::tagged::text(tag, data, {to_step(step), description});
  }, nb::arg(), nb::arg(), nb::arg().none(), nb::arg());
  m.def("summary_write", write, nb::arg(), nb::arg(), nb::arg().none(), nb::arg());
  m.def("summary_write_raw_pb", [](const Tensor& messages, nb::handle step) { return summary::write_raw_pb(messages, to_step(step)); }, nb::arg(),
        nb::arg().none());
  m.def("summary_graph", [](nb::bytes graph_def) { return summary::graph(bytes_of(graph_def)); });
}

}  // namespace

void bind_summary(nb::module_& m) {
  bind_writers(m);
  bind_values(m);
  m.def("check_summary_step", [](nb::handle step) { to_step(step).tensor(); });
  m.def("set_summary_step", [](nb::handle step) { summary::set_step(to_step(step)); }, nb::arg().none());
  m.def("get_summary_step", get_step);
  m.def("summary_tag", &summary::tag_of);
  m.def("should_record_summaries", &summary::should_record_summaries);
  m.def("summary_trace_on", &summary::trace_on);
  m.def("summary_trace_off", &summary::trace_off);
  m.def("summary_trace_export", [](const std::string& tag, nb::handle step) { summary::tagged::trace_export(tag, to_step(step)); }, nb::arg(), nb::arg().none());
  m.def("tensor_from_proto", [](nb::bytes message) { return tensor_from_proto(bytes_of(message)); });
  nb::class_<RecordReader>(m, "RecordReader").def(nb::init<const std::string&>()).def("next", [](RecordReader& reader) -> nb::object {
    std::optional<std::string> record = reader.next();
    return record ? nb::object(nb::bytes(record->data(), record->size())) : nb::none();
  });
}

}  // namespace runnel::python
