#include "runnel/base/verbose.h"

#include <algorithm>
#include <cstdlib>

#include "runnel/base/text.h"

namespace runnel::inline v0 {

bool is_verbose(std::string_view topic) {
  const char* listed = std::getenv("RUNNEL_VERBOSE");
  if (!listed) return false;
  std::vector<std::string> topics = split(listed, ',');
  return std::find(topics.begin(), topics.end(), topic) != topics.end();
}

}  // namespace runnel::inline v0
