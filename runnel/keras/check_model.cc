// ModelBody::check: the data, the labels, the weights and the arguments of compile(), one after the other.
#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/stop.h"
#include "runnel/keras/axis_names.h"
#include "runnel/keras/check_data.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/layers/input.h"
#include "runnel/keras/model.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::keras {

namespace {

constexpr int64_t kProbe = 8;  // samples that the model is asked for

std::string place(const char* what, size_t i, size_t count) { return count == 1 ? what : cat(what, "[", i, "]"); }

bool check_counts(const Batch& data, Findings& out) {
  std::optional<int64_t> samples;
  size_t before = out.size();
  auto count = [&](const Nest& nest, const char* what) {
    std::vector<Tensor> flat = nest.flatten();
    for (size_t i = 0; i < flat.size(); ++i) {
      if (flat[i].rank() == 0) out.push_back({true, place(what, i, flat.size()), "no axis of samples", "a scalar", "(samples, ...)", "one sample needs x[None]"});
      else if (!samples) samples = flat[i].dim(0);
      else if (flat[i].dim(0) != *samples)
        out.push_back({true, place(what, i, flat.size()), "another number of samples than x", to_text(flat[i].dim(0)), to_text(*samples), ""});
    }
  };
  count(data.x, "x");
  count(data.y, "y");
  count(data.sample_weight, "sample_weight");
  if (samples == 0) out.push_back({true, "x", "no samples", "0", "one at least", ""});
  return out.size() == before;
}

bool check_inputs(const Nest& x, Findings& out) {
  std::vector<Tensor> flat = x.flatten();
  bool numbers = true;
  for (size_t i = 0; i < flat.size(); ++i) {
    std::string where = place("x", i, flat.size());
    bool good = check_values(where, flat[i], out);
    if (good) check_scale(where, flat[i], out);
    numbers = numbers && flat[i].dtype() != string;
  }
  return numbers;
}

void check_weights(const ModelBody& model, Findings& out) {
  for (const Variable& v : model.weights())
    if (v.dtype().is_floating()) check_values(v.name().substr(0, v.name().find(':')), v.value(), out);
  if (model.compiled() && model.built() && model.trainable_weights().empty())
    out.push_back({false, "model", "nothing to train", "0 trainable weights", "", "set_trainable(true) on a layer"});
}

// Rows that an Embedding looks up straight in the data.
void check_embeddings(ModelBody& model, const Nest& x, Findings& out) {
  std::vector<Tensor> given = x.flatten(), wanted = model.inputs().flatten();
  for (LayerBody* layer : model.all_layers()) {
    if (layer->class_name() != "Embedding" || layer->nodes().empty() || !layer->nodes()[0]->inputs().is_tensor()) continue;
    for (size_t i = 0; i < std::min(given.size(), wanted.size()); ++i) {
      if (keras_node(layer->nodes()[0]->inputs().tensor()) != keras_node(wanted[i])) continue;
      int64_t rows = layer->argument("input_dim")->as_int();
      auto range = range_of(given[i]);
      if (range && (range->low < 0 || range->high >= double(rows)))
        out.push_back({true, place("x", i, given.size()), cat("numbers outside of the rows of \"", layer->name(), "\""), range_text(*range),
                       cat("0 .. ", rows - 1), cat("Embedding(", int64_t(range->high) + 1, ", ...)")});
    }
  }
}

std::string first_lines(const std::string& text) {
  std::string kept = text.substr(0, text.find("\nArguments received"));
  std::replace(kept.begin(), kept.end(), '\n', ' ');
  return kept;
}

// What the model answers for a few samples; its state stays as it was.
Nest probe(ModelBody& model, const Batch& data, Findings& out) {
  std::vector<Variable> states = model.non_trainable_weights();
  std::vector<Tensor> kept;
  for (const Variable& v : states) kept.push_back(v.value());
  Nest y_pred;
  try {
    y_pred = model(data.x.map([](const Tensor& t) { return t.rows(0, std::min(kProbe, t.dim(0))); }), {.training = false});
  } catch (const std::exception& error) {
    rethrow_stop(error);
    std::string expected = model.inputs() ? shapes_text(model.inputs()) : "";
    out.push_back({true, "x", "the model cannot take these data", shapes_text(data.x), expected, first_lines(error.what())});
  }
  for (size_t i = 0; i < states.size(); ++i) states[i].assign(kept[i]);
  return y_pred;
}

void check_compiled_for(const ModelBody& model, Findings& out) {
  if (!model.compiled()) return out.push_back({true, "model", "compile() has not been called", "", "", "model.compile(optimizer, loss)"});
  Optimizer optimizer = model.optimizer();
  if (!optimizer) return;
  const OptimizerBody& body = *optimizer.body();
  double rate = cast(body.learning_rate(), float64).item<double>();
  if (rate <= 0) out.push_back({false, "optimizer", "the learning rate leaves all as it is", to_text(rate), "more than 0", ""});
  std::vector<Variable> wanted = model.trainable_weights();
  auto same = [](const Variable& a, const Variable& b) { return a.is(b); };
  const std::vector<Variable>& held = body.trainable_variables();
  if (body.built() && !std::equal(held.begin(), held.end(), wanted.begin(), wanted.end(), same))
    out.push_back({true, "optimizer", "it was built with other weights", cat(held.size(), " weights"), cat(wanted.size(), " trainable weights of the model"),
                   "an optimizer of its own for each model; compile() anew after freezing"});
}

void check_weighting(const Nest& sample_weight, Findings& out) {
  for (const Tensor& w : sample_weight.flatten())
    if (check_values("sample_weight", w, out))
      if (auto range = range_of(w); range && range->low < 0) out.push_back({true, "sample_weight", "negative weights", range_text(*range), "0 or more", ""});
}

}  // namespace

