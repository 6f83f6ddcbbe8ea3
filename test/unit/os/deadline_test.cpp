// SPDX-License-Identifier: Apache-2.0
#include "common/os/deadline.hpp"

#include <poll.h>

#include "test/support/catch.hpp"

using namespace std::chrono_literals;
using patchbay::os::Deadline;

TEST_CASE("a deadline runs out and never goes below nothing") {
  const Deadline deadline = Deadline::in(30ms);
  CHECK_FALSE(deadline.passed());
  CHECK(deadline.left() > 0ms);
  CHECK(deadline.left() <= 30ms);
  poll(nullptr, 0, deadline.poll_timeout());
  CHECK(deadline.passed());
  CHECK(deadline.left() == 0ms);
  CHECK(deadline.poll_timeout() == 0);
}

TEST_CASE("a deadline in the past has passed") {
  CHECK(Deadline::in(0ms).passed());
  CHECK(Deadline::in(-5ms).passed());
  CHECK(Deadline::in(-5ms).left() == 0ms);
}
