// SPDX-License-Identifier: Apache-2.0
#include "common/os/capabilities.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <map>

#include "test/support/catch.hpp"

using namespace patchbay::os;

namespace {

// "CapEff" and so on, of the calling process (proc_pid_status(5)).
std::map<std::string, std::uint64_t> sets() {
  std::map<std::string, std::uint64_t> found;
  std::ifstream file{"/proc/self/status"};
  for (std::string name, value; file >> name && std::getline(file, value);) {
    if (name.starts_with("Cap")) found[name.substr(0, name.size() - 1)] = std::stoull(value, nullptr, 16);
  }
  return found;
}

// In a process of its own: what is given up is not to be had again. True when all of it was.
bool in_child(const std::function<bool()>& work) {
  const pid_t pid = fork();
  if (pid == 0) _exit(work() ? 0 : 1);
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

constexpr Capabilities kSome = kToReachFiles | kToChangeNetwork;

}  // namespace

TEST_CASE("capabilities are a set") {
  CHECK(Capabilities{}.bits() == 0);
  CHECK(Capabilities{Capability::dac_override, Capability::net_admin}.bits() == ((1U << 1U) | (1U << 12U)));
  CHECK((kToChangeNetwork | kToFilterPackets) == kToFilterPackets);
}

TEST_CASE("only what is needed is kept, of what was there") {
  const auto before = sets();
  CHECK(in_child([&] {
    if (!keep_only(kSome)) return false;
    const auto now = sets();
    return now.at("CapEff") == (before.at("CapEff") & kSome.bits()) &&
           now.at("CapPrm") == (before.at("CapPrm") & kSome.bits()) && now.at("CapBnd") == before.at("CapBnd");
  }));
  CHECK(sets() == before);  // of the child alone
}

TEST_CASE("what was given up before is no obstacle, and does not come back") {
  CHECK(in_child([] {
    if (!keep_only(kToReachFiles) || !keep_only(kToReachFiles | kToEnterNamespaces)) return false;
    return (sets().at("CapPrm") & ~kToReachFiles.bits()) == 0;
  }));
}

TEST_CASE("everything can be given up, repeatedly") {
  CHECK(
      in_child([] { return keep_only({}) && keep_only({}) && sets().at("CapEff") == 0 && sets().at("CapPrm") == 0; }));
}
