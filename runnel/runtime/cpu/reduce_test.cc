#include <doctest/doctest.h>

#include "runnel/runtime/cpu/reduce.h"
#include "runnel/runtime/cpu/transpose.h"
