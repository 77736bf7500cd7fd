#define RUNNEL_CAST_RARE
#include "runnel/runtime/cpu/elementwise_once.h"
// The pairs with a rarer type.
#include "runnel/runtime/cpu/elementwise_cast.h"
