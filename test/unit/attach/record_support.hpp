// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/attach/record.hpp"
#include "common/os/file.hpp"
#include "test/unit/contract/support.hpp"

namespace patchbay::test {

inline net::Cidr cidr(const std::string& text) { return net::Cidr::parse(text).value(); }

// With every field that a record can have.
inline attach::Record example_record() {
  return {.owner = {"net", "c1", "eth0"},
          .boot = os::boot_id(),
          .netns_path = "/run/netns/c1",
          .netns = os::NetnsId{4, 18446744073709551615U},
          .host_ifname = "veth0123",
          .addresses = {cidr("10.0.0.2/24"), cidr("fd00::2/64")},
          .addresses_known = true,
          .masquerade = true,
          .mac_spoof_check = true,
          .ipam_type = "host-local",
          .port_forwards = {{.container = cidr("10.0.0.2/24"),
                             .ports = {{.protocol = firewall::Protocol::sctp,
                                        .host_port = 8080,
                                        .host_ip = net::Ip::parse("192.0.2.1"),
                                        .container_port = 80},
                                       {.protocol = firewall::Protocol::udp, .host_port = 53, .container_port = 5353}},
                             .conditions = {{.field = firewall::Condition::Field::in_interface,
                                             .negated = true,
                                             .interface = "eth+"},
                                            {.field = firewall::Condition::Field::mark, .mark = 7, .mask = 0xFF},
                                            {.subnet = cidr("198.51.100.0/24")}}}},
          .forwarding = firewall::PortForwards{.families = {},
                                               .snat = false,
                                               .masquerade_all = true,
                                               .mark_bit = 7,
                                               .external_set_mark_chain = "KUBE-MARK"},
          .mac = net::Mac::parse("02:00:00:00:00:01"),
          .cable = "blue",
          .acceptance = firewall::Forwarding{.addresses = {},
                                             .admin_chain = "SITE-ADMIN",
                                             .policy = {{firewall::Ingress::isolated, "br0"}},
                                             .firewalld_zone = "internal"},
          .isolated_ports = {"veth0123"}};
}

// One that says nothing but whose it is.
inline attach::Record record_of(const std::string& network, const std::string& container, const std::string& ifname) {
  return {.owner = {network, container, ifname}, .boot = os::boot_id()};
}

}  // namespace patchbay::test