namespace {

// What a batch shows without the model being asked. False where it cannot be asked.
bool check_data(ModelBody& model, const Batch& data, Findings& out) {
  bool counted = check_counts(data, out), numbers = check_inputs(data.x, out);
  check_embeddings(model, data.x, out);
  check_weighting(data.sample_weight, out);
  bool bad_rows = std::any_of(out.begin(), out.end(), [](const CheckFinding& f) { return f.problem.starts_with("numbers outside"); });
  return counted && numbers && !bad_rows;
}

// Those of a later batch that none before it had.
void add_new(const Findings& found, int64_t batch, Findings& out) {
  for (CheckFinding f : found) {
    bool known = std::any_of(out.begin(), out.end(), [&](const CheckFinding& o) { return o.where == f.where && o.problem == f.problem; });
    f.got = cat(f.got, f.got.empty() ? "" : " ", "in batch ", batch);
    if (!known) out.push_back(std::move(f));
  }
}

constexpr int64_t kEndlessBatches = 100;  // that are looked at of data without a known end

}  // namespace

CheckReport ModelBody::check(const Nest& x, const Nest& y, const Nest& sample_weight) {
  return check(batches_of_one({x, y, sample_weight}));
}

CheckReport ModelBody::check(const Ref<BatchSource>& batches) {
  Findings out;
  Batch data;
  Nest y_pred;
  batches->begin();
  const bool ends = batches->steps() >= 0;
  for (int64_t i = 0; (ends || i < kEndlessBatches) && batches->next(data); ++i) {
    Findings found;
    bool good = check_data(*this, data, found);
    if (i == 0 && good) y_pred = probe(*this, data, found);
    if (i == 0) check_weights(*this, found), check_compiled_for(*this, found);
    if (compiled_ && y_pred && good) check_outputs(data, y_pred, found);
    if (i == 0) out = std::move(found);
    else add_new(found, i, out);
  }
  if (!data.x && out.empty()) out.push_back({true, "x", "no batches", "0", "one at least", ""});
  return CheckReport(std::move(out));
}

void ModelBody::check_outputs(const Batch& data, const Nest& y_pred, std::vector<CheckFinding>& out) {
  std::vector<Tensor> predicted = y_pred.flatten();
  Outcome result;
  try {
    result = outcome(data, y_pred);  // which tells a list or dict of losses what the outputs are
  } catch (const Error& error) {
    return out.push_back({true, "y", "labels do not match the model's outputs", shapes_text(data.y), shapes_text(y_pred), ""});
  }
  std::vector<bool> wanted = compiled_->has_loss(predicted.size());
  bool any = std::find(wanted.begin(), wanted.end(), true) != wanted.end();
  if (!any && losses().empty())
    return out.push_back({true, "model", "there is no loss", "", "", "compile(loss=...) or add_loss()"});
  if (!data.y) {
    if (wanted[0]) out.push_back({true, "y", "no labels", "none", shapes_text(y_pred), "fit(x, y)"});
    return;
  }
  for (size_t i = 0; i < predicted.size(); ++i) {
    const Tensor& labels = result.y[i];
    std::string where = place("y", i, predicted.size());
    if (!wanted[i] || !labels || !check_values(where, labels, out)) continue;
    check_labels(where, labels, result.y_pred[i], *compiled_->loss_of(i).body(), out);
  }
}

}  // namespace runnel::inline v0::keras
