#include "runnel/runtime/cpu/elementwise_compare.h"
