// Fusion: connected elementwise nodes of one shape become one node _Fused, unless something outside lies on a path from one
// of them to another. Reductions of rows join them, with what uses their results; any other reduction of what one of them gives
// is computed on the way.
#include <algorithm>

#include "runnel/graph/fusion/fusion.h"
#include "runnel/graph/passes/fusion_groups.h"

namespace runnel::inline v0 {

namespace {

/// Forms the groups.
class Fuser {
 public:
  explicit Fuser(const FunctionBody& body) : groups_(body), all_(groups_.all()) {}

  FusionGroups run() {
    for (int i = 0; i < all_.size(); ++i)
      if (effect_of(all_.node(i)) == Effect::kNone && Fusion::takes(all_.node(i))) join(i);
    for (int i = 0; i < all_.size(); ++i)
      if (groups_.of(i) < 0 && gives_numbers_of_rows(all_.node(i)) > 0) join_rows(i);
    for (int i = 0; i < all_.size(); ++i)
      if (groups_.of(i) < 0 && Fusion::reduces(all_.node(i))) take_in(i);
    for (int i = 0; i < all_.size(); ++i)
      if (groups_.of(i) >= 0 && groups_.unit(i).size() == 1) groups_.dissolve(groups_.of(i));
    return std::move(groups_);
  }

 private:
  // A group of its own, into which the groups of the inputs go where they can.
  void join(int i) {
    int own = groups_.start(i, all_.node(i).shapes[0]);
    for (int before : all_.before(i)) {
      int other = groups_.of(before);
      if (other < 0 || other == own || !groups_.group(other).shape.is_compatible_with(groups_.group(own).shape)) continue;
      PartialShape shape = groups_.group(own).shape.merge_with(groups_.group(other).shape);
      if (groups_.merge(other, own)) groups_.set_shape(own, shape);
    }
  }

  // How long the rows are, in dimensions, that a node reduces to one number each, beside which they can be broadcast.
  static int gives_numbers_of_rows(const Node& node) {
    int inner = Fusion::reduced_rows(node);
    return inner > 0 && Fusion::keeps_dims(node) ? inner : 0;
  }

  // A group of rows, which takes in what uses its results, then whatever it touches, as long as anything fits.
  void join_rows(int reduction) {
    const Node& node = all_.node(reduction);
    Endpoint in = node.inputs[0];
    int own = groups_.start(reduction, in.node->shapes[size_t(in.output)], Fusion::reduced_rows(node));
    if (!grow(own, false)) return groups_.dissolve(own);
    while (grow(own, true) || grow(own, false)) {}
  }
  // Takes in one neighbour: of those that the members wait for, or that wait for members.
  bool grow(int own, bool backwards) {
    std::vector<int> members = groups_.group(own).members;
    for (int member : members)
      for (int next : backwards ? all_.before(member) : all_.after(member))
        if (groups_.of(next) != own && fits_rows(own, next) && take_into(own, next)) return true;
    return false;
  }
  bool take_into(int own, int next) {
    bool alone = groups_.of(next) < 0;
    int other = alone ? groups_.start(next, groups_.group(own).shape, groups_.group(own).inner) : groups_.of(next);
    if (groups_.merge(other, own)) return true;
    if (alone) groups_.dissolve(other);
    return false;
  }
  // A reduction of the same rows, or a group of elementwise nodes that compute rows or one number a row.
  bool fits_rows(int own, int next) const {
    const FusionGroup& rows = groups_.group(own);
    if (groups_.of(next) >= 0) {
      const FusionGroup& other = groups_.group(groups_.of(next));
      if (other.inner > 0) return other.inner == rows.inner && other.shape.is_compatible_with(rows.shape);
      return other.shape.is_compatible_with(rows.shape) || other.shape.is_compatible_with(Fusion::narrow_shape(rows.shape, rows.inner));
    }
    const Node& node = all_.node(next);
    if (gives_numbers_of_rows(node) != rows.inner) return false;
    Endpoint in = node.inputs[0];
    return in.node->shapes[size_t(in.output)].is_compatible_with(rows.shape);
  }

  // Nothing lies between a reduction and what it reduces, and its axes are constant: it can run with the group.
  void take_in(int reduction) {
    int g = groups_.of(all_.place(all_.node(reduction).inputs[0].node));
    if (g >= 0 && groups_.group(g).inner == 0 && groups_.group(g).reduction < 0) groups_.set_reduction(g, reduction);
  }

  FusionGroups groups_;
  const Dependencies& all_;
};

}  // namespace

FusionGroups form_groups(const FunctionBody& body) { return Fuser(body).run(); }

int fuse_elementwise(FunctionBody& body) { return make_fused_nodes(body, form_groups(body)); }

}  // namespace runnel::inline v0
