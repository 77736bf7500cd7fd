// Runnel: the whole system in one header.  #include <runnel/runnel.h>  and  namespace tf = runnel;
#pragma once

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/base/sha256.h"
#include "runnel/core/tensor.h"
#include "runnel/keras/datasets/california_housing.h"
#include "runnel/keras/datasets/fashion_mnist.h"
