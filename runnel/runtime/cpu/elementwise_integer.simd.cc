#include "runnel/runtime/cpu/elementwise_integer.h"
