// SPDX-License-Identifier: Apache-2.0
// Which capabilities every verb of every plugin goes on with, and that it gives up the others before it
// reads anything. docs/adr/0011-capabilities.md has the table.
#include <algorithm>

#include "test/hardening/strace.hpp"
#include "test/support/catch.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

const std::string kFiles = "1<<CAP_DAC_OVERRIDE|1<<CAP_DAC_READ_SEARCH";
const std::string kOnTheHost = kFiles + "|1<<CAP_NET_ADMIN|1<<CAP_NET_RAW|1<<CAP_SYS_PTRACE";
const std::string kInContainers = kOnTheHost + "|1<<CAP_SYS_ADMIN";
const std::string kLoopback = kFiles + "|1<<CAP_NET_ADMIN|1<<CAP_SYS_PTRACE|1<<CAP_SYS_ADMIN";
const std::string kLeases = kFiles + "|1<<CAP_SYS_PTRACE";

struct Row {
  std::string plugin, verb, kept;
};
const std::vector<Row> kTable{
    {"bridge", "ADD", kInContainers},  {"bridge", "DEL", kInContainers},   {"bridge", "CHECK", kInContainers},
    {"bridge", "GC", kOnTheHost},      {"bridge", "STATUS", kOnTheHost},   {"veth", "ADD", kInContainers},
    {"veth", "DEL", kInContainers},    {"veth", "CHECK", kInContainers},   {"veth", "GC", kInContainers},
    {"veth", "STATUS", kOnTheHost},    {"ptp", "ADD", kInContainers},      {"portmap", "ADD", kOnTheHost},
    {"portmap", "DEL", kOnTheHost},    {"portmap", "CHECK", kOnTheHost},   {"portmap", "GC", kOnTheHost},
    {"portmap", "STATUS", kOnTheHost}, {"host-local", "ADD", kLeases},     {"host-local", "DEL", kLeases},
    {"host-local", "CHECK", kLeases},  {"host-local", "GC", kLeases},      {"host-local", "STATUS", kLeases},
    {"firewall", "ADD", kOnTheHost},   {"firewall", "DEL", kOnTheHost},    {"firewall", "CHECK", kOnTheHost},
    {"firewall", "GC", kOnTheHost},    {"firewall", "STATUS", kOnTheHost}, {"loopback", "ADD", kLoopback},
    {"loopback", "DEL", kLoopback},    {"loopback", "CHECK", kLoopback},   {"loopback", "GC", "0"},
    {"loopback", "STATUS", "0"},
};

std::string sets(const std::string& kept) {
  return "{effective=" + kept + ", permitted=" + kept + ", inheritable=0}) = 0";
}

using Lines = std::vector<std::string>;

Lines::const_iterator first(const Lines& lines, const std::string& call) {
  return std::find_if(lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(call); });
}

}  // namespace

TEST_CASE("every verb gives up what it does not need, before it reads anything") {
  if (const auto reason = lacks_strace()) PATCHBAY_SKIP(*reason);
  World world;
  const std::string red = world.netns("red");
  Strace strace{world, "capset,read"};
  for (const auto& [plugin, verb, kept] : kTable) {
    CAPTURE(plugin, verb);
    // What comes of it does not matter: some of these have nothing to work on.
    std::ignore = world.call({.plugin = plugin, .command = verb, .config = bridge_config(), .netns = red});
    const Lines lines = strace.lines();
    const auto given_up = first(lines, "capset("), read = first(lines, "read(0,");
    REQUIRE(given_up != lines.end());
    REQUIRE(read != lines.end());
    CHECK(given_up < read);
    CHECK(given_up->find(sets(kept)) != std::string::npos);
    CHECK(std::count_if(lines.begin(), lines.end(), [](const auto& it) { return it.starts_with("capset("); }) == 1);
  }
}
