// Connectionist temporal classification.
#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/nn.h"
#include "runnel/keras/ops/nn_ctc_beam.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

constexpr double kNever = -1e30;  // a log-probability of nothing whose differences stay finite

// blank, label, blank, label, ..., blank: (batch, 2 labels + 1)
Tensor with_blanks(const Tensor& labels, int64_t blank) {
  int64_t n = labels.partial_shape()[1];
  Tensor pairs = tf::reshape(tf::stack({tf::zeros_like(labels) + int32_t(blank), labels}, 2), {-1, 2 * n});
  return tf::pad(pairs, {{0, 0}, {0, 1}}, "CONSTANT", int32_t(blank));
}

// The states `by` places earlier; the first ones come from nowhere.
Tensor moved_on(const Tensor& states, int64_t by, const Operand& filler) {
  return without_last(tf::pad(states, {{0, 0}, {by, 0}}, "CONSTANT", filler), 1, by);
}

Tensor one_of(const Tensor& place, int64_t states) { return tf::cast(tf::one_hot(place, states), bool_); }

}  // namespace

Tensor ctc_loss(const Operand& target, const Operand& output, const Operand& target_length, const Operand& output_length, int64_t mask_index) {
  Tensor labels = to_tensor(target, int32), scores = to_tensor(output);
  DType result = result_type({scores, float32});
  scores = tf::cast(scores, result == float64 ? DType(float32) : result);
  int64_t steps = scores.partial_shape()[1];
  if (steps < 0 || labels.partial_shape()[1] < 0) fail<ValueError>("ctc_loss", "the sizes of time and labels must be known");
  Tensor path = with_blanks(labels, mask_index), lengths = to_tensor(output_length, int32);
  int64_t states = path.partial_shape()[1];
  Tensor odds = tf::transpose(nn::log_softmax(scores), {0, 2, 1});                          // (batch, classes, time)
  std::vector<Tensor> emitted = tf::unstack(tf::gather(odds, path, 1, 1), steps, 2);        // (batch, states) at each time
  // A blank may be left out between different labels.
  Tensor may_skip = tf::logical_and(tf::not_equal(path, int32_t(mask_index)), tf::not_equal(path, moved_on(path, 2, int32_t(mask_index))));
  Tensor reached = tf::where(tf::range(int32_t(states)) < 2, emitted[0], kNever);
  for (int64_t t = 1; t < steps; ++t) {
    Tensor skipped = tf::where(may_skip, moved_on(reached, 2, kNever), kNever);
    Tensor next = tf::reduce_logsumexp(tf::stack({reached, moved_on(reached, 1, kNever), skipped}, 2), 2) + emitted[size_t(t)];
    reached = tf::where(tf::expand_dims(lengths > int32_t(t), 1), next, reached);
  }
  Tensor last = to_tensor(target_length, int32) * 2;
  Tensor ends = tf::logical_or(one_of(last, states), one_of(last - 1, states));
  return tf::cast(-tf::reduce_logsumexp(tf::where(ends, reached, kNever), 1), result);
}

// Kept classes come first, in their order: a stable sort by whether a step is left out.
Results ctc_decode(const Operand& inputs, const Operand& sequence_lengths, const std::string& strategy, int64_t beam_width, int64_t top_paths,
                   bool merge_repeated, int64_t mask_index) {
  if (strategy != "greedy" && strategy != "beam_search")
    fail<ValueError>("", cat("Invalid strategy ", strategy, ". Supported values are 'greedy' and 'beam_search'."));
  Tensor scores = to_tensor(inputs);
  scores = tf::cast(scores, result_type({scores, float32}));
  int64_t blank = mask_index < 0 ? mask_index + scores.partial_shape()[2] : mask_index;
  if (strategy == "beam_search") {
    if (scores.is_symbolic()) fail<NotImplementedError>("ctc_decode", "strategy='beam_search' needs values", {.hint = "call it outside of tf.function."});
    return ctc_beam_search(tf::cast(scores, float32), to_tensor(sequence_lengths, int32), {.width = beam_width, .paths = top_paths, .blank = blank});
  }
  Tensor steps = tf::range(size_along(scores, 1)), in_time = steps < tf::expand_dims(to_tensor(sequence_lengths, int32), 1);
  Tensor best = tf::argmax(scores, 2, int32), kept = tf::logical_and(in_time, tf::not_equal(best, int32_t(blank)));
  if (merge_repeated) kept = tf::logical_and(kept, tf::not_equal(best, moved_on(best, 1, -1)));
  Tensor order = tf::argsort(tf::cast(tf::logical_not(kept), int32), 1, "ASCENDING", true);
  Tensor count = tf::reduce_sum(tf::cast(kept, int32), 1, true);
  Tensor decoded = tf::where(steps < count, tf::gather(best, order, 1, 1), -1);
  Tensor score = -tf::reduce_sum(tf::where(in_time, tf::reduce_max(scores, 2), 0.0), 1, true);
  return {{tf::expand_dims(decoded, 0), score}};
}

}  // namespace runnel::inline v0::keras::ops
