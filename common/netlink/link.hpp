// SPDX-License-Identifier: Apache-2.0
// Links: interfaces of every kind, veth cables and bridges (<linux/if_link.h>).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/net/mac.hpp"
#include "common/wire/socket.hpp"

namespace patchbay::netlink {

using wire::Request;
using wire::Socket;

enum class OperState : std::uint8_t { unknown, not_present, down, lower_layer_down, testing, dormant, up };
enum class PortState : std::uint8_t { disabled, listening, learning, forwarding, blocking };

// What the bridge says of one of its ports (IFLA_INFO_SLAVE_DATA).
struct PortInfo {
  PortState state{};
  bool hairpin = false;
  bool isolated = false;
};

struct Link {
  int index = 0;
  std::string name;
  std::string kind;   // "veth", "bridge", … empty for physical ones and lo
  std::string alias;  // our owner tag, on what is ours
  net::Mac mac;
  unsigned mtu = 0;
  int master = 0;               // ifindex of the bridge, 0: none
  std::uint32_t group = 0;      // IFLA_GROUP
  int peer = 0;                 // veth: ifindex of the other end, in the namespace peer_netnsid
  bool peer_elsewhere = false;  // the other end is in another namespace
  bool up = false;              // administratively
  bool running = false;         // carrier
  bool promiscuous = false, all_multicast = false;
  unsigned tx_queue_length = 0;  // packets
  OperState operstate{};
  std::optional<PortInfo> port;        // when it is a bridge port
  std::optional<bool> vlan_filtering;  // when it is a bridge
  bool route_localnet = false;         // net/ipv4/conf/<name>/route_localnet
  std::optional<int> accept_ra;        // net/ipv6/conf/<name>/accept_ra; nullopt: no IPv6 on it, or not told
};

namespace links {

std::optional<Link> find(Socket& socket, const std::string& name);
std::optional<Link> find(Socket& socket, int index);
Link get(Socket& socket, const std::string& name);  // throws kernel_refused when absent
// The changes, then the links as they are afterwards and which families are forwarded (net/ipv4/ip_forward,
// net/ipv6/conf/all/forwarding), in one conversation. A link that is not there is not among the answers.
struct View {
  std::vector<Link> links;
  bool forwards_v4 = false, forwards_v6 = false;
};
View change_and_look(Socket& socket, std::vector<Request> changes, const std::vector<int>& indices);
// Those of these names that there are, in one conversation.
std::vector<Link> find_all(Socket& socket, const std::vector<std::string>& names);
// Every link, or only those of `kind` and/or of bridge `master` (0: any). A dump: GC, tools, CHECK
// of foreign attachments only.
std::vector<Link> list(Socket& socket, const std::string& kind = {}, int master = 0);

// --- making -------------------------------------------------------------------------------------

struct BridgeOptions {
  std::string name;
  unsigned mtu = 0;  // 0: the kernel's choice
  net::Mac mac;  // fixed at birth, so that it follows no port and no udev policy changes it; zero: the kernel's choice
  bool vlan_filtering = false;
};
// Left down: accept_ra is to be switched off first. nullopt: somebody else has just made it.
std::optional<Link> create_bridge(Socket& socket, const BridgeOptions& options);

struct IfbOptions {
  std::string name, alias;
  unsigned mtu = 0;
};
// An intermediate functional block, administratively up: sends what is redirected to it back to where it came
// from, through a queue of its own. nullopt: the name is taken.
std::optional<Link> create_ifb(Socket& socket, const IfbOptions& options);

struct VethEnd {
  std::string name;
  std::string alias;  // of the far end only when that is in the socket's namespace, too
  std::optional<net::Mac> mac;
  const os::Netns* netns = nullptr;  // nullptr: where the socket is
};
struct VethOptions {
  VethEnd host;  // created administratively up when `up`
  VethEnd peer;  // born directly in its namespace, down
  unsigned mtu = 0;
  int master = 0;
  bool up = true;
};
struct Veth {
  Link host;       // as the kernel echoed it at its birth: `port` is not known yet
  int peer_index;  // in the peer's namespace
  net::Mac peer_mac;
};
// One RTM_NEWLINK with NLM_F_EXCL and NLM_F_ECHO, one queue each way. Throws interface_exists when
// the peer's name is taken in its namespace. nullopt when the *host* name is taken.
// The peer's MAC is chosen by us when not given, so that it need not be asked for.
std::optional<Veth> create_veth(Socket& socket, const VethOptions& options);

// --- changing -----------------------------------------------------------------------------------

// Requests, to be sent alone or in a batch with others.
Request set_up(int index, const std::string& name);
Request set_down(int index, const std::string& name);
Request set_master(int index, int master, const std::string& doing);
Request set_mac(int index, const net::Mac& mac, const std::string& doing);
Request set_promiscuous(int index, bool on, const std::string& name);
// Those that are there, in one message. Refused at the second, the first has changed all the same.
struct Attributes {
  std::optional<net::Mac> mac;
  std::optional<unsigned> mtu, tx_queue_length;
  std::optional<bool> promiscuous, all_multicast;
  [[nodiscard]] bool empty() const { return *this == Attributes{}; }
  bool operator==(const Attributes&) const = default;
};
Request set_attributes(int index, const Attributes& attributes, const std::string& name);
Request set_alias(int index, const std::string& alias, const std::string& name);
// Up, and IPV4_DEVCONF_ARP_NOTIFY=1 through IFLA_AF_SPEC, in one message.
Request set_up_and_announce(int index, const std::string& name);
// The MAC that it has, set again: to the kernel that is a reason to announce the link's addresses to the
// neighbours, by gratuitous ARP where arp_notify is on, by unsolicited neighbour advertisement where
// ndisc_notify is (NETDEV_CHANGEADDR in inetdev_event and ndisc_netdev_event). A packet socket could say the
// same, and closing it would take milliseconds: it waits until every CPU has forgotten it.
Request announce(int index, const net::Mac& mac, const std::string& name);
// Into another namespace under another name, in one message (the cable's far end). When `new_name`
// is taken there, the link has moved all the same, under its old name.
Request move(int index, const os::Netns& target, const std::string& new_name, const std::string& doing);

struct PortOptions {
  bool hairpin = false;
  bool isolated = false;
};
Request set_port_options(int index, const PortOptions& options, const std::string& name);

// RTM_DELLINK. False when there was none, or when the link of this index has another name.
// Index 0: by name alone. No name: by index alone.
bool remove(Socket& socket, int index, const std::string& name);

// The same by index, back as soon as the link is gone - names free, nothing to be sent or received any
// more, in either namespace of a cable (RTM_DELLINK is told then). What is left, the kernel's wait until
// no CPU remembers the link (rcu_barrier in netdev_run_todo, 10 to 30 ms), is waited for by a child
// process that may outlive this one and holds nothing but a socket. Without a child it waits itself.
bool remove_early(Socket& socket, const Link& link);

// GC: as one change, so that the wait is one as well. `all` is every link there is, as list() tells them.
void remove_all(Socket& socket, const std::vector<Link>& links, const std::vector<Link>& all);

// Waits (event, no polling) until `is_it` accepts what the link has become; false when the deadline
// passes, and at once when there is no such link. `events` is subscribed to RTNLGRP_LINK (see
// subscribe()) before the change that is waited for; questions go by another socket, because the
// answer would not fit into a queue that a busy node has filled with notifications.
bool wait_until(Socket& socket, Socket& events, int index, const os::Deadline& deadline,
                const std::function<bool(const Link&)>& is_it);

// Until the kernel has noticed the carrier: before that, IPv6 does not use the link.
bool wait_until_up(Socket& socket, Socket& events, int index, const os::Deadline& deadline);

// Waits (event, no polling) until the bridge port forwards; false when the deadline passes, and
// at once when there is no such link or it is no bridge port.
bool wait_until_forwarding(Socket& socket, Socket& events, int index, const os::Deadline& deadline);
void subscribe(Socket& socket);

}  // namespace links

// Bridge VLANs of one port (AF_BRIDGE, IFLA_BRIDGE_VLAN_INFO).
namespace vlans {
struct Vlan {
  std::uint16_t id = 0;
  bool pvid = false, untagged = false;
  auto operator<=>(const Vlan&) const = default;
};
std::vector<Vlan> list(Socket& socket, int port_index);  // of this port alone
Request add(int port_index, const std::vector<Vlan>& vlans, const std::string& doing);
Request remove(int port_index, const std::vector<Vlan>& vlans, const std::string& doing);
}  // namespace vlans

}  // namespace patchbay::netlink
