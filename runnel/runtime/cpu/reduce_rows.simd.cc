#include "runnel/runtime/cpu/reduce_rows.h"
