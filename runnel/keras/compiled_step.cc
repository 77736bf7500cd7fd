#include "runnel/keras/compiled_step.h"

#include "runnel/base/error.h"
#include "runnel/base/stop.h"
#include "runnel/graph/traces.h"

namespace runnel::inline v0::keras {

namespace {

// What a trace may count on: all tensors have as many rows. Data sets of one's own may break that.
bool is_one_batch(const std::vector<Tensor>& flat) {
  int64_t rows = -1;
  for (const Tensor& t : flat) {
    if (t.rank() == 0) continue;
    if (rows >= 0 && t.dim(0) != rows) return false;
    rows = t.dim(0);
  }
  return true;
}

// One trace serves every batch size.
Argument argument_of(const Tensor& t, size_t i) {
  PartialShape shape = t.partial_shape();
  if (shape.has_rank() && shape.rank() > 0) shape.set_dim(0, PartialShape::kUnknown);
  return {t.dtype(), shape, cat("data_", i)};
}

bool fits(const ConcreteFunction& f, const std::vector<Tensor>& flat) {
  const std::vector<Argument>& arguments = f.arguments();
  if (arguments.size() != flat.size()) return false;
  for (size_t i = 0; i < flat.size(); ++i)
    if (flat[i].dtype() != arguments[i].dtype || !arguments[i].shape.is_compatible_with(flat[i].partial_shape())) return false;
  return true;
}

Nest as_nest(const Batch& batch) { return Nest::tuple({batch.x, batch.y, batch.sample_weight}); }
Batch as_batch(const Nest& nest) { return {nest[0], nest[1], nest[2]}; }

}  // namespace

std::string CompiledStep::why() const {
  std::lock_guard lock(mutex_);
  return why_;
}

CompiledStep::Found CompiledStep::last_for(const std::string& structure, const std::vector<Tensor>& flat) const {
  std::lock_guard lock(mutex_);
  return last_ && structure == last_structure_ && fits(*last_, flat) ? last_ : Found();
}

CompiledStep::Found CompiledStep::find(const std::string& structure, const std::vector<Tensor>& flat, const Nest& like, const Body& body) {
  std::vector<Argument> arguments;
  for (size_t i = 0; i < flat.size(); ++i) arguments.push_back(argument_of(flat[i], i));
  auto results = std::make_shared<Nest>();
  auto traced = [&](const std::vector<Tensor>& inputs) {
    FuncGraph& graph = FuncGraph::current();
    graph.set_first_values(flat);
    if (is_one_batch(flat)) graph.batch_arguments = int(inputs.size());
    Nest result = body(as_batch(like.pack(inputs)));
    *results = result.map([](const Tensor&) { return Tensor::scalar(false); });
    return result.flatten();
  };
  Found found = cache_.find_or_trace(structure, std::move(arguments), traced, results);
  std::lock_guard lock(mutex_);
  last_structure_ = structure;
  return last_ = found;
}

Nest CompiledStep::operator()(const Batch& batch, const Body& body) {
  if (!why().empty()) return body(batch);
  Nest all = as_nest(batch);
  std::vector<Tensor> flat = all.flatten();
  std::string structure = structure_text(all);
  if (!is_one_batch(flat)) structure += " of several sizes";
  Found found = last_for(structure, flat);
  try {
    if (!found) found = find(structure, flat, all, body);
  } catch (const std::exception& error) {
    rethrow_stop(error);
    Nest result = body(batch);  // throws where the fault is not the tracing's
    std::lock_guard lock(mutex_);
    why_ = error.what();
    return result;
  }
  return static_cast<const Nest*>(found->results.get())->pack(found->call_unchecked(std::move(flat)));
}

}  // namespace runnel::inline v0::keras
