#include "runnel/keras/ops/einops.h"

#include <algorithm>
#include <map>

#include "runnel/base/error.h"
#include "runnel/base/text.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/data_format.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

using Group = std::vector<std::string>;

// "b (h h1) c" -> {{b}, {h, h1}, {c}}
std::vector<Group> groups_of(std::string_view text) {
  std::vector<Group> out;
  std::string word;
  bool inside = false;
  auto end_word = [&] {
    if (word.empty()) return;
    if (inside) out.back().push_back(word);
    else out.push_back({word});
    word.clear();
  };
  for (char c : text) {
    if (c != ' ' && c != '(' && c != ')') {
      word += c;
      continue;
    }
    end_word();
    if (c == '(') out.emplace_back();
    if (c != ' ') inside = c == '(';
  }
  end_word();
  return out;
}

std::vector<std::string> flat(const std::vector<Group>& groups) {
  std::vector<std::string> out;
  for (const Group& g : groups) out.insert(out.end(), g.begin(), g.end());
  return out;
}

using Sizes = std::map<std::string, Tensor>;

// The sizes of the parts of one axis: those that are given, and what they leave for the one that is not.
void split_axis(const Group& group, const Tensor& whole, Sizes& sizes) {
  Tensor known = Tensor::scalar(int32_t(1));
  const std::string* open = nullptr;
  for (const std::string& name : group) {
    auto found = sizes.find(name);
    if (found == sizes.end()) open = &name;
    else known = known * found->second;
  }
  if (open) sizes[*open] = tf::floordiv(whole, known);
}

Tensor product(const Group& group, const Sizes& sizes) {
  Tensor out = Tensor::scalar(int32_t(1));
  for (const std::string& name : group) out = out * sizes.at(name);
  return out;
}

}  // namespace

Tensor rearrange(const Operand& tensor, const std::string& pattern, const std::vector<std::string>& names, const std::vector<int64_t>& lengths) {
  Tensor x = to_tensor(tensor);
  size_t arrow = pattern.find("->");
  if (arrow == std::string::npos) fail<ValueError>("rearrange", "the pattern has no '->'", {.got = pattern});
  std::vector<Group> from = groups_of(std::string_view(pattern).substr(0, arrow)), to = groups_of(std::string_view(pattern).substr(arrow + 2));
  if (int(from.size()) != rank_of(x, "rearrange"))
    fail<ValueError>("rearrange", "the pattern does not fit the tensor", {.got = cat(pattern, " for shape ", to_text(x.partial_shape()))});
  Sizes sizes;
  for (size_t i = 0; i < names.size(); ++i) sizes[names[i]] = Tensor::scalar(int32_t(lengths.at(i)));
  for (size_t i = 0; i < from.size(); ++i) split_axis(from[i], size_along(x, int(i)), sizes);
  std::vector<std::string> before = flat(from), after = flat(to);
  std::vector<Tensor> split, joined;
  for (const std::string& name : before) split.push_back(sizes.at(name));
  for (const Group& g : to) joined.push_back(product(g, sizes));
  Dims order;
  for (const std::string& name : after) {
    auto found = std::find(before.begin(), before.end(), name);
    if (found == before.end()) fail<ValueError>("rearrange", cat("the pattern's left side lacks ", name), {.got = pattern});
    order.push_back(found - before.begin());
  }
  return tf::reshape(tf::transpose(tf::reshape(x, joined_sizes(split)), order), joined_sizes(joined));
}

}  // namespace runnel::inline v0::keras::ops
