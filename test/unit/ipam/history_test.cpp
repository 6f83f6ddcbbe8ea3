// SPDX-License-Identifier: Apache-2.0
// Random lives of a node, checked against a model of who is alive: whatever happens - kills between any
// two changes, deaths without DEL, reboots, power cuts, the reference suite taking turns, torn files, GC -
// no live address is ever freed or handed out twice, and what is provably dead stands in nobody's way.
//
// PATCHBAY_SEED=n repeats one history, PATCHBAY_HISTORIES=n runs so many.
#include <cstdlib>
#include <iostream>

#include "test/unit/ipam/doom.hpp"
#include "test/unit/ipam/node.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

constexpr unsigned kHistories = 10'000, kLength = 20;

unsigned from_environment(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

std::optional<std::string> run(const std::string& directory, const History& history, std::string& story) {
  const Machine machine;
  std::optional<std::string> failure;
  try {
    Node node{directory, history.seed, story};
    for (const Event& event : history.events) node.live_through(event);
    node.end();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  std::filesystem::remove_all(directory);
  return failure;
}

}  // namespace

TEST_CASE("no history frees a live address or hands it out twice, and the dead give back what they had") {
  // In memory where possible: a disk would take minutes.
  if (access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 0);
  const Scratch scratch;
  const auto run_here = [&](const History& history, std::string& story) {
    return run(scratch / "data", history, story);
  };
  const unsigned first = from_environment("PATCHBAY_SEED", 0);
  const unsigned count =
      std::getenv("PATCHBAY_SEED") != nullptr ? 1 : from_environment("PATCHBAY_HISTORIES", kHistories);
  for (unsigned seed = first; seed < first + count; ++seed) {
    std::string story;
    const History history = random_history(seed, kLength);
    if (!run_here(history, story)) continue;
    const History shortest = shrunk(history, run_here);
    story.clear();
    const auto failure = run_here(shortest, story);
    FAIL("PATCHBAY_SEED=" << seed << ", " << shortest.events.size() << " events:\n" << story << failure.value());
  }
}

TEST_CASE("a history that goes wrong is shortened to what it takes") {
  // Wrong is: a reboot after a DEL.
  const auto is_wrong = [](const History& history, std::string&) -> std::optional<std::string> {
    bool deleted = false;
    for (const Event& event : history.events) {
      deleted = deleted || event.kind == Event::Kind::del;
      if (deleted && event.kind == Event::Kind::reboot) return "wrong";
    }
    return std::nullopt;
  };
  std::string story;
  History history = random_history(1, 200);
  REQUIRE(is_wrong(history, story));
  history = shrunk(history, is_wrong);
  REQUIRE(history.events.size() == 2);
  CHECK(history.events[0].kind == Event::Kind::del);
  CHECK(history.events[1].kind == Event::Kind::reboot);
}

TEST_CASE("a death stops every change, and a write in its middle") {
  const Scratch scratch;
  const os::Directory directory = os::Directory::ensure(scratch / "d", 0700);
  const auto left_by = [&](unsigned step) {
    const std::string name = "f" + std::to_string(step);
    const Doom doom{step};
    if (step == 0) {
      CHECK(directory.create_in_place(name, "12345678", 0600));
    } else {
      CHECK_THROWS_AS(directory.create_in_place(name, "12345678", 0600), Error);
      CHECK(doom.struck());
      CHECK_THROWS_AS(directory.remove(name), Error);
    }
    return content_of(scratch / ("d/" + name));
  };
  CHECK(left_by(1) == "(absent)");
  CHECK(left_by(2) == "1234");
  CHECK(left_by(0) == "12345678");
}
