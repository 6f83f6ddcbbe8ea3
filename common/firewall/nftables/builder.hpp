// SPDX-License-Identifier: Apache-2.0
// Putting a layout together, part by part. Only for the files that write the rules.
#pragma once

#include <linux/netfilter_ipv4.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "common/firewall/nftables/layout.hpp"

namespace patchbay::firewall::nftables {

inline constexpr std::array kFamilies{net::Family::v4, net::Family::v6};
inline std::string version(net::Family family) { return family == net::Family::v4 ? "IPv4" : "IPv6"; }

using Body = std::function<void(Program&)>;

class Builder {
 public:
  explicit Builder(Table table) : table_(table) {}
  void chain(std::string_view name, std::optional<Hook> hook = {}) {
    layout.chains.push_back({table_, std::string{name}, hook});
  }
  void rule(std::string_view chain, std::string id, Body body, bool fixed = true) {
    layout.rules.push_back({table_, std::string{chain}, std::move(id), fixed, {}, std::move(body)});
  }
  void jump(std::string_view chain, std::string id, std::string_view to, Body when = {}, bool fixed = true) {
    const std::string target{to};
    rule(
        chain, std::move(id),
        [when = std::move(when), target](Program& program) {
          if (when) when(program);
          program.jump(target);
        },
        fixed);
    layout.rules.back().jumps_to = target;
  }
  Layout layout;

 private:
  Table table_;
};

// Behind the service NAT of others (kube-proxy in either mode), never in front of it.
inline constexpr std::int32_t kAfterDnat = NF_IP_PRI_NAT_DST + 10, kAfterSnat = NF_IP_PRI_NAT_SRC + 10;
inline constexpr std::string_view kPostrouting = "postrouting";

// masquerade_rules.cpp
void add_masquerade(Builder& to);
void add_masquerade_subnet(Builder& to, const SetName& set, const net::Cidr& subnet);
// host_port_rules.cpp
void add_host_ports(Builder& to);
void add_hairpin_subnet(Builder& to, const SetName& set, const net::Cidr& subnet);
void add_space(Builder& to, const Space& space);
// forwarding_rules.cpp
void add_forwarding(Builder& to, bool with_confinement);
void add_isolation(Builder& to);

}  // namespace patchbay::firewall::nftables
