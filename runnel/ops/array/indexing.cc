#include "runnel/ops/indexing.h"

#include "runnel/base/error.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

constexpr int kMostEntries = 30;  // bits of a mask

// A scalar that is known now becomes a number; one that is not stays an int64 tensor.
Place resolved(const Place& place) {
  const Tensor& t = place.tensor();
  if (!t) return place;
  PartialShape s = t.partial_shape();
  if (!t.dtype().is_integer() || (s.has_rank() && s.rank() != 0))
    fail<TypeError>("", "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 tensors are valid indices",
                    {.got = cat(t.dtype(), " of shape ", to_text(s))});
  return t.is_symbolic() ? Place(cast(t, int64)) : Place(read_int(t));
}
Place next(const Place& place) { return place.tensor() ? Place(add(place.tensor(), 1)) : Place(place.number() + 1); }

// One input: int32 where every number fits, int64 beside symbolic ones.
Tensor packed(const std::vector<Place>& places) {
  bool symbolic = false;
  Dims numbers;
  std::vector<Tensor> parts;
  for (const Place& p : places) {
    symbolic |= bool(p.tensor());
    numbers.push_back(p.number());
    parts.push_back(p.tensor() ? p.tensor() : Tensor::scalar(p.number()));
  }
  return symbolic ? stack(parts) : Ints(numbers).tensor();
}

class Builder {
 public:
  void add(const Index& index) {
    bit_ = int64_t(1) << begin_.size();
    switch (index.kind()) {
      case Index::kPlace: return add_place(resolved(index.place()));
      case Index::kSlice: return add_slice(index.slice());
      case Index::kEllipsis: out_.ellipsis_mask |= bit_; break;
      case Index::kNewAxis: out_.new_axis_mask |= bit_; break;
    }
    push(0, 0, 1);
  }
  SliceArguments finish() {
    out_.begin = packed(begin_);
    out_.end = packed(end_);
    out_.strides = packed(strides_);
    DType wide = out_.begin.dtype() == out_.end.dtype() && out_.end.dtype() == out_.strides.dtype() ? out_.begin.dtype() : DType(int64);
    for (Tensor* t : {&out_.begin, &out_.end, &out_.strides})
      if (t->dtype() != wide) *t = cast(*t, wide);
    return out_;
  }

 private:
  void add_place(const Place& at) {
    out_.shrink_axis_mask |= bit_;
    push(at, next(at), 1);
  }
  void add_slice(const Slice& slice) {
    if (!slice.begin) out_.begin_mask |= bit_;
    if (!slice.end) out_.end_mask |= bit_;
    push(slice.begin ? resolved(*slice.begin) : 0, slice.end ? resolved(*slice.end) : 0, resolved(slice.step));
  }
  void push(const Place& begin, const Place& end, const Place& stride) {
    if (int(begin_.size()) >= kMostEntries) fail<IndexError>("", "too many indices for a tensor");
    begin_.push_back(begin);
    end_.push_back(end);
    strides_.push_back(stride);
  }

  SliceArguments out_;
  int64_t bit_ = 0;
  std::vector<Place> begin_, end_, strides_;
};

Tensor sliced(const Tensor& x, const SliceArguments& a) {
  static const Op& op = get_op("StridedSlice");
  return run(op, {x, a.begin, a.end, a.strides}, a.masks());
}

}  // namespace

SliceArguments slice_arguments(std::span<const Index> index) {
  Builder builder;
  for (const Index& entry : index) builder.add(entry);
  return builder.finish();
}

Attrs SliceArguments::masks() const {
  return {{"begin_mask", begin_mask}, {"end_mask", end_mask}, {"ellipsis_mask", ellipsis_mask}, {"new_axis_mask", new_axis_mask},
          {"shrink_axis_mask", shrink_axis_mask}};
}

Tensor Tensor::operator[](std::initializer_list<Index> index) const {
  if (index.size() == 1 && index.begin()->is_mask()) return boolean_mask(*this, index.begin()->place().tensor());
  return sliced(*this, slice_arguments({index.begin(), index.size()}));
}
Tensor Tensor::operator[](const Index& index) const { return (*this)[{index}]; }

Tensor slice_update(const Tensor& x, std::initializer_list<Index> index, const Operand& value) {
  static const Op& op = get_op("TensorStridedSliceUpdate");
  SliceArguments a = slice_arguments({index.begin(), index.size()});
  return run(op, {x, a.begin, a.end, a.strides, value.tensor(x.dtype())}, a.masks());
}

VariableSlice Variable::operator[](std::initializer_list<Index> index) const {
  return VariableSlice(*this, slice_arguments({index.begin(), index.size()}));
}
VariableSlice Variable::operator[](const Index& index) const { return (*this)[{index}]; }

Tensor VariableSlice::value() const { return sliced(variable_.value(), slice_); }
const Variable& VariableSlice::assign(const Operand& value) const {
  static const Op& op = get_op("ResourceStridedSliceAssign");
  run(op, {variable_.handle(), slice_.begin, slice_.end, slice_.strides, value.tensor(variable_.dtype())}, slice_.masks());
  return variable_;
}

}  // namespace runnel::inline v0
