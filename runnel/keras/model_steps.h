// The compiled steps of a model, apart from model.h so that its users need not read the graph room.
#pragma once

#include "runnel/keras/compiled_step.h"
#include "runnel/keras/model.h"

namespace runnel::inline v0::keras {

struct ModelBody::Steps {
  explicit Steps(bool jit_compile = false) : train("train_step", jit_compile), test("test_step", jit_compile), predict("predict_step", jit_compile) {}
  CompiledStep train, test, predict;
};

}  // namespace runnel::inline v0::keras
