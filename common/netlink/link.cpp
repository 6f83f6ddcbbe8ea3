// SPDX-License-Identifier: Apache-2.0
// Finding, awaiting and removing links.
#include "common/netlink/link.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "common/netlink/detail/parse.hpp"

namespace patchbay::netlink::links {
namespace {

// Leaves the IPv6 counters out of the answer.
constexpr std::uint32_t kWithoutStatistics = RTEXT_FILTER_SKIP_STATS;

wire::Message get_message(int index) {
  wire::Message message{RTM_GETLINK, 0, ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = index}};
  message.put_u32(IFLA_EXT_MASK, kWithoutStatistics);
  return message;
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
  auto message = get_message(0);
  message.put_text(name.size() < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
  return find(socket, std::move(message), "look up link " + name);
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

// The kernel looks at the index alone when it gets both, so the name is compared here.
bool remove(Socket& socket, int index, const std::string& name) {
  if (index > 0 && !name.empty()) {
    const auto link = find(socket, index);
    if (!link || link->name != name) return false;
  }
  wire::Message message{RTM_DELLINK, 0, ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = index}};
  if (index <= 0) message.put_text(IFLA_IFNAME, name);
  const std::string doing = "remove link " + (name.empty() ? std::to_string(index) : name);
  try {
    socket.transact({.doing = doing, .message = message.release(), .tolerated = {}});
  } catch (const Error& error) {
    if (error.error_number() == ENODEV) return false;
    throw;
  }
  return true;
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
