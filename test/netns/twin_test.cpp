// SPDX-License-Identifier: Apache-2.0
// Plugins that are linked statically become their twin, linked dynamically, where libiptc is needed.
#include <elf.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "test/support/catch.hpp"
#include "test/support/chain.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

namespace fs = std::filesystem;

const fs::path kBin{PATCHBAY_BIN};

std::optional<std::string> lacks_twins() {
  if (fs::exists(kBin / "libiptc")) return std::nullopt;
  return "this build links its plugins dynamically: there are no twins";
}

// Whether the kernel has to start a loader first (PT_INTERP).
bool asks_for_a_loader(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  Elf64_Ehdr header{};
  REQUIRE(file.read(reinterpret_cast<char*>(&header), sizeof header));
  REQUIRE(std::string(reinterpret_cast<const char*>(header.e_ident), SELFMAG) == ELFMAG);
  REQUIRE(header.e_phnum > 0);
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    REQUIRE(file.read(reinterpret_cast<char*>(&segment), sizeof segment));
    if (segment.p_type == PT_INTERP) return true;
  }
  return false;
}

std::vector<json> plugins_of(const std::string& kind, const std::string& backend) {
  return kind == "bridge" ? usual_plugins(backend) : point_to_point_plugins(backend);
}

constexpr const char* kLegacyRules = "iptables-legacy -t nat -S; ip6tables-legacy -t nat -S";

// A directory with these plugins alone, linked or copied.
std::string directory_of(World& world, const std::string& how) {
  world.sh("mkdir /run/bin && for plugin in bridge ptp portmap host-local; do " + how +
           " " PATCHBAY_BIN "/$plugin /run/bin/; done");
  return "/run/bin";
}

}  // namespace

TEST_CASE("plugins need no loader, their twins do") {
  if (const auto reason = lacks_twins()) PATCHBAY_SKIP(*reason);
  for (const char* plugin : {"bridge", "veth", "ptp", "loopback", "host-local", "portmap"}) {
    INFO(plugin);
    CHECK_FALSE(asks_for_a_loader(kBin / plugin));
  }
  for (const char* plugin : {"bridge", "veth", "portmap"}) {
    INFO(plugin);
    CHECK(asks_for_a_loader(kBin / "libiptc" / plugin));
  }
}

TEST_CASE("a plugin that is called through a symbolic link finds its twin") {
  if (const auto reason = lacks_legacy_iptables()) PATCHBAY_SKIP(*reason);
  const std::string kind = GENERATE("bridge", "ptp");
  const std::string backend = GENERATE("iptables", "");  // asked for, or because the node runs on it
  CAPTURE(kind, backend);
  World world;
  world.netns("red");
  world.sh(kLegacyRules);  // which makes the tables
  Chain net{world, plugins_of(kind, backend)};
  net.path = directory_of(world, "ln -s");
  net.port_mappings = {{{"hostPort", 8080}, {"containerPort", 80}, {"protocol", "tcp"}}};
  net.add("red");
  const std::string rules = world.sh(kLegacyRules);
  CHECK(rules.find("-A CNI-") != std::string::npos);
  CHECK(rules.find("--dport 8080") != std::string::npos);
  CHECK(world.sh("nft list tables | grep patchbay || true").empty());
  CHECK(net.check("red").exit_code == 0);
  net.del("red");
  CHECK(world.sh(kLegacyRules).find("--dport 8080") == std::string::npos);
  CHECK(world.sh("ip -o link show type veth").empty());
}

TEST_CASE("without the twin an ADD by iptables says which file is missing, and leaves nothing") {
  if (const auto reason = lacks_twins()) PATCHBAY_SKIP(*reason);
  const auto [kind, twin] = GENERATE(table<std::string, std::string>({{"bridge", "bridge"}, {"ptp", "veth"}}));
  CAPTURE(kind);
  World world;
  world.netns("red");
  Chain net{world, plugins_of(kind, "iptables")};
  net.path = directory_of(world, "cp");
  const auto before = world.snapshot();
  const Ran ran = net.try_add("red");
  CHECK(ran.exit_code == 1);
  CHECK(ran.json().at("code") == 111);
  CHECK(ran.json().at("cniVersion") == "1.1.0");
  CHECK(ran.json().at("msg").get<std::string>().find("/run/bin/libiptc/" + twin) != std::string::npos);
  CHECK(ran.err.empty());
  CHECK(difference(before, world.snapshot()) == "");
  // Nor is anything but iptables hindered.
  net.plugin(0)["ipMasqBackend"] = "nftables";
  net.plugin(1)["backend"] = "nftables";
  net.add("red");
  net.del("red");
}

TEST_CASE("the twin gets the whole configuration, also one that no pipe holds") {
  if (const auto reason = lacks_legacy_iptables()) PATCHBAY_SKIP(*reason);
  World world;
  Chain net{world, usual_plugins("iptables")};
  net.plugin(0)["unknown"] = std::string(200 * 1024, 'x');
  net.plugin(0)["ipam"]["ranges"][0][0]["rangeStart"] = "10.10.0.77";
  net.add("red");
  CHECK(net.ip("red") == "10.10.0.77");
  CHECK(world.sh(kLegacyRules).find("10.10.0.77") != std::string::npos);
  CHECK(net.check("red").exit_code == 0);
  net.del("red");
  CHECK(world.sh(kLegacyRules).find("10.10.0.77") == std::string::npos);
}
