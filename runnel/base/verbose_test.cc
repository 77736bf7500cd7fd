#include "runnel/base/verbose.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

namespace runnel::testing {

TEST_CASE("RUNNEL_VERBOSE lists whole topics") {
  const char* before = std::getenv("RUNNEL_VERBOSE");
  std::string kept = before ? before : "";
  setenv("RUNNEL_VERBOSE", "dispatch, leaks", 1);
  CHECK(is_verbose("dispatch"));
  CHECK(is_verbose("leaks"));
  CHECK_FALSE(is_verbose("leak"));
  unsetenv("RUNNEL_VERBOSE");
  CHECK_FALSE(is_verbose("dispatch"));
  if (before) setenv("RUNNEL_VERBOSE", kept.c_str(), 1);
}

}  // namespace runnel::testing
