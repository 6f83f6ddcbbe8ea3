// SPDX-License-Identifier: Apache-2.0
// What is excused, and that nothing else is.
#include "test/stress/verdict.hpp"

#include "test/support/catch.hpp"

using namespace patchbay::stress;
using patchbay::test::Ran;

namespace {

Ran error(int code, const std::string& message, const std::string& details = {}) {
  nlohmann::json object{{"cniVersion", "1.1.0"}, {"code", code}, {"msg", message}};
  if (!details.empty()) object["details"] = details;
  return {.exit_code = 1, .out = object.dump(), .err = {}};
}

std::optional<Expected> judged(const std::string& verb, const std::string& plugin, const Ran& ran,
                               const Circumstances& circumstances = {}) {
  return judge(failure_of(verb, plugin, ran), circumstances);
}

}  // namespace

TEST_CASE("conflicts excuse the ADD of the plugin that can have them") {
  CHECK(judged("ADD", "portmap", error(104, "taken")) == Expected::port_taken);
  CHECK_FALSE(judged("DEL", "portmap", error(104, "taken")));
  CHECK_FALSE(judged("ADD", "bridge", error(104, "taken")));
  CHECK(judged("ADD", "bridge", error(102, "no IP addresses available")) == Expected::no_address);
  CHECK_FALSE(judged("CHECK", "bridge", error(102, "no IP addresses available")));
}

TEST_CASE("a lock excuses only when it is held, and its holder is named") {
  const auto refusal = error(11, "/d/lock has been locked for 5000 ms by process 4711 (sleep)");
  CHECK(judged("ADD", "bridge", refusal, {.holds = {{"/d/lock", 4711}}}) == Expected::locked);
  CHECK(judged("DEL", "bridge", refusal, {.holds = {{"/e/lock", 1}, {"/d/lock", 4711}}}) == Expected::locked);
  CHECK_FALSE(judged("ADD", "bridge", refusal));
  CHECK_FALSE(judged("ADD", "bridge", refusal, {.holds = {{"/d/lock", 471}}}));
  CHECK_FALSE(judged("ADD", "bridge", refusal, {.holds = {{"/e/lock", 4711}}}));
  CHECK_FALSE(judged("ADD", "bridge", error(11, "the ruleset kept changing"), {.holds = {{"/d/lock", 4711}}}));
}

TEST_CASE("a termination excuses what says that it was terminated") {
  CHECK(judged("ADD", "bridge", error(11, "stopped by SIGTERM"), {.terminated = true}) == Expected::terminated);
  CHECK_FALSE(judged("ADD", "bridge", error(11, "stopped by SIGTERM")));
}

TEST_CASE("a namespace that is gone excuses ADD and CHECK, never DEL") {
  CHECK(judged("ADD", "bridge", error(8, "gone"), {.path_hidden = true}) == Expected::namespace_gone);
  CHECK_FALSE(judged("DEL", "bridge", error(8, "gone"), {.path_hidden = true}));
  CHECK_FALSE(judged("ADD", "bridge", error(8, "gone")));
}

TEST_CASE("a flush excuses CHECK alone") {
  CHECK(judged("CHECK", "portmap", error(106, "drift"), {.flushed = true}) == Expected::flushed);
  CHECK_FALSE(judged("CHECK", "portmap", error(106, "drift")));
  CHECK_FALSE(judged("ADD", "portmap", error(101, "refused"), {.flushed = true}));
}

TEST_CASE("what is no error object is never excused, and is told") {
  const Circumstances all{.terminated = true, .path_hidden = true, .flushed = true, .holds = {}};
  const auto failure = failure_of("ADD", "bridge", {.exit_code = 139, .out = "", .err = "oops"});
  CHECK_FALSE(judge(failure, all));
  CHECK(failure.message == "exit code 139: oops");
  CHECK(failure.is_a_defect());
  CHECK(failure_of("ADD", "bridge", error(199, "no memory")).is_a_defect());
  CHECK_FALSE(failure_of("ADD", "bridge", error(100, "busy")).is_a_defect());
}

TEST_CASE("errors are counted by kind, without the names in them") {
  const auto one = failure_of("DEL", "bridge", error(100, "remove veth0a1 of w3-17: busy", "kernel says: 4"));
  const auto other = failure_of("DEL", "bridge", error(100, "remove veth9bc of w4-1: busy", "kernel says: 77"));
  CHECK(one.kind() == other.kind());
  CHECK(one.kind().find("DEL bridge 100: remove # of # busy") == 0);
}
