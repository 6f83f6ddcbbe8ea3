// SPDX-License-Identifier: Apache-2.0
#include "test/faults/state/state.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace patchbay::faults {
namespace {

namespace fs = std::filesystem;

// Not leases: locks, the allocator's memory, the boot that it remembers.
bool is_bookkeeping(const fs::path& file) {
  const auto name = file.filename().string();
  return name == "lock" || name == "boot" || name.ends_with(".lock") || name.starts_with("last_reserved_ip.");
}

std::string content(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

}  // namespace

void read_files(State& to) {
  for (const char* root : {"/run/patchbay", "/run/cni", "/var/lib/cni"}) {
    if (!fs::exists(root)) continue;
    for (const auto& entry : fs::recursive_directory_iterator{root}) {
      if (entry.is_directory() || is_bookkeeping(entry.path())) continue;
      to.insert("file " + entry.path().string() + " " + (entry.is_regular_file() ? content(entry.path()) : "(odd)"));
    }
  }
}

State read_state(test::World& world, const std::vector<std::string>& namespaces) {
  State state;
  read_links(state, "host");
  for (const std::string& name : namespaces) world.in(name, [&] { read_links(state, name); });
  read_nftables(state);
  read_legacy_tables(state);
  read_files(state);
  return state;
}

State without_shared(State state, const std::string& who, bool also_bridge) {
  std::erase_if(state, [&](const std::string& line) {
    if (line.starts_with("nft ")) return !line.starts_with("nft element ");
    if (line.starts_with("iptables ") || line.starts_with("ip6tables ")) return line.find(who) == std::string::npos;
    if (!also_bridge) return false;
    return line.starts_with("host address ") || line.starts_with("host route ") ||
           (line.starts_with("host link ") && line.find(" 1=bridge") != std::string::npos);
  });
  return state;
}

std::string difference(const State& before, const State& after) {
  constexpr int kMost = 40;
  std::string text;
  int lines = 0;
  const auto tell = [&](const State& here, const State& there, const char* sign) {
    std::vector<std::string> only;
    std::ranges::set_difference(here, there, std::back_inserter(only));
    for (const std::string& line : only) {
      if (++lines <= kMost) text += sign + line + "\n";
    }
  };
  tell(before, after, "- ");
  tell(after, before, "+ ");
  return text;
}

}  // namespace patchbay::faults
