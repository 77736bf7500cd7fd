#include "runnel/base/md5.h"

#include <doctest/doctest.h>

using runnel::md5;

// The RFC's own examples, and lengths around a block's end (by Python's hashlib).
TEST_CASE("md5 gives the digests of RFC 1321") {
  CHECK(md5("") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(md5("abc") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890") == "57edf4a22be3c955ac49da2e2107b67a");
  CHECK(md5(std::string(55, 'a')) == "ef1772b6dff9a122358552954ad0df65");
  CHECK(md5(std::string(64, 'a')) == "014842d480b571495a4a0363793f7367");
}
