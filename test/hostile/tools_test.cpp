// SPDX-License-Identifier: Apache-2.0
// The means of the hostile tests themselves: that they see what is wrong.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "test/hostile/files.hpp"
#include "test/hostile/judge.hpp"
#include "test/hostile/system_calls.hpp"
#include "test/hostile/trial.hpp"
#include "test/support/catch.hpp"
#include "test/support/process.hpp"

using namespace patchbay::test;
using namespace patchbay::test::hostile;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr const char* kError =
    R"({"cniVersion": "1.1.0", "code": 7, "msg": "bad", "details": "at /mtu; expected less"})";

Outcome answered(int exit_code, const std::string& out) {
  Outcome outcome;
  outcome.ran = {exit_code, out, ""};
  return outcome;
}

Expectation refusal(int code, const std::string& pointer) {
  return {.kind = Expectation::Kind::refused, .codes = {code}, .pointer = pointer, .says = ""};
}

Trial shell(const std::string& command) {
  return {.arguments = {"/bin/sh", "-c", command},
          .environment = own_environment(),
          .input = {},
          .prelude = {},
          .denied = {},
          .denied_with = 0};
}

}  // namespace

TEST_CASE("a refusal is one JSON error of the right code that points at the right place") {
  CHECK(complaints(answered(1, kError), refusal(7, "/mtu"), {}) == "");
  CHECK(complaints(answered(1, kError), refusal(6, "/mtu"), {}) != "");
  CHECK(complaints(answered(1, kError), refusal(7, "/mt"), {}) != "");
  CHECK(complaints(answered(1, kError), refusal(7, ""), {}) != "");
  CHECK(complaints(answered(0, "{}"), refusal(7, "/mtu"), {}) != "");
  CHECK(complaints(answered(139, kError), refusal(7, "/mtu"), {}) != "");
  CHECK(complaints(answered(1, std::string{kError} + kError), refusal(7, "/mtu"), {}) != "");
  CHECK(complaints(answered(1, ""), refusal(7, "/mtu"), {}) != "");
  CHECK(complaints(answered(1, R"({"code": 7})"), refusal(7, ""), {}) != "");
}

TEST_CASE("what hangs, is late or takes too much memory is told") {
  Outcome outcome = answered(0, "{}");
  CHECK(complaints(outcome, {}, {}) == "");
  outcome.took = 20s;
  CHECK(complaints(outcome, {}, {}) != "");
  CHECK(complaints(outcome, {}, {.at_most = 30s}) == "");
  outcome.peak_kib = 2 << 20;
  CHECK(complaints(outcome, {}, {.at_most = 30s}) != "");
  outcome = answered(0, "{}");
  outcome.hung = true;
  CHECK(complaints(outcome, {}, {}) != "");
}

TEST_CASE("a trial feeds, measures, limits and ends what it runs") {
  Trial counted = shell("wc -c");
  counted.input = {.before = "ab", .unit = "xyz", .times = 1'000'000, .after = "c", .open = false};
  CHECK(run(counted).ran.out.find("3000003") != std::string::npos);

  Trial patient = shell("cat");
  patient.input = {.before = "a", .unit = "", .times = 0, .after = "", .open = true};
  patient.patience = 100ms;
  CHECK(run(patient).hung);

  Trial limited = shell("ulimit -n");
  limited.prelude = "ulimit -n 17";
  CHECK(run(limited).ran.out == "17\n");

  Trial denied = shell("mkdir /proc/x");
  denied.denied = system_calls("mkdir");
  denied.denied_with = ENOSYS;
  CHECK(run(denied).ran.err.find("Function not implemented") != std::string::npos);

  Trial greedy = shell("head -c 80000000 /dev/zero | tail -c 80000000 | wc -c");
  CHECK(run(greedy).peak_kib > 70'000);
}

TEST_CASE("texts are made as the tables say") {
  CHECK(to_text(json::parse(R"({"$bytes": "a\u00ff"})")) == "a\xff");
  CHECK(to_text(json::parse(R"({"$repeat": "ab", "times": 2, "before": "<", "after": ">"})")) == "<abab>");
  const json list = expanded(json::parse(R"({"l": {"$list": 2, "of": {"p": {"$index": 1000}, "t": "x"}}})"));
  CHECK(list == json::parse(R"({"l": [{"p": 1000, "t": "x"}, {"p": 1001, "t": "x"}]})"));
}

TEST_CASE("a listing tells content, mode and kind apart, and leaves empty locks out") {
  std::string root = "/tmp/hostile-XXXXXX";
  REQUIRE(mkdtemp(root.data()) != nullptr);
  const auto write = [&](const char* name, const char* text) { std::ofstream{root + "/" + name} << text; };
  write("a", "1");
  const Listing first = list_files(root);
  write("lock", "");
  CHECK(difference(first, list_files(root)) == "");
  write("a", "2");
  CHECK(difference(first, list_files(root)) != "");
  write("a", "1");
  CHECK(difference(first, list_files(root)) == "");
  std::filesystem::permissions(root + "/a", std::filesystem::perms{0600});
  CHECK(difference(first, list_files(root)) != "");
  REQUIRE(mkfifo((root + "/pipe").c_str(), 0600) == 0);
  CHECK(list_files(root).size() == 2);
  std::filesystem::remove_all(root);
}
