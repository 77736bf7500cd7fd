#include "runnel/keras/saving/slices.h"

#include "runnel/base/error.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/indexing.h"

namespace runnel::inline v0::keras {

namespace {

/// What StridedSlice was called with, entry by entry.
class Entries {
 public:
  explicit Entries(const OperationBody& slice) : slice_(slice), begin_(numbers(1)), end_(numbers(2)), strides_(numbers(3)) {}
  size_t size() const { return begin_.size(); }
  Config at(size_t i) const {
    if (bit("ellipsis_mask", i)) return Config::Dict{{"class_name", "__ellipsis__"}, {"config", Config::dict()}};
    if (bit("new_axis_mask", i)) return nullptr;
    if (bit("shrink_axis_mask", i)) return begin_[i];
    return Config::Dict{{"class_name", "__slice__"},
                        {"config", Config::Dict{{"start", bit("begin_mask", i) ? Config() : Config(begin_[i])},
                                                {"stop", bit("end_mask", i) ? Config() : Config(end_[i])},
                                                {"step", strides_[i] == 1 ? Config() : Config(strides_[i])}}}};
  }

 private:
  std::vector<int64_t> numbers(size_t operand) const {
    const Tensor& given = slice_.constants().at(operand);
    if (!given) fail<NotImplementedError>(slice_.name(), "a slice whose ends are computed in a functional model cannot be saved", {.hint = "put it into a layer of your own."});
    const Tensor wide = cast(given, int64);
    auto values = wide.values<int64_t>();
    return {values.begin(), values.end()};
  }
  bool bit(const char* mask, size_t i) const {
    const AttrValue* value = slice_.attrs().find(mask);
    return value && (std::get<int64_t>(*value) >> i & 1);
  }
  const OperationBody& slice_;
  std::vector<int64_t> begin_, end_, strides_;
};

std::optional<Place> place_of(const Config& slice, const char* end) {
  const Config* value = slice.find(end);
  if (!value || value->is_null()) return {};
  return Place(value->as_int());
}

Index entry_of(const Config& c) {
  if (c.is_null()) return newaxis;
  if (c.is_int()) return c.as_int();
  const std::string& name = c.at("class_name").as_string();
  if (name == "__ellipsis__") return ellipsis;
  if (name != "__slice__") fail<ValueError>("", "Cannot deserialize the model (invalid config data?)", {.got = c.to_json()});
  const Config& parts = c.at("config");
  return Slice{place_of(parts, "start"), place_of(parts, "stop"), place_of(parts, "step").value_or(Place(1))};
}

}  // namespace

Config key_of(const OperationBody& slice) {
  const Entries entries(slice);
  Config out = Config::list();
  for (size_t i = 0; i < entries.size(); ++i) out.push_back(entries.at(i));
  return out;
}

Tensor sliced(const Tensor& x, const Config& key) {
  std::vector<Index> index;
  for (const Config& entry : key.is_list() ? key.as_list() : Config::List{key}) index.push_back(entry_of(entry));
  const SliceArguments a = slice_arguments(index);
  return run(get_op("StridedSlice"), {x, a.begin, a.end, a.strides}, a.masks());
}

}  // namespace runnel::inline v0::keras
