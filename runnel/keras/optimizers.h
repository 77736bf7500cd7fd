// keras.optimizers
#pragma once

#include "runnel/keras/optimizers/adagrad.h"
#include "runnel/keras/optimizers/adam.h"
#include "runnel/keras/optimizers/optimizer.h"
#include "runnel/keras/optimizers/schedule.h"
#include "runnel/keras/optimizers/sgd.h"
