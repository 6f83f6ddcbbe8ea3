// SPDX-License-Identifier: Apache-2.0
#include "common/base/digest.hpp"

#include "test/support/catch.hpp"

using patchbay::sha512_hex;

TEST_CASE("sha512_hex agrees with FIPS 180-4's examples") {
  CHECK(sha512_hex("abc", 128) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  CHECK(sha512_hex("", 16) == "cf83e1357eefb8bd");
}

TEST_CASE("sha512_hex cuts, and never gives more than there is") {
  CHECK(sha512_hex("abc", 4) == "ddaf");
  CHECK(sha512_hex("abc", 0).empty());
  CHECK(sha512_hex("abc", 1000).size() == 128);
}
