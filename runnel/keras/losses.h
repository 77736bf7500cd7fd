// keras.losses
#pragma once

#include "runnel/keras/losses/crossentropy.h"
#include "runnel/keras/losses/ctc.h"
#include "runnel/keras/losses/loss.h"
#include "runnel/keras/losses/margin.h"
#include "runnel/keras/losses/regression.h"
