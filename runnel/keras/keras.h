// tf.keras
#pragma once

#include "runnel/keras/activations.h"
#include "runnel/keras/applications/mobilenet_v2.h"
#include "runnel/keras/applications/resnet.h"
#include "runnel/keras/applications/vgg.h"
#include "runnel/keras/applications/xception.h"
#include "runnel/keras/callbacks.h"
#include "runnel/keras/callbacks/checkpoints.h"
#include "runnel/keras/callbacks/control.h"
#include "runnel/keras/callbacks/logging.h"
#include "runnel/keras/callbacks/rates.h"
#include "runnel/keras/callbacks/tensorboard.h"
#include "runnel/keras/constraints.h"
#include "runnel/keras/datasets/california_housing.h"
#include "runnel/keras/datasets/fashion_mnist.h"
#include "runnel/keras/initializers.h"
#include "runnel/keras/initializers_stft.h"
#include "runnel/keras/layer.h"
#include "runnel/keras/layers.h"
#include "runnel/keras/losses.h"
#include "runnel/keras/metrics.h"
#include "runnel/keras/model.h"
#include "runnel/keras/ops.h"
#include "runnel/keras/optimizers.h"
#include "runnel/keras/optimizers/multi.h"
#include "runnel/keras/plot.h"
#include "runnel/keras/preprocessing/sequence.h"
#include "runnel/keras/preprocessing/text.h"
#include "runnel/keras/progbar.h"
#include "runnel/keras/quantizers.h"
#include "runnel/keras/random.h"
#include "runnel/keras/regularizers.h"
#include "runnel/keras/remat.h"
#include "runnel/keras/saving/clone.h"
#include "runnel/keras/saving/saveable.h"
#include "runnel/keras/saving/saving.h"
#include "runnel/keras/settings.h"

namespace runnel::inline v0::keras::utils {
using keras::clear_session;
using keras::set_random_seed;
}  // namespace runnel::inline v0::keras::utils
