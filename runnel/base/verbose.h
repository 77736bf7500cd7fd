// RUNNEL_VERBOSE=dispatch,leaks: topics on which the library tells more.
#pragma once

#include <string_view>

namespace runnel::inline v0 {

/// True where the environment's RUNNEL_VERBOSE lists the topic. Keep the answer: it is searched for each time.
bool is_verbose(std::string_view topic);

}  // namespace runnel::inline v0
