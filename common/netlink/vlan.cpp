// SPDX-License-Identifier: Apache-2.0
// VLANs of bridge ports (<linux/if_bridge.h>).
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "common/netlink/detail/parse.hpp"
#include "common/netlink/link.hpp"

namespace patchbay::netlink {
namespace {

std::uint16_t flags_of(const vlans::Vlan& vlan) {
  return static_cast<std::uint16_t>((vlan.pvid ? BRIDGE_VLAN_INFO_PVID : 0) |
                                    (vlan.untagged ? BRIDGE_VLAN_INFO_UNTAGGED : 0));
}

// A port has one PVID, so it is in no range.
bool continues(const vlans::Vlan& last, const vlans::Vlan& next) {
  return next.id == last.id + 1 && next.untagged == last.untagged && !last.pvid && !next.pvid;
}

// Neighbouring VLANs with equal flags go as ranges: a trunk of 4,094 VLANs is two attributes.
void put_vlans(wire::Message& message, std::vector<vlans::Vlan> list) {
  std::sort(list.begin(), list.end());
  const auto put = [&](const vlans::Vlan& vlan, unsigned range) {
    message.put_pod(IFLA_BRIDGE_VLAN_INFO,
                    bridge_vlan_info{.flags = static_cast<std::uint16_t>(flags_of(vlan) | range), .vid = vlan.id});
  };
  for (auto first = list.begin(); first != list.end();) {
    auto last = first;
    while (std::next(last) != list.end() && continues(*last, *std::next(last))) ++last;
    if (first == last) {
      put(*first, 0);
    } else {
      put(*first, BRIDGE_VLAN_INFO_RANGE_BEGIN);
      put(*last, BRIDGE_VLAN_INFO_RANGE_END);
    }
    first = std::next(last);
  }
}

Request request(std::uint16_t type, int port_index, const std::vector<vlans::Vlan>& list, const std::string& doing) {
  wire::Message message{type, 0, ifinfomsg{.ifi_family = AF_BRIDGE, .ifi_index = port_index}};
  message.nest(IFLA_AF_SPEC, [&] { put_vlans(message, list); });
  return {.doing = doing, .message = message.release(), .tolerated = {}};
}

}  // namespace

namespace detail {

std::vector<vlans::Vlan> parse_vlans(const wire::Reply& reply, int port_index) {
  std::vector<vlans::Vlan> found;
  if (reply.type != RTM_NEWVLAN) return found;
  const auto parsed = wire::parse<br_vlan_msg>(reply.payload);
  if (!parsed || static_cast<int>(parsed->first.ifindex) != port_index) return found;
  parsed->second.for_each([&](const wire::Attribute& entry) {
    if (entry.type != BRIDGE_VLANDB_ENTRY) return;
    const wire::Attributes attributes{entry.payload};
    const auto info =
        wire::parse<bridge_vlan_info>(attributes.find(BRIDGE_VLANDB_ENTRY_INFO).value_or(wire::Attribute{}).payload);
    if (!info) return;
    const auto [flags, first] = info->first;
    const unsigned last = std::min<unsigned>(attributes.u16(BRIDGE_VLANDB_ENTRY_RANGE).value_or(first), 4095);
    for (unsigned id = first; id <= last; ++id) {
      found.push_back({.id = static_cast<std::uint16_t>(id),
                       .pvid = (flags & BRIDGE_VLAN_INFO_PVID) != 0,
                       .untagged = (flags & BRIDGE_VLAN_INFO_UNTAGGED) != 0});
    }
  });
  return found;
}

}  // namespace detail

namespace vlans {

std::vector<Vlan> list(Socket& socket, int port_index) {
  wire::Message message{RTM_GETVLAN, 0,
                        br_vlan_msg{.family = AF_BRIDGE, .ifindex = static_cast<std::uint32_t>(port_index)}};
  std::vector<Vlan> found;
  const auto take = [&](const wire::Reply& reply) {
    const auto some = detail::parse_vlans(reply, port_index);
    found.insert(found.end(), some.begin(), some.end());
  };
  const std::string doing = "list VLANs of bridge port " + std::to_string(port_index);
  socket.dump(
      {.doing = doing, .message = message.release(), .tolerated = {}}, [&] { found.clear(); }, take);
  return found;
}

Request add(int port_index, const std::vector<Vlan>& vlans, const std::string& doing) {
  return request(RTM_SETLINK, port_index, vlans, doing);
}

// The kernel takes the absence of a VLAN for done.
Request remove(int port_index, const std::vector<Vlan>& vlans, const std::string& doing) {
  return request(RTM_DELLINK, port_index, vlans, doing);
}

}  // namespace vlans
}  // namespace patchbay::netlink
