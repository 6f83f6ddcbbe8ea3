// SPDX-License-Identifier: Apache-2.0
// What a delegated plugin, which is anybody's program, gets from us - and what it does not.
#include <filesystem>
#include <fstream>
#include <set>

#include "common/os/capabilities.hpp"
#include "test/hardening/strace.hpp"
#include "test/support/catch.hpp"
#include "test/support/chain.hpp"
#include "test/support/process.hpp"

using namespace patchbay::test;
namespace os = patchbay::os;
using nlohmann::json;

namespace {

const std::string kPath = PATCHBAY_BIN ":" PATCHBAY_INVENTORY;

std::vector<json> plugins(const std::string& type, const std::string& backend = "nftables") {
  return {{{"type", type}, {"ipMasq", true}, {"ipMasqBackend", backend}, {"ipam", {{"type", "inventory"}}}}};
}

json inventory(const std::string& verb) {
  std::ifstream file{"/run/inventory/" + verb};
  REQUIRE(file);
  return json::parse(file);
}

void make_room(World& world) {
  world.sh("mkdir -m 1777 /run/inventory");
  world.netns("red");
}

// Every verb, each with the delegate's help.
void live_and_die(Chain& net) {
  net.add("red");
  CHECK(net.check("red").exit_code == 0);
  CHECK(net.status().exit_code == 0);
  net.del("red");
  CHECK(net.gc({}).exit_code == 0);
}
const std::set<std::string> kVerbs{"ADD", "CHECK", "STATUS", "DEL", "GC"};

// As a careless runtime does: descriptors 3 to 20 are left open.
Ran run_leaking(const Call& /*call*/, Program program) {
  const std::string leak = "for fd in {3..20}; do eval \"exec $fd</etc/passwd\"; done; exec \"$0\"";
  program.arguments = {"/bin/bash", "-c", leak, program.arguments[0]};
  return run(program);
}

std::uint64_t own(const std::string& set) {
  std::ifstream file{"/proc/self/status"};
  for (std::string name, value; file >> name && std::getline(file, value);) {
    if (name == set + ":") return std::stoull(value, nullptr, 16);
  }
  throw std::runtime_error{"no " + set};
}

}  // namespace

TEST_CASE("a delegate has stdin, stdout and stderr, and nothing else") {
  const std::string type = GENERATE("bridge", "ptp");
  const bool leaking = GENERATE(false, true);
  CAPTURE(type, leaking);
  World world;
  make_room(world);
  if (leaking) world.runner = run_leaking;
  Chain net{world, plugins(type)};
  net.path = kPath;
  live_and_die(net);
  for (const std::string& verb : kVerbs) {
    CAPTURE(verb);
    CHECK(inventory(verb)["descriptors"] == json{0, 1, 2});
    CHECK(json::parse(inventory(verb)["input"].get<std::string>())["name"] == "net");
  }
}

TEST_CASE("a delegate has our environment") {
  World world;
  make_room(world);
  std::vector<std::string> given;
  world.runner = [&given](const Call& /*call*/, const Program& program) {
    given = program.environment;
    return run(program);
  };
  Chain net{world, plugins("bridge")};
  net.path = kPath;
  net.add("red");
  std::vector<std::string> got = inventory("ADD")["environment"];
  std::sort(given.begin(), given.end());
  std::sort(got.begin(), got.end());
  CHECK(got == given);
}

TEST_CASE("a delegate has the runtime's capabilities, the plugin only those that it needs") {
  const std::string type = GENERATE("bridge", "ptp");
  CAPTURE(type);
  World world;
  make_room(world);
  Chain net{world, plugins(type)};
  net.path = kPath;
  live_and_die(net);
  const auto on_the_host = (os::kToReachFiles | os::kToSeeNamespaces | os::kToFilterPackets).bits();
  for (const std::string& verb : kVerbs) {
    CAPTURE(verb);
    const json found = inventory(verb);
    CHECK(found["capabilities"]["CapEff"] == own("CapEff"));
    CHECK(found["capabilities"]["CapPrm"] == own("CapPrm"));
    const bool stays_out = verb == "STATUS" || (verb == "GC" && type == "bridge");
    const auto kept = stays_out ? on_the_host : on_the_host | os::kToEnterNamespaces.bits();
    CHECK(found["parent"]["CapEff"] == (kept & own("CapPrm")));
    CHECK(found["parent"]["CapPrm"] == (kept & own("CapPrm")));
  }
}

TEST_CASE("ambient capabilities of an ordinary user reach the delegate") {
  if (!is_root()) PATCHBAY_SKIP("only root can become another user");
  World world;
  make_room(world);
  world.sh("mkdir -p /run/patchbay && chmod 777 /run/patchbay");
  const std::string ambient = "+net_admin,+sys_admin,+dac_override,+net_bind_service,+sys_ptrace";
  world.runner = [&](const Call& /*call*/, Program program) {
    const std::vector<std::string> as_nobody{"setpriv",        "--reuid=65534",         "--regid=65534",
                                             "--clear-groups", "--inh-caps=" + ambient, "--ambient-caps=" + ambient};
    program.arguments.insert(program.arguments.begin(), as_nobody.begin(), as_nobody.end());
    return run(program);
  };
  Chain net{world, plugins("bridge")};
  net.path = kPath;
  net.add("red");
  const json found = inventory("ADD");
  constexpr std::uint64_t kBindService = 1U << 10U;
  const std::uint64_t all = found["capabilities"]["CapAmb"];
  CHECK((all & kBindService) != 0);
  CHECK(found["capabilities"]["CapEff"] == all);
  CHECK(found["parent"]["CapEff"] == (all & ~kBindService));
  net.del("red");
}

TEST_CASE("no program is looked for in PATH") {
  if (const auto reason = lacks_strace()) PATCHBAY_SKIP(*reason);
  const std::string backend = GENERATE("nftables", "iptables");
  if (backend == "iptables") {
    if (const auto reason = lacks_legacy_iptables()) PATCHBAY_SKIP(*reason);
  }
  CAPTURE(backend);
  World world;
  make_room(world);
  Chain net{world, plugins("bridge", backend)};
  net.path = kPath;
  Strace strace{world, "execve,execveat"};
  live_and_die(net);
  std::size_t by_descriptor = 0;
  for (const std::string& line : strace.lines()) {
    CAPTURE(line);
    const bool descriptor = line.starts_with("execveat(3, \"\", [\"" PATCHBAY_INVENTORY "/inventory\"]");
    const bool path = line.starts_with("execve(\"" PATCHBAY_BIN "/bridge\"") ||
                      line.starts_with("execve(\"" PATCHBAY_BIN "/libiptc/bridge\"");
    CHECK((descriptor || path));
    CHECK(line.ends_with(" = 0"));  // the first try is the right one
    if (descriptor) ++by_descriptor;
  }
  CHECK(by_descriptor >= kVerbs.size());  // the twin asks again
}
