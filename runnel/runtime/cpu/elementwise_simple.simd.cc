#include "runnel/runtime/cpu/elementwise_simple.h"
