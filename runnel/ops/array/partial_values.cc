// How sizes that are known in part go through the operators of this family.
#include "runnel/op/partial_value.h"

namespace runnel::inline v0 {

namespace {

using enum PartialRule;

constexpr PartialValueDef kRules[] = {
    {"Shape", kShapes},         {"ShapeN", kShapes},      {"Identity", kMovesFirst},     {"StopGradient", kMovesFirst},
    {"Reshape", kMovesFirst},   {"Squeeze", kMovesFirst}, {"ExpandDims", kMovesFirst},   {"StridedSlice", kMovesFirst},
    {"Slice", kMovesFirst},     {"GatherV2", kMovesFirst}, {"GatherNd", kMovesFirst},    {"Transpose", kMovesFirst},
    {"Tile", kMovesFirst},      {"Unpack", kMovesFirst},  {"SplitV", kMovesFirst},       {"ReverseV2", kMovesFirst},
    {"BroadcastTo", kMovesFirst}, {"PadV2", kMovesFirst}, {"Pack", kMovesAll},           {"IdentityN", kMovesAll},
    {"ConcatV2", kMovesButLast}, {"Cast", kMovesFirst},
};

}  // namespace

RUNNEL_PARTIAL_VALUES(array_partial_values, kRules)

}  // namespace runnel::inline v0
