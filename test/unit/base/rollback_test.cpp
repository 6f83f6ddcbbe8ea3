// SPDX-License-Identifier: Apache-2.0
#include "common/base/rollback.hpp"

#include <stdexcept>

#include "common/base/error.hpp"
#include "test/support/catch.hpp"
#include "test/unit/base/stderr_capture.hpp"

using patchbay::Rollback;

TEST_CASE("undos run in reverse order") {
  std::string order;
  {
    Rollback undo;
    undo.add("a", [&] { order += 'a'; });
    undo.add("b", [&] { order += 'b'; });
    undo.add("c", [&] { order += 'c'; });
    CHECK(order.empty());
  }
  CHECK(order == "cba");
}

TEST_CASE("after a commit nothing is undone, later steps are") {
  std::string order;
  {
    Rollback undo;
    undo.add("a", [&] { order += 'a'; });
    undo.commit();
    undo.add("b", [&] { order += 'b'; });
  }
  CHECK(order == "b");
}

TEST_CASE("undos run while an exception unwinds, which goes on its way") {
  std::string order;
  const auto add = [&] {
    Rollback undo;
    undo.add("a", [&] { order += 'a'; });
    throw patchbay::Error{patchbay::Code::io_failure, "disk full"};
  };
  CHECK_THROWS_AS(add(), patchbay::Error);
  CHECK(order == "a");
}

TEST_CASE("a failing undo is reported by name; the others still run") {
  std::string order;
  patchbay::test::StderrCapture capture;
  {
    Rollback undo;
    undo.add("a", [&] { order += 'a'; });
    undo.add("remove link", [] { throw patchbay::Error{patchbay::Code::kernel_refused, "no such device"}; });
    undo.add("close door", [] { throw std::runtime_error{"stuck"}; });
    undo.add("d", [&] { order += 'd'; });
  }
  const std::string said = capture.text();
  CHECK(order == "da");
  CHECK(said == "undo \"close door\" failed: stuck\nundo \"remove link\" failed: no such device\n");
}
