// SPDX-License-Identifier: Apache-2.0
// State files damaged under the real executables; every length of every file is in unit/ipam, attach, patchbay.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "test/netns/recovery.hpp"

using namespace patchbay::test;

namespace {

namespace fs = std::filesystem;

// Everything that says something of red.
std::vector<fs::path> files_of_red(RecoveringNode& node) {
  std::vector<fs::path> files;
  std::istringstream lines{
      node.world.sh("grep -rlE 'red' /run/patchbay /var/lib/cni/networks; "
                    "ls /var/lib/cni/networks/net/last_reserved_ip.0 "
                    "/var/lib/cni/networks/net/lock")};
  for (std::string line; std::getline(lines, line);) files.emplace_back(line);
  return files;
}

void rewrite(const fs::path& file, const std::string& content) {
  const auto mode = fs::status(file).permissions();
  fs::remove(file);
  std::ofstream{file} << content;
  fs::permissions(file, mode);
}

std::string first_half(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str().substr(0, text.str().size() / 2);
}

struct Damage {
  const char* name;
  void (*inflict)(const fs::path& file);
};
const std::vector<Damage> kDamages{
    {"missing", [](const fs::path& file) { fs::remove(file); }},
    {"cut off", [](const fs::path& file) { rewrite(file, first_half(file)); }},
    {"zeroed", [](const fs::path& file) { rewrite(file, std::string(fs::file_size(file), '\0')); }}};

bool is_lease(const fs::path& file) {
  const std::string name = file.filename();
  return name.starts_with("10.") || name.starts_with("fd");
}

}  // namespace

TEST_CASE("whatever state file of an attachment is damaged, DEL and GC leave nothing, and its neighbours live") {
  for (const Setting& setting : {kSettings[0], kSettings[3]}) {
    if (skipped(setting)) continue;
    for (const Damage& damage : kDamages) {
      if (setting.kind == "ptp" && damage.name != std::string{"cut off"}) continue;
      DYNAMIC_SECTION(setting.kind << " " << setting.backend << ", " << damage.name) {
        RecoveringNode node{setting};
        for (std::size_t i = 0;; ++i) {
          node.attach("red", 8080);
          const auto files = files_of_red(node);
          if (i >= files.size()) break;
          INFO(files[i]);
          damage.inflict(files[i]);
          CHECK(node.net.check("red").exit_code == (is_lease(files[i]) ? 1 : 0));
          node.attach("green", 8081);
          if (!is_lease(files[i]) || damage.name != std::string{"missing"}) {
            CHECK(node.net.ip("green") != node.net.ip("red"));
          }
          node.net.del("green");
          if (i % 3 == 2) {
            CHECK(node.net.gc({"blue"}).exit_code == 0);
          } else {
            node.net.del("red", {.with_netns = i % 2 == 0, .with_previous = i % 2 == 0});
          }
          node.world.remove_netns("green");
          node.require_as_before();
        }
        node.net.del("red");
      }
    }
  }
}
