#include "runnel/keras/ops/data_format.h"

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/ops/array.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

// Channels from place 1 to the end, or back.
Tensor moved(const Tensor& x, bool to_last) {
  int rank = rank_of(x, "data_format");
  Dims order{0};
  if (!to_last) order.push_back(rank - 1);
  for (int i = to_last ? 2 : 1; i < (to_last ? rank : rank - 1); ++i) order.push_back(i);
  if (to_last) order.push_back(1);
  return tf::transpose(x, order);
}

}  // namespace

ChannelsLast::ChannelsLast(const Tensor& x, const std::string& data_format) : tensor_(x), first_(data_format == "channels_first") {
  if (!first_ && !data_format.empty() && data_format != "channels_last")
    fail<ValueError>("", cat("The `data_format` argument must be one of {\"channels_first\", \"channels_last\"}. Received: data_format=", data_format));
  if (first_) tensor_ = moved(x, true);
}

Tensor ChannelsLast::restored(const Tensor& result) const { return first_ ? moved(result, false) : result; }

Ints joined_sizes(const std::vector<Tensor>& sizes) {
  Dims known;
  for (const Tensor& size : sizes)
    if (std::optional<Dims> value = Ints(size).values()) known.push_back((*value)[0]);
  if (known.size() == int(sizes.size())) return known;
  return tf::stack(sizes);
}

}  // namespace runnel::inline v0::keras::ops
