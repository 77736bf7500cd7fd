#include "runnel/runtime/cpu/elementwise_cast.h"
