// keras.optimizers
#pragma once

#include "runnel/keras/optimizers/adagrad.h"
#include "runnel/keras/optimizers/adam.h"
#include "runnel/keras/optimizers/ftrl.h"
#include "runnel/keras/optimizers/lamb.h"
#include "runnel/keras/optimizers/loss_scale.h"
#include "runnel/keras/optimizers/muon.h"
#include "runnel/keras/optimizers/optimizer.h"
#include "runnel/keras/optimizers/schedule.h"
#include "runnel/keras/optimizers/schedules.h"
#include "runnel/keras/optimizers/sgd.h"
