#include "runnel/keras/losses/ctc.h"

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace losses {

namespace {

constexpr double kNever = -1e30;  // a log-probability of nothing whose differences stay finite

void check_shapes(const PartialShape& y_true, const PartialShape& y_pred) {
  if (y_true.rank() != 2)
    fail<ValueError>("", cat("Targets `y_true` are expected to be a tensor of shape `(batch_size, max_length)` in integer format. Received: y_true.shape=",
                             to_text(y_true)));
  if (y_pred.rank() != 3)
    fail<ValueError>("", cat("Logits `y_pred` are expected to be a tensor of shape `(batch_size, max_length, num_classes)`. Received: y_pred.shape=",
                             to_text(y_pred)));
}

/// blank, label, blank, label, ..., blank: (batch, 2 labels + 1)
Tensor with_blanks(const Tensor& labels) {
  Tensor pairs = stack({zeros_like(labels), labels}, 2);
  int64_t n = labels.partial_shape().dim(1);
  return pad(reshape(pairs, {-1, 2 * n}), {{0, 0}, {0, 1}});
}

/// The states `by` places earlier; the first ones come from nowhere.
Tensor moved_on(const Tensor& states, int64_t by) {
  int64_t n = states.partial_shape().dim(1);
  return slice(pad(states, {{0, 0}, {by, 0}}, "CONSTANT", kNever), {0, 0}, {-1, n});
}

}  // namespace

Tensor ctc(const Tensor& y_true, const Tensor& y_pred) {
  check_shapes(y_true.partial_shape(), y_pred.partial_shape());
  Tensor labels = cast(y_true, int32), path = with_blanks(labels);
  int64_t states = path.partial_shape().dim(1), steps = y_pred.partial_shape().dim(1);
  Tensor odds = transpose(nn::log_softmax(y_pred), {0, 2, 1});                     // (batch, classes, time)
  std::vector<Tensor> emitted = unstack(gather(odds, path, 1, 1), steps, 2);       // (batch, states) at each time
  // A blank may be left out between different labels.
  Tensor twice_back = slice(pad(path, {{0, 0}, {2, 0}}), {0, 0}, {-1, states});
  Tensor may_skip = logical_and(not_equal(path, 0), not_equal(path, twice_back));
  Tensor begins = less(range(states), 2);
  Tensor reached = where(begins, emitted[0], kNever);
  for (int64_t t = 1; t < steps; ++t) {
    Tensor skipped = where(may_skip, moved_on(reached, 2), kNever);
    reached = reduce_logsumexp(stack({reached, moved_on(reached, 1), skipped}, 2), 2) + emitted[size_t(t)];
  }
  Tensor length = reduce_sum(cast(not_equal(labels, 0), int32), 1), last = 2 * length;
  Tensor ends = logical_or(cast(one_hot(last, states), bool_), cast(one_hot(last - 1, states), bool_));
  return negative(reduce_logsumexp(where(ends, reached, kNever), 1));
}

Tensor CTCBody::call(const Tensor& t, const Tensor& p) { return ctc(t, p); }

}  // namespace losses

RUNNEL_KERAS_CLASS(losses, CTC, losses::CTCBody)

}  // namespace runnel::inline v0::keras
