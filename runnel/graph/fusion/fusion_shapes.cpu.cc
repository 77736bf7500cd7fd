// The shapes of a fusion's values, in traces and when it is called.
#include <algorithm>

#include "runnel/graph/fusion/fusion.h"
#include "runnel/op/op_context.h"
#include "runnel/runtime/cpu/fused_loop.h"

namespace runnel::inline v0 {

namespace {

/// The shapes of a fusion's values; those that are equal share their sizes.
class ShapeList {
 public:
  void add(cpu::Extents dims) { shapes_[count_++] = dims; }
  cpu::Extents operator[](int i) const { return shapes_[size_t(i)]; }
  /// Adds the shape to which some of them broadcast; false where they do not.
  bool add_broadcast(std::span<const int> operands, bool equal) {
    cpu::Extents out = shapes_[size_t(operands[0])];
    for (int operand : operands.subspan(1)) {
      cpu::Extents other = shapes_[size_t(operand)];
      if (std::ranges::equal(out, other)) continue;
      if (equal || !broadcast(out, other)) return false;
    }
    add(out);
    return true;
  }

 private:
  // Makes `out` the common shape.
  bool broadcast(cpu::Extents& out, cpu::Extents other) {
    if (other.empty()) return true;
    if (out.empty()) return out = other, true;
    size_t rank = std::max(out.size(), other.size());
    if (used_ + rank > std::size(room_)) return false;
    int64_t* made = room_ + used_;
    for (size_t i = 1; i <= rank; ++i) {
      int64_t a = i <= out.size() ? out[out.size() - i] : 1, b = i <= other.size() ? other[other.size() - i] : 1;
      if (a != b && a != 1 && b != 1) return false;
      made[rank - i] = a == 1 ? b : a;
    }
    cpu::Extents common(made, rank);
    if (std::ranges::equal(common, out)) return true;
    if (std::ranges::equal(common, other)) return out = other, true;
    used_ += rank;
    out = common;
    return true;
  }

  cpu::Extents shapes_[Fusion::kMaxInputs + Fusion::kMaxSteps];
  int64_t room_[512];  // the sizes of shapes that are no operand's
  size_t count_ = 0, used_ = 0;
};

}  // namespace

PartialShape Fusion::narrow_shape(PartialShape dims, int inner) {
  for (int i = 1; i <= inner; ++i) dims.set_dim(-i, 1);
  return dims;
}

// What is reduced has the shape of all rows; every step has that shape, or one number a row, or one at all.
bool Fusion::fits_rows(std::span<const Tensor> inputs, Shape& dims, bool* whole) const {
  ShapeList shapes;
  Shape narrow;
  for (const Tensor& t : inputs) shapes.add(t.shape().dims());
  for (const Step& step : steps_) {
    std::span operands(step.operands.data(), size_t(step.op_inputs));
    if (!step.axes) {
      if (!shapes.add_broadcast(operands, step.equal_shapes)) return false;
      continue;
    }
    cpu::Extents reduced = shapes[operands[0]];
    if (int(reduced.size()) <= inner_ || (dims.rank() > 0 && !std::ranges::equal(dims.dims(), reduced))) return false;
    if (dims.rank() == 0) dims = Shape(Dims(reduced)), narrow = narrow_shape(dims, inner_).known();
    shapes.add(narrow.dims());
  }
  if (reduction_.op && dims.rank() == 0) dims = Shape(Dims(shapes[reduction_.value])), narrow = narrow_shape(dims, inner_).known();
  if (dims.rank() <= inner_ || (reduction_.op && !std::ranges::equal(shapes[reduction_.value], dims.dims()))) return false;
  auto fits = [&](int value) { return std::ranges::equal(shapes[value], dims.dims()) || std::ranges::equal(shapes[value], narrow.dims()); };
  for (const Tensor& t : inputs)
    if (t.rank() > dims.rank()) return false;
  for (size_t s = 0; s < steps_.size(); ++s)
    if (int value = int(types_.size() + s); !fits(value) && !std::ranges::all_of(shapes[value], [](int64_t d) { return d == 1; })) return false;
  for (size_t o = 0; o < outputs_.size(); ++o) whole[o] = std::ranges::equal(shapes[outputs_[o]], dims.dims());
  return std::all_of(outputs_.begin(), outputs_.end(), fits);
}

// The shapes of all steps; every output must have the shape of the whole loop.
bool Fusion::fits(std::span<const Tensor> inputs, Shape& dims) const {
  ShapeList shapes;
  for (const Tensor& t : inputs) shapes.add(t.shape().dims());
  for (const Step& step : steps_)
    if (!shapes.add_broadcast(std::span(step.operands.data(), size_t(step.op_inputs)), step.equal_shapes)) return false;
  cpu::Extents all = shapes[reduction_.op ? reduction_.value : outputs_[0]];
  for (int output : outputs_)
    if (!std::ranges::equal(shapes[output], all)) return false;
  for (const Tensor& t : inputs)
    if (t.rank() > int(all.size())) return false;
  dims = Shape(Dims(all));
  return true;
}

PartialShape Fusion::reduced_shape(const PartialShape& dims) const {
  Dims out;
  for (int i = 0; i < dims.rank(); ++i) {
    bool reduced = std::find(reduction_.axis_list.begin(), reduction_.axis_list.end(), i) != reduction_.axis_list.end();
    if (!reduced || reduction_.keep_dims) out.push_back(reduced ? 1 : dims[i]);
  }
  return PartialShape(out);
}

PartialShape Fusion::output_shape(ShapeContext& c, int output) const {
  std::vector<PartialShape> shapes;
  for (int i = 0; i < c.num_inputs(); ++i) shapes.push_back(c.input(i));
  for (const Step& step : steps_) {
    PartialShape out = shapes[size_t(step.operands[0])];
    if (step.axes && out.has_rank()) out = narrow_shape(out, inner_);
    for (int i = 1; i < step.op_inputs; ++i) out = broadcast_shapes(out, shapes[size_t(step.operands[size_t(i)])], step.op->name());
    shapes.push_back(out);
  }
  if (output < int(outputs_.size())) return shapes[size_t(outputs_[size_t(output)])];
  PartialShape in = shapes[size_t(reduction_.value)];
  return in.has_rank() ? reduced_shape(in) : in;
}

}  // namespace runnel::inline v0
