// SPDX-License-Identifier: Apache-2.0
// A node among others, both families everywhere:
//
//   remote 198.51.100.2 ── lan 192.0.2.2 ──╮                ╭── red 10.10.0.2, blue 10.10.0.3   bridge cni0
//                    far 203.0.113.2 ──────┤ node 192.0.2.1 ├── green 10.20.0.2                 bridge cni1
//                    sly 198.18.0.2 ───────╯      192.0.2.9 ╰── pole 10.30.0.2                  ptp
//
// lan is a neighbour and the router before remote, and the node's default route. far has its default
// route through the node, so that it knows the way to the containers. sly sends what it likes.
#pragma once

#include <string>

#include "test/support/chain.hpp"

namespace patchbay::test::reach {

// What differs from the usual node.
struct Options {
  std::string backend = "nftables";  // or "iptables", "iptables-nft"
  bool masquerade = true;            // ipMasq, of all networks
  nlohmann::json bridge = nlohmann::json::object(), portmap = nlohmann::json::object();  // more keys for each plugin
  bool bridges_call_netfilter = true;
};

// Why such a node cannot be had here.
std::optional<std::string> lacks(const Options& options);

struct Node {
  explicit Node(const Options& options);  // everything around it, no container yet
  // Attaches them and starts their servers. Of red are published:
  //   8080/tcp, 5353/udp   on every address        8083/tcp            on 2001:db8::9
  //   8081/tcp, 5354/udp   on 192.0.2.9            8084/tcp, 5356/udp  on ::1
  //   8082/tcp, 5355/udp   on 127.0.0.1            8085/tcp            on 203.0.113.2, far's address
  // (80/tcp and 53/udp there; 81/tcp is not published), of green 7070/tcp, of pole 9090/tcp and 9053/udp.
  void attach_all();
  void set_rp_filter(int value);
  void remove_localhost_guard();

  World world;
  std::string backend;  // as configurations call it
  Chain net, other, cable;
};

}  // namespace patchbay::test::reach
