// SPDX-License-Identifier: Apache-2.0
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "common/os/unique_fd.hpp"
#include "test/support/process.hpp"

namespace patchbay::test {

namespace {

// What the kernel says to `command` in namespaces made for the question, with a /run (for iptables'
// lock) of its own; nullopt when it obeys.
std::optional<std::string> refusal(const std::string& command) {
  const std::string unshare = geteuid() == 0 ? "unshare -nm" : "unshare -rnm";
  const auto ran =
      run({.arguments = {"/bin/sh", "-c", unshare + " /bin/sh -c 'mount -t tmpfs tmpfs /run && " + command + "'"},
           .environment = own_environment()});
  if (ran.exit_code == 0) return std::nullopt;
  return ran.err.empty() ? "exit code " + std::to_string(ran.exit_code) : ran.err.substr(0, ran.err.find('\n'));
}

std::optional<std::string> lacks(const std::string& what, const std::string& command) {
  auto why = refusal(command);
  if (why) why->insert(0, "this kernel has no " + what + ": ");
  return why;
}

}  // namespace

bool is_root() {
  std::ifstream map{"/proc/self/uid_map"};  // user_namespaces(7): the initial one maps everything
  unsigned long inside = 1, outside = 1, count = 0;
  map >> inside >> outside >> count;
  return geteuid() == 0 && inside == 0 && outside == 0 && count == 0xffffffff;
}

std::optional<std::string> lacks_vlan_filtering() {
  return lacks("bridge VLAN filtering",
               "ip link add name br0 type bridge vlan_filtering 1 && bridge vlan add dev br0 vid 10 self");
}

std::optional<std::string> lacks_legacy_iptables() {
  return lacks("legacy iptables", "iptables-legacy -t nat -S >/dev/null && ip6tables-legacy -t nat -S >/dev/null");
}

std::optional<std::string> lacks_nftables() {
  return lacks("nftables", "nft add table inet probe && nft add table bridge probe");
}

std::optional<std::string> lacks_sctp() {
  const os::UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP)};
  return socket ? std::nullopt : std::optional<std::string>{"this kernel has no SCTP"};
}

nlohmann::json bridge_config(const std::string& network, const std::string& subnet, const std::string& version) {
  const bool v6 = subnet.find(':') != std::string::npos;
  return {{"cniVersion", version},
          {"name", network},
          {"type", "bridge"},
          {"bridge", "cni0"},
          {"isGateway", true},
          {"ipMasq", false},
          {"ipam",
           {{"type", "host-local"},
            {"subnet", subnet},
            {"routes", nlohmann::json::array({{{"dst", v6 ? "::/0" : "0.0.0.0/0"}}})}}}};
}

}  // namespace patchbay::test
