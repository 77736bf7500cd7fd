// What most C++ tests include.
#pragma once

#include <doctest/doctest.h>

#include "cmake/precompiled/library.h"

#include "runnel/keras/layer.h"
