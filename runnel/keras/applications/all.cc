#include "runnel/keras/applications/mobilenet_v2.h"
#include "runnel/keras/applications/resnet.h"
#include "runnel/keras/applications/vgg.h"
#include "runnel/keras/applications/xception.h"

namespace runnel::inline v0::keras::applications {

namespace {

template <class O, Model (*Make)(const O&)>
constexpr Application application(const char* name, const char* module, Preprocessing preprocessing) {
  return {name, module, preprocessing, [] { return fields_to_config(O()); },
          [](const Config& config, const Tensor& input_tensor) {
            O options = fields_from_config<O>(config, "keras.applications");
            options.input_tensor = input_tensor;
            return Make(options);
          }};
}

constexpr Application kAll[] = {
    application<Options, ResNet50>("ResNet50", "resnet50", Preprocessing::kCaffe),
    application<Options, ResNet50>("ResNet50", "resnet", Preprocessing::kCaffe),
    application<Options, ResNet101>("ResNet101", "resnet", Preprocessing::kCaffe),
    application<Options, ResNet152>("ResNet152", "resnet", Preprocessing::kCaffe),
    application<Options, ResNet50V2>("ResNet50V2", "resnet_v2", Preprocessing::kTf),
    application<Options, ResNet101V2>("ResNet101V2", "resnet_v2", Preprocessing::kTf),
    application<Options, ResNet152V2>("ResNet152V2", "resnet_v2", Preprocessing::kTf),
    application<Options, VGG16>("VGG16", "vgg16", Preprocessing::kCaffe),
    application<Options, VGG19>("VGG19", "vgg19", Preprocessing::kCaffe),
    application<MobileNetV2Options, MobileNetV2>("MobileNetV2", "mobilenet_v2", Preprocessing::kTf),
    application<Options, Xception>("Xception", "xception", Preprocessing::kTf),
};

}  // namespace

std::span<const Application> all_applications() { return kAll; }

}  // namespace runnel::inline v0::keras::applications
