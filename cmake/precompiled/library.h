// What most files of the library include: tensors and cards. No operators: files have helpers of the same names.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "runnel/op/op.h"
#include "runnel/op/op_context.h"
