// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/arguments.hpp"

#include "test/support/catch.hpp"
#include "tools/patchbay/help.hpp"
#include "tools/patchbay/settings.hpp"
#include "tools/patchbay/verbs.hpp"

using namespace patchbay::cli;
using Catch::Matchers::Contains;
using Words = std::vector<std::string_view>;

namespace {

Arguments parse(std::string_view verb, const Words& words) {
  const Verb* found = find_verb(verb);
  REQUIRE(found != nullptr);
  return Arguments::parse(*found, words);
}

}  // namespace

TEST_CASE("options may be written in every usual way, anywhere") {
  for (const Words& words : {Words{"blue", "/n", "--ifname", "net1"}, Words{"--ifname=net1", "blue", "/n"},
                             Words{"blue", "-i", "net1", "/n"}, Words{"-inet1", "blue", "/n"},
                             Words{"--ifname", "x", "--ifname", "net1", "--", "blue", "/n"}}) {
    const Arguments arguments = parse("add", words);
    CHECK(arguments.operands() == std::vector<std::string>{"blue", "/n"});
    CHECK(arguments.find(kIfname) == "net1");
    CHECK_FALSE(arguments.has(kJson));
  }
}

TEST_CASE("after -- nothing is an option") {
  CHECK(parse("add", {"--", "-i", "--json"}).operands() == std::vector<std::string>{"-i", "--json"});
}

TEST_CASE("an empty value is a value") { CHECK(parse("add", {"--ifname=", "a", "b"}).find(kIfname) == ""); }

TEST_CASE("a command line that says too much or too little is a usage error") {
  for (const Words& words : {Words{}, Words{"blue"}, Words{"blue", "/n", "more"}, Words{"blue", "/n", "--ifname"},
                             Words{"blue", "/n", "--all"}, Words{"blue", "/n", "--json=yes"}, Words{"blue", "/n", "-x"},
                             Words{"blue", "/n", "--ifnam", "x"}, Words{"blue", "/n", "--", "-i"}}) {
    CHECK_THROWS_AS(parse("add", words), UsageError);
  }
}

TEST_CASE("gc and status take a namespace for cnitool's sake, but need none") {
  CHECK(parse("gc", {"blue"}).operands().size() == 1);
  CHECK(parse("gc", {"blue", "/n", "/m", "--all"}).has(kAll));
  CHECK(parse("status", {"blue", "/n"}).operands().size() == 2);
  CHECK_THROWS_AS(parse("status", {}), UsageError);
  CHECK(parse("gc", {"--yes"}).has(kYes));
}

TEST_CASE("--help needs nothing else") {
  CHECK(parse("add", {"--help"}).help_wanted());
  CHECK(parse("add", {"blue", "-h"}).help_wanted());
}

TEST_CASE("every verb is told in the overview, and every option of it in its own help") {
  const std::string all = overview(verbs());
  for (const Verb& verb : verbs()) {
    CHECK_THAT(all, Contains("patchbay " + std::string{verb.name} + " " + std::string{verb.operands}));
    const std::string own = explain(verb);
    CHECK_THAT(own, Contains(std::string{verb.story}));
    for (const Option* option : verb.options) CHECK_THAT(own, Contains("--" + std::string{option->name}));
  }
}

TEST_CASE("help fits a terminal") {
  std::string text = overview(verbs());
  for (const Verb& verb : verbs()) text += explain(verb);
  for (std::size_t start = 0, end = 0; start < text.size(); start = end + 1) {
    end = text.find('\n', start);
    REQUIRE(end != std::string::npos);
    INFO(text.substr(start, end - start));
    CHECK(end - start <= 100);
  }
}
