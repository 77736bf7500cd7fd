// The operations of Keras's module keras.src.ops.core.
#include "runnel/keras/ops/core.h"
#include "runnel/keras/ops/operation_call.h"

namespace runnel::inline v0::keras::ops {

namespace {
constexpr Operation kRows[] = {
    {"cast", "Cast", "x* dtype", call<cast>},
    {"saturate_cast", "SaturateCast", "x* dtype", call<saturate_cast>},
    {"convert_to_tensor", "ConvertToTensor", "x* dtype sparse ragged", call<convert_to_tensor>},
    {"stop_gradient", "StopGradient", "variable*", call<stop_gradient>},
    {"scatter", "Scatter", "indices* values* shape", call<scatter>},
    {"scatter_update", "ScatterUpdate", "inputs* indices* updates* reduction", call<scatter_update>},
    {"slice", "Slice", "inputs* start_indices* shape", call<slice>},
    {"slice_update", "SliceUpdate", "inputs* start_indices* updates*", call<slice_update>},
    {"unstack", "Unstack", "x* num axis=0", call<unstack>},
};
}  // namespace

extern const OperationTable core_operations;
constinit const OperationTable core_operations{"keras.src.ops.core", kRows};

}  // namespace runnel::inline v0::keras::ops
