// SPDX-License-Identifier: Apache-2.0
#include "common/attach/readiness.hpp"

#include <unistd.h>

#include <string>

#include "common/base/error.hpp"
#include "common/firewall/firewall.hpp"
#include "common/os/sysctl.hpp"

namespace patchbay::attach {
namespace {

constexpr const char* kForward4 = "net/ipv4/ip_forward";
constexpr const char* kForward6 = "net/ipv6/conf/all/forwarding";

}  // namespace

void require_forwarding_possible() {
  if (os::sysctl::find(kForward4) == "1") return;
  if (access((std::string{"/proc/sys/"} + kForward4).c_str(), W_OK) == 0) return;
  throw Error{Code::not_available, "IPv4 forwarding is off and cannot be switched on"}
      .expected("/proc/sys/net/ipv4/ip_forward to be 1 or writable")
      .hint("sysctl -w net.ipv4.ip_forward=1");
}

void require_firewall(std::optional<firewall::Backend> configured, const std::vector<firewall::Kind>& kinds) {
  firewall::rehearse(firewall::choose(configured), kinds);
}

void require_forwarding(net::Family family) {
  const char* key = family == net::Family::v4 ? kForward4 : kForward6;
  if (os::sysctl::find(key) == "1") return;
  throw Error{Code::drift, std::string{"forwarding is off: "} + key + " is not 1"}.hint(std::string{"sysctl -w "} +
                                                                                        key + "=1");
}

void require_rules(const Owner& owner, std::optional<firewall::Backend> configured, const firewall::Intents& intents) {
  if (intents.empty()) return;
  const auto missing = firewall::missing(firewall::choose(configured), owner, intents);
  if (missing.empty()) return;
  std::string all;
  for (const std::string& what : missing) all += (all.empty() ? "" : "; ") + what;
  throw Error{Code::drift, all}.hint(
      "were the rules flushed? \"patchbay repair\" makes them again, and so do DEL and ADD");
}

}  // namespace patchbay::attach
