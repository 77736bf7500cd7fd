#include "runnel/runtime/cpu/elementwise_once.h"
// The rows for the rarer types.
#include "runnel/runtime/cpu/elementwise_compare.h"
