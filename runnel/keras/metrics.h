// keras.metrics: streaming values.
#pragma once

#include "runnel/keras/metrics/accuracy.h"
#include "runnel/keras/metrics/auc.h"
#include "runnel/keras/metrics/confusion.h"
#include "runnel/keras/metrics/f_score.h"
#include "runnel/keras/metrics/iou.h"
#include "runnel/keras/metrics/mean_losses.h"
#include "runnel/keras/metrics/metric.h"
#include "runnel/keras/metrics/reduction.h"

namespace runnel::inline v0::keras {

/// The metric that compile() means by a name: "accuracy" and "acc", "crossentropy" and "ce" depend on the shapes of targets and
/// predictions. It is called what the user called it.
Metric metric_for(const std::string& name, const PartialShape& y_true, const PartialShape& y_pred);

}  // namespace runnel::inline v0::keras
