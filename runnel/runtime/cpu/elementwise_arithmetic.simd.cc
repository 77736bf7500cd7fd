#include "runnel/runtime/cpu/elementwise_arithmetic.h"
