// The compiled steps of a model, apart from model.h so that its users need not read the graph room.
#pragma once

#include "runnel/keras/compiled_step.h"
#include "runnel/keras/model.h"

namespace runnel::inline v0::keras {

struct ModelBody::Steps {
  CompiledStep train{"train_step"}, test{"test_step"}, predict{"predict_step"};
};

}  // namespace runnel::inline v0::keras
