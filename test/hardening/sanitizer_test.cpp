// SPDX-License-Identifier: Apache-2.0
// What tests make of a sanitizer's report.
#include "test/support/catch.hpp"
#include "test/support/process.hpp"

using namespace patchbay::test;

namespace {

Ran shell(const std::string& command) {
  return run({.arguments = {"/bin/sh", "-c", command}, .environment = own_environment()});
}

}  // namespace

TEST_CASE("a sanitizer's report is never taken for a program's own failure") {
  CHECK_THROWS(shell("exit 86"));
  CHECK_THROWS(shell("echo '==1==ERROR: AddressSanitizer: heap-use-after-free' >&2; exit 1"));
  CHECK_THROWS(shell("echo '==1==ERROR: LeakSanitizer: detected memory leaks' >&2; exit 1"));
  CHECK_THROWS(shell("echo 'x.cpp:1:2: runtime error: signed integer overflow' >&2"));
  CHECK(shell("echo refused; exit 1").exit_code == 1);
}
