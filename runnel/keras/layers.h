// All layers.
#pragma once

#include "runnel/keras/layers/convolution.h"
#include "runnel/keras/layers/core.h"
#include "runnel/keras/layers/input.h"
#include "runnel/keras/layers/normalization.h"
#include "runnel/keras/layers/pooling.h"
#include "runnel/keras/layers/regularization.h"
#include "runnel/keras/layers/reshaping.h"
