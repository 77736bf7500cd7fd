// What most files of Keras, data and interop include.
#pragma once

#include "cmake/precompiled/library.h"

#include "runnel/keras/layer.h"
