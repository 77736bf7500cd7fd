// map_fn, scan, foldl, foldr: functions applied along the first dimension of tensors. Eagerly they loop; in a graph they
// become a While with a TensorArray.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "runnel/core/tensor.h"
#include "runnel/graph/traces.h"

namespace runnel::inline v0 {

/// Tensors of one row of each of `elems` -> tensors.
using RowFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>& row)>;
/// (accumulated, row) -> accumulated.
using FoldFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>& accumulated, const std::vector<Tensor>& row)>;

/// fn of each row, stacked: elems (n, ...) -> results (n, ...). `fn_output_signature` tells what fn gives of a row; by default tensors of
/// the dtypes of `elems`. Without rows, eager code does not call fn: results whose row shape the signature does not tell are (0,).
/// InvalidArgumentError where a result has another dtype, ValueError for another number of results or a shape that does not fit.
std::vector<Tensor> map_fn(const RowFunction& fn, const std::vector<Tensor>& elems, std::vector<TensorSpec> fn_output_signature = {});
Tensor map_fn(const std::function<Tensor(const Tensor&)>& fn, const Tensor& elems, const std::optional<TensorSpec>& fn_output_signature = {});
/// The same with results of whatever number and dtypes fn gives. Without rows a trace of fn tells them.
std::vector<Tensor> map_rows(const RowFunction& fn, const std::vector<Tensor>& elems);
/// fn(... fn(fn(initializer, row 0), row 1) ..., row n - 1); without an initializer row 0 takes its place.
std::vector<Tensor> foldl(const FoldFunction& fn, const std::vector<Tensor>& elems, const std::vector<Tensor>& initializer = {});
/// The same from the last row to the first.
std::vector<Tensor> foldr(const FoldFunction& fn, const std::vector<Tensor>& elems, const std::vector<Tensor>& initializer = {});
/// All intermediate results of foldl (foldr where `reverse`), stacked.
std::vector<Tensor> scan(const FoldFunction& fn, const std::vector<Tensor>& elems, const std::vector<Tensor>& initializer = {},
                         bool reverse = false);

}  // namespace runnel::inline v0
