// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/failure.hpp"

#include <nlohmann/json.hpp>

#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::cli;

TEST_CASE("people get facts and advice on lines of their own") {
  CHECK(to_text({{7, "mtu is 70000", "at /mtu; expected 0..65535; hint: ask the network"}}) ==
        "patchbay: mtu is 70000 (code 7)\n"
        "    at /mtu; expected 0..65535\n"
        "    hint: ask the network\n");
  CHECK(to_text({{7, "a", "hint: b"}, {999, "c", ""}}) ==
        "patchbay: a (code 7)\n"
        "    hint: b\n"
        "patchbay: c (code 999)\n");
}

TEST_CASE("programs get one error object, with the first code") {
  const auto object = nlohmann::json::parse(to_json({{11, "busy", "at /x"}, {5, "gone", ""}, {6, "odd", "hint: y"}}));
  CHECK(
      object ==
      nlohmann::json{{"cniVersion", "1.1.0"}, {"code", 11}, {"msg", "busy; gone; odd"}, {"details", "at /x; hint: y"}});
  CHECK_FALSE(nlohmann::json::parse(to_json({{1, "m", ""}})).contains("details"));
  CHECK(nlohmann::json::accept(to_json({{1, "\xff\xfe", ""}})));
}

TEST_CASE("every failure is kept, whichever way it was thrown") {
  Failures failures;
  attempt(failures, [] {});
  attempt(failures, [] { throw Error{Code::io_failure, "one"}.hint("do"); });
  attempt(failures, [] { throw Failed{Failures{{1, "two", ""}, {2, "three", ""}}}; });
  attempt(failures, [] { throw std::runtime_error{"four"}; });
  REQUIRE(failures.size() == 4);
  CHECK(failures[3].message == "four");
  CHECK(failures[0].code == 5);
  CHECK(failures[0].details == "hint: do");
  CHECK(failures[2].message == "three");
}
