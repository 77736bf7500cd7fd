// Runnel: the whole system in one header.  #include <runnel/runnel.h>  and  namespace tf = runnel;
#pragma once

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/base/sha256.h"
#include "runnel/core/tensor.h"
#include "runnel/data/dataset.h"
#include "runnel/keras/keras.h"
#include "runnel/ops/array.h"
#include "runnel/ops/bitwise.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/random.h"
#include "runnel/ops/variable.h"
#include "runnel/runtime/thread_pool.h"
