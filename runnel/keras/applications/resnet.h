// ResNet50, 101 and 152: He et al., "Deep residual learning for image recognition", 2015; their second versions: He et al.,
// "Identity mappings in deep residual networks", 2016.
#pragma once

#include "runnel/keras/applications/application.h"

namespace runnel::inline v0::keras::applications {

Model ResNet50(const Options& options = Options());
Model ResNet101(const Options& options = Options());
Model ResNet152(const Options& options = Options());
Model ResNet50V2(const Options& options = Options());
Model ResNet101V2(const Options& options = Options());
Model ResNet152V2(const Options& options = Options());

}  // namespace runnel::inline v0::keras::applications
