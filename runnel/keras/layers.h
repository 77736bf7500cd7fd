// All layers.
#pragma once

#include "runnel/keras/layers/activation.h"
#include "runnel/keras/layers/attention.h"
#include "runnel/keras/layers/convolution.h"
#include "runnel/keras/layers/convolution_transpose.h"
#include "runnel/keras/layers/core.h"
#include "runnel/keras/layers/depthwise.h"
#include "runnel/keras/layers/einsum_dense.h"
#include "runnel/keras/layers/embedding.h"
#include "runnel/keras/layers/merging.h"
#include "runnel/keras/layers/normalization.h"
#include "runnel/keras/layers/pooling.h"
#include "runnel/keras/layers/regularization.h"
#include "runnel/keras/layers/reshaping.h"
#include "runnel/keras/layers/resizing.h"
#include "runnel/keras/layers/rnn.h"
#include "runnel/keras/layers/wrappers.h"
