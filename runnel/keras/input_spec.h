// InputSpec: what a layer wants an input to look like. A call checks it, with Keras's messages.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runnel/keras/layer.h"

namespace runnel::inline v0::keras {

/// Sizes that certain axes must have: {{-1, 8}}.
struct AxisSizes : std::vector<std::pair<int64_t, int64_t>> {
  using vector::vector;
};
Config to_config(const AxisSizes& axes);  ///< {"-1": 8}
void from_config(const Config& config, AxisSizes& out);

struct InputSpec {
  DType dtype{};                ///< Unset: any.
  ShapeOption shape{};          ///< With the batch axis; -1 fits any size.
  std::optional<int64_t> ndim{}, max_ndim{}, min_ndim{};
  AxisSizes axes{};
  bool allow_last_axis_squeeze = false;  ///< A last axis of size 1 may be there or not.
  std::string name{};                    ///< The key of this input where they come as a dict.
  bool optional = false;                 ///< None is allowed.

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("dtype", s.dtype);
    v("shape", s.shape);
    v("ndim", s.ndim);
    v("max_ndim", s.max_ndim);
    v("min_ndim", s.min_ndim);
    v("axes", s.axes);
    v("allow_last_axis_squeeze", s.allow_last_axis_squeeze);
    v("name", s.name);
    v("optional", s.optional);
  }
};

Config to_config(const std::vector<InputSpec>& specs);
void from_config(const Config& config, std::vector<InputSpec>& out);  ///< Null: none.

/// What the inputs of a layer's call must look like, one each; empty: anything.
const std::vector<InputSpec>& input_spec(const LayerBody& layer);
void set_input_spec(LayerBody& layer, std::vector<InputSpec> specs);

/// ValueError where number, dtype, rank or sizes of the inputs differ from the specs.
void check_inputs(const std::vector<InputSpec>& specs, const Nest& inputs, const std::string& layer_name);

}  // namespace runnel::inline v0::keras
