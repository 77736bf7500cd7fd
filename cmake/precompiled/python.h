// What most files of the Python module include.
#pragma once

#include "cmake/precompiled/library.h"

#include "python/bind.h"
#include "python/casters.h"
#include "python/convert.h"
#include "python/keras/value.h"
