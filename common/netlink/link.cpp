// SPDX-License-Identifier: Apache-2.0
// Finding and awaiting links.
#include "common/netlink/link.hpp"

#include <linux/if_link.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "common/net/ip.hpp"
#include "common/netlink/detail/parse.hpp"

namespace patchbay::netlink::links {
namespace {

// Leaves the IPv6 counters out of the answer.
constexpr std::uint32_t kWithoutStatistics = RTEXT_FILTER_SKIP_STATS;

constexpr std::size_t kLongestName = 128;  // ALTIFNAMSIZ of <linux/if.h>, with its NUL

// The kernel refuses to look for others.
bool can_be_name(const std::string& name) { return !name.empty() && name.size() < kLongestName; }

wire::Message get_message(int index) {
  wire::Message message{RTM_GETLINK, 0, ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = index}};
  message.put_u32(IFLA_EXT_MASK, kWithoutStatistics);
  return message;
}

wire::Message get_message(const std::string& name) {
  auto message = get_message(0);
  message.put_text(name.size() < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
  return message;
}

// Of the namespace as a whole (<linux/netconf.h>). EOPNOTSUPP: a kernel without that family.
Request ask_forwarding(net::Family family) {
  wire::Message message{RTM_GETNETCONF, 0, netconfmsg{.ncm_family = static_cast<std::uint8_t>(family)}};
  message.put_u32(NETCONFA_IFINDEX, static_cast<std::uint32_t>(NETCONFA_IFINDEX_ALL));
  return {.doing = "ask whether packets are forwarded",
          .message = message.release(),
          .tolerated = {EOPNOTSUPP, EAFNOSUPPORT, EINVAL}};
}

bool forwards(const wire::Reply& reply, net::Family family) {
  if (reply.type != RTM_NEWNETCONF) return false;
  const auto parsed = wire::parse<netconfmsg>(reply.payload);
  return parsed && parsed->first.ncm_family == static_cast<std::uint8_t>(family) &&
         parsed->second.u32(NETCONFA_FORWARDING).value_or(0) != 0;
}

std::optional<Link> find(Socket& socket, wire::Message message, const std::string& doing) {
  std::optional<Link> link;
  const int refusal = socket.query({.doing = doing, .message = message.release(), .tolerated = {}},
                                   [&](const wire::Reply& reply) { link = detail::parse_link(reply); });
  if (refusal == ENODEV) return std::nullopt;
  if (refusal != 0) throw system_error(Code::kernel_refused, doing, refusal);
  return link;
}

}  // namespace

std::optional<Link> find(Socket& socket, const std::string& name) {
  if (!can_be_name(name)) return std::nullopt;
  return find(socket, get_message(name), "look up link " + name);
}

std::optional<Link> find(Socket& socket, int index) {
  if (index <= 0) return std::nullopt;
  return find(socket, get_message(index), "look up link " + std::to_string(index));
}

Link get(Socket& socket, const std::string& name) {
  auto link = find(socket, name);
  if (!link) throw system_error(Code::kernel_refused, "look up link " + name, ENODEV);
  return *std::move(link);
}

View change_and_look(Socket& socket, std::vector<Request> changes, const std::vector<int>& indices) {
  for (const int index : indices) {
    changes.push_back({.doing = "look up link " + std::to_string(index),
                       .message = get_message(index).release(),
                       .tolerated = {ENODEV}});
  }
  for (const net::Family family : {net::Family::v4, net::Family::v6}) changes.push_back(ask_forwarding(family));
  View view;
  socket.transact(std::move(changes), [&](const wire::Reply& reply) {
    if (auto link = detail::parse_link(reply)) view.links.push_back(*std::move(link));
    if (forwards(reply, net::Family::v4)) view.forwards_v4 = true;
    if (forwards(reply, net::Family::v6)) view.forwards_v6 = true;
  });
  return view;
}

std::vector<Link> find_all(Socket& socket, const std::vector<std::string>& names) {
  std::vector<Request> questions;
  for (const std::string& name : names) {
    if (!can_be_name(name)) continue;
    questions.push_back(
        {.doing = "look up link " + name, .message = get_message(name).release(), .tolerated = {ENODEV}});
  }
  std::vector<Link> found;
  socket.transact(std::move(questions), [&](const wire::Reply& reply) {
    if (auto link = detail::parse_link(reply)) found.push_back(*std::move(link));
  });
  return found;
}

std::vector<Link> list(Socket& socket, const std::string& kind, int master) {
  auto message = get_message(0);
  if (master != 0) message.put_u32(IFLA_MASTER, static_cast<std::uint32_t>(master));
  if (!kind.empty()) message.nest(IFLA_LINKINFO, [&] { message.put_text(IFLA_INFO_KIND, kind); });
  std::vector<Link> found;
  // The kernel ignores the filter when it does not know the kind (yet).
  const auto take = [&](const wire::Reply& reply) {
    auto link = detail::parse_link(reply);
    if (!link || (!kind.empty() && link->kind != kind) || (master != 0 && link->master != master)) return;
    found.push_back(*std::move(link));
  };
  socket.dump(
      {.doing = "list links", .message = message.release(), .tolerated = {}}, [&] { found.clear(); }, take);
  return found;
}

void subscribe(Socket& socket) { socket.subscribe(RTNLGRP_LINK); }

bool wait_until(Socket& socket, Socket& events, int index, const os::Deadline& deadline,
                const std::function<bool(const Link&)>& is_it) {
  const auto worth_a_look = [index](const wire::Reply& reply) {
    if (reply.type == NLMSG_OVERRUN) return true;
    const auto link = detail::parse_link(reply);  // of AF_UNSPEC or AF_BRIDGE
    return link && link->index == index;
  };
  for (;;) {
    const auto link = find(socket, index);
    if (!link) return false;
    if (is_it(*link)) return true;
    if (!events.wait_for(deadline, worth_a_look)) return false;
  }
}

bool wait_until_forwarding(Socket& socket, Socket& events, int index, const os::Deadline& deadline) {
  bool is_port = true;
  const auto settled = [&is_port](const Link& link) {
    is_port = link.port.has_value();
    return !is_port || link.port->state == PortState::forwarding;
  };
  return wait_until(socket, events, index, deadline, settled) && is_port;
}

bool wait_until_up(Socket& socket, Socket& events, int index, const os::Deadline& deadline) {
  return wait_until(socket, events, index, deadline, [](const Link& link) { return link.operstate == OperState::up; });
}

}  // namespace patchbay::netlink::links
