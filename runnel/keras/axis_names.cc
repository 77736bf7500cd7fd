#include "runnel/keras/axis_names.h"

#include <vector>

#include "runnel/base/text.h"

namespace runnel::inline v0::keras {

namespace {

std::vector<const char*> names_of_rank(int rank, bool channels_first) {
  switch (rank) {
    case 1: return {"batch"};
    case 2: return {"batch", "features"};
    case 3: return channels_first ? std::vector{"batch", "features", "time"} : std::vector{"batch", "time", "features"};
    case 4: return channels_first ? std::vector{"batch", "channels", "height", "width"} : std::vector{"batch", "height", "width", "channels"};
    case 5: return channels_first ? std::vector{"batch", "channels", "depth", "height", "width"} : std::vector{"batch", "depth", "height", "width", "channels"};
    default: return {};
  }
}

}  // namespace

std::string with_axis_names(const PartialShape& shape, bool channels_first) {
  if (!shape.has_rank()) return to_text(shape);
  std::vector<const char*> names = names_of_rank(shape.rank(), channels_first);
  if (names.empty()) return to_text(shape);
  std::vector<std::string> parts;
  for (int i = 0; i < shape.rank(); ++i) parts.push_back(shape[i] < 0 ? std::string(names[size_t(i)]) : cat(names[size_t(i)], "=", shape[i]));
  return cat("(", join(parts), parts.size() == 1 ? ",)" : ")");
}

std::string shape_hint(const PartialShape& given, const PartialShape& wanted) {
  if (!given.has_rank() || !wanted.has_rank()) return "";
  int have = given.rank(), want = wanted.rank();
  if (have + 1 == want && want == 2) return "one sample needs a batch axis in front, x[None]";
  if (have + 1 == want) return "x[..., None] adds an axis of channels or features, x[None] one of samples";
  if (have < want) return cat("give data of ", want, " axes");
  if (have > want) return want == 2 ? "put a Flatten or a GlobalAveragePooling layer before it" : cat("give data of ", want, " axes");
  if (want > 0 && wanted.dim(-1) >= 0 && given.dim(-1) != wanted.dim(-1))
    return cat("give data whose last axis has size ", wanted.dim(-1), ", or make the layer anew for ", given.dim(-1));
  return "";
}

}  // namespace runnel::inline v0::keras
