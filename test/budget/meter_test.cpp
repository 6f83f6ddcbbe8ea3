// SPDX-License-Identifier: Apache-2.0
#include "test/budget/meter.hpp"

#include "test/support/catch.hpp"

using namespace patchbay::test;
using namespace patchbay::test::budget;

namespace {

// What a plugin costs that is a shell script.
Figures cost_of(const std::string& script) {
  World world;
  world.sh("printf '#!/bin/sh\\n" + script + "\\n' >/run/script && chmod +x /run/script");
  Book book;
  for (const Way way : {Way::traced, Way::alone}) {
    measure(world, way, book);
    const Ran ran = world.call({.plugin = "script", .path = "/run"});
    INFO(ran.err);
    REQUIRE(ran.exit_code == 0);
    CHECK(ran.out == "done\n");
  }
  return book.at("script ADD");
}

}  // namespace

TEST_CASE("what the plugin starts is in the books, also when it outlives the plugin") {
  if (const auto reason = lacks_strace()) PATCHBAY_SKIP(*reason);
  const Figures nothing = cost_of("echo done");
  const Figures waited_for = cost_of("sleep 0.1; echo done");
  const Figures left_behind = cost_of("sleep 0.1 </dev/null & echo done");
  CHECK(nothing.execs == 1);
  CHECK(nothing.netlink == 0);
  for (const Figures& figures : {waited_for, left_behind}) {
    CHECK(figures.execs == 2);
    CHECK(figures.system_calls > nothing.system_calls + 20);  // to start a program alone takes more
    CHECK(figures.page_faults > nothing.page_faults + 50);
  }
}

TEST_CASE("netlink messages are counted in whatever namespace they are sent") {
  if (const auto reason = lacks_strace()) PATCHBAY_SKIP(*reason);
  const int here = cost_of("ip link show lo >/dev/null; echo done").netlink;
  CHECK(here > 0);
  CHECK(cost_of("unshare -n ip link show lo >/dev/null; echo done").netlink == here);
}
