// Xception. Chollet, "Xception: deep learning with depthwise separable convolutions", 2016.
#pragma once

#include "runnel/keras/applications/application.h"

namespace runnel::inline v0::keras::applications {

Model Xception(const Options& options = Options());

}  // namespace runnel::inline v0::keras::applications
