// One node for a stateless random operator whose seed or parameters differ from row to row: what vectorized_map makes of it.
#include "runnel/ops/random/each_row.h"

#include <cstring>

#include "runnel/op/context.h"
#include "runnel/op/shape_inference.h"

namespace runnel::inline v0 {

namespace {

const Op& row_op(const AttrReader& c) { return get_op(c.string_attr("op")); }
bool is_stacked(const AttrReader& c, int i) { return c.attr<std::vector<bool>>("stacked")[size_t(i)]; }

// The row operator's attributes that its inputs do not tell.
Attrs row_attrs(const AttrReader& c) {
  Attrs out;
  for (const char* name : {"dtype", "output_dtype"})
    if (row_op(c).schema().attr_index(name) >= 0) out.set(name, c.attr<std::vector<DType>>("Tout")[0]);
  return out;
}

void each_row_shape(ShapeContext& c) {
  PartialShape count({-1});
  std::vector<Tensor> row;
  for (int i = 0; i < c.num_inputs(); ++i) {
    PartialShape shape = c.input(i);
    if (is_stacked(c, i) && shape.has_rank()) {
      count.set_dim(0, std::max(count[0], shape[0]));
      shape = shape.slice(1, shape.rank());
    }
    const Tensor* known = is_stacked(c, i) ? nullptr : c.constant(i);
    row.push_back(known ? *known : Tensor::symbolic(c.input_dtype(i), {.shape = shape}));
  }
  std::vector<PartialShape> shapes = infer_shapes(row_op(c), row, row_attrs(c), c.num_outputs());
  for (int k = 0; k < c.num_outputs(); ++k) c.set_output(k, count.concatenate(shapes[size_t(k)]));
}

void each_row_kernel(OpContext& c) {
  Scoped silent(thread_context().recorders, std::vector<Recorder*>{});
  const int64_t count = c.output_shape().dim(0);
  for (int k = 0; k < c.num_outputs(); ++k) c.output(k);
  for (int64_t i = 0; i < count; ++i) {
    std::vector<Tensor> row;
    for (int k = 0; k < c.num_inputs(); ++k) {
      const Tensor& t = c.input(k);
      row.push_back(is_stacked(c, k) ? t.rows(i, i + 1).reshaped(PartialShape(t.shape()).slice(1, t.rank()).known()) : t);
    }
    std::vector<Tensor> results = run_all(row_op(c), row, row_attrs(c));
    for (int k = 0; k < c.num_outputs(); ++k) {
      const Tensor& from = results[size_t(k)];
      std::memcpy(static_cast<char*>(c.output(k).mutable_raw()) + i * from.nbytes(), from.raw(), size_t(from.nbytes()));
    }
  }
}

constexpr OpDef kOps[] = {
    {.name = "_StatelessEachRow", .signature = "inputs: list(Tin) -> outputs: list(Tout)",
     .attrs = "Tin: list(type); Tout: list(type); op: string; stacked: list(bool)", .shape = each_row_shape,
     .no_gradient = "random numbers do not depend on the inputs' values", .kernel = each_row_kernel},
};

std::vector<DType> output_types(const BatchingContext& c) {
  std::vector<DType> out;
  for (const ArgSpec& output : c.op().schema().outputs) out.push_back(output.type_attr < 0 ? output.type : c.types()[size_t(output.type_attr)]);
  return out;
}

}  // namespace
RUNNEL_OPS(random_each_row, kOps)

std::vector<Batched> each_row(const BatchingContext& c) {
  std::vector<Tensor> inputs;
  std::vector<bool> are_stacked;
  std::vector<DType> types;
  for (int i = 0; i < c.num_inputs(); ++i) {
    inputs.push_back(c.value(i));
    are_stacked.push_back(c.stacked(i));
    types.push_back(c.value(i).dtype());
  }
  return stacked(run_all(get_op("_StatelessEachRow"), inputs,
                         {{"Tin", types}, {"Tout", output_types(c)}, {"op", std::string(c.op().name())}, {"stacked", are_stacked}}));
}
std::vector<Batched> each_row_of_shape(const BatchingContext& c) { return c.stacked(0) ? std::vector<Batched>() : each_row(c); }

}  // namespace runnel::inline v0
