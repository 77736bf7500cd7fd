// Object headers: the list of messages that describe a group or a dataset.
#pragma once

#include <vector>

#include "runnel/interop/hdf5/source.h"

namespace runnel::inline v0::hdf5 {

enum MessageType : uint16_t {
  kNil = 0, kDataspace = 1, kLinkInfo = 2, kDatatype = 3, kFillValue = 5, kLink = 6, kLayout = 8, kFilters = 11, kAttribute = 12,
  kContinuation = 16, kSymbolTable = 17, kAttributeInfo = 21,
};

struct Message {
  uint16_t type;
  std::string_view body;
};

/// All messages of the header at an address, of versions 1 and 2, continued ones included.
std::vector<Message> read_messages(Source& source, uint64_t address);

}  // namespace runnel::inline v0::hdf5
