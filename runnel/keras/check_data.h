// The questions that model.check() asks of tensors and losses; each adds what it finds.
#pragma once

#include <optional>

#include "runnel/keras/check.h"
#include "runnel/keras/losses.h"

namespace runnel::inline v0::keras {

using Findings = std::vector<CheckFinding>;

/// The smallest and the greatest value; nothing for text, for an empty tensor, and where there are NaN.
struct ValueRange {
  double low = 0, high = 0;
};
std::optional<ValueRange> range_of(const Tensor& t);
std::string range_text(const ValueRange& range);

/// Text in place of numbers, NaN and infinity. False where the values cannot be asked further.
bool check_values(const std::string& where, const Tensor& t, Findings& out);
/// Pixels from 0 to 255, and other numbers too large to train with.
void check_scale(const std::string& where, const Tensor& t, Findings& out);
/// Labels of one output against its loss, and against predictions for some of the samples.
void check_labels(const std::string& where, const Tensor& y, const Tensor& y_pred, const LossBody& loss, Findings& out);

}  // namespace runnel::inline v0::keras
