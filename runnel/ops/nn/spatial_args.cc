#include "runnel/ops/nn/spatial_args.h"

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/nn/window.h"

namespace runnel::inline v0::nn {

std::vector<int64_t> axis_entries(const Axes& value, int spatial, bool channels_first, const char* name) {
  std::vector<int64_t> all(size_t(spatial + 2), 1);
  if (value.is_all()) return all;
  std::optional<Dims> given = value.ints().values();
  if (!given) fail<TypeError>("", cat(name, " must be known integers"));
  if (given->size() == spatial + 2) return {given->begin(), given->end()};
  if (given->size() != 1 && given->size() != spatial)
    fail<ValueError>("", cat(name, " should be of length 1, ", spatial, " or ", spatial + 2, ". Received: ", name, "=[", join(*given),
                             "] of length ", given->size()));
  for (int i = 0; i < spatial; ++i) all[size_t(channels_first ? 2 + i : 1 + i)] = (*given)[given->size() == 1 ? 0 : i];
  return all;
}

PaddingAttrs padding_attrs(const Operand& padding) {
  Tensor t = padding.tensor();
  if (t.dtype() == string) return {t.item<std::string>(), {}};
  PaddingAttrs out{"EXPLICIT", {}};
  std::optional<Dims> values = Ints(t.reshaped({t.num_elements()})).values();
  if (t.rank() != 2 || t.dim(1) != 2)
    fail<ValueError>("", "each element of an explicit padding must be a list of two numbers", {.got = cat("shape ", to_text(t.shape()))});
  out.explicit_paddings.assign(values->begin(), values->end());
  return out;
}

Attrs window_call(const Axes& strides, const Operand& padding, const std::string& data_format, const Axes* dilations, int spatial) {
  bool first = is_channels_first(data_format);
  PaddingAttrs pads = padding_attrs(padding);
  Attrs attrs{{"strides", axis_entries(strides, spatial, first, "strides")}, {"padding", pads.padding}, {"data_format", data_format}};
  if (dilations) attrs.set("dilations", axis_entries(*dilations, spatial, first, "dilations"));
  if (!pads.explicit_paddings.empty()) attrs.set("explicit_paddings", pads.explicit_paddings);
  return attrs;
}

Tensor with_one_batch_axis(const Tensor& x, int spatial, const std::function<Tensor(const Tensor&)>& f) {
  PartialShape s = x.partial_shape();
  if (!s.is_fully_known() || s.rank() <= spatial + 2) return f(x);
  int extra = s.rank() - (spatial + 1);
  Dims inner = s.slice(extra, s.rank()).dims(), flat{s.slice(0, extra).num_elements()};
  for (int64_t d : inner) flat.push_back(d);
  Tensor y = f(reshape(x, flat));
  Dims outer = s.slice(0, extra).dims();
  PartialShape out = y.partial_shape();
  for (int i = 1; i < out.rank(); ++i) outer.push_back(out[i]);
  return reshape(y, outer);
}

std::string format_or_default(const std::string& given, int spatial) {
  if (!given.empty()) return given;
  return spatial == 1 ? "NWC" : spatial == 2 ? "NHWC" : "NDHWC";
}

}  // namespace runnel::inline v0::nn
