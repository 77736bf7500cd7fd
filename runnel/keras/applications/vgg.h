// VGG16 and VGG19. Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014.
#pragma once

#include "runnel/keras/applications/application.h"

namespace runnel::inline v0::keras::applications {

Model VGG16(const Options& options = Options());
Model VGG19(const Options& options = Options());

}  // namespace runnel::inline v0::keras::applications
