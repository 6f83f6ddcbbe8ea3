// SPDX-License-Identifier: Apache-2.0
// Removing links: one, one without waiting for what the kernel does afterwards, many at once.
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/random.h>

#include <algorithm>

#include "common/netlink/detail/parse.hpp"
#include "common/netlink/link.hpp"
#include "common/os/background.hpp"
#include "common/os/retry.hpp"

namespace patchbay::netlink::links {
namespace {

constexpr std::chrono::seconds kPatience{5};

wire::Message delete_message(int index) {
  return {RTM_DELLINK, 0, ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = index}};
}

// False when there was no such link.
bool transact_removal(Socket& socket, wire::Message message, const std::string& doing) {
  try {
    socket.transact({.doing = doing, .message = message.release(), .tolerated = {}});
  } catch (const Error& error) {
    if (error.error_number() == ENODEV) return false;
    throw;
  }
  return true;
}

Request set_group(const Link& link, std::uint32_t group) {
  wire::Message message{RTM_SETLINK, 0, ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = link.index}};
  message.put_u32(IFLA_GROUP, group);
  return {.doing = "set the group of " + link.name, .message = message.release(), .tolerated = {ENODEV}};
}

// Of nobody: 0 is the default group of all links, small numbers have names in iproute2's files.
std::uint32_t unused_group(const std::vector<Link>& all) {
  for (;;) {
    std::uint32_t group = 0;
    if (os::retry_interrupted([&] { return getrandom(&group, sizeof group, 0); }) != sizeof group) {
      throw system_error(Code::internal, "read random bytes", errno);
    }
    group |= 1U << 31U;
    if (std::ranges::none_of(all, [&](const Link& link) { return link.group == group; })) return group;
  }
}

}  // namespace

// The kernel looks at the index alone when it gets both, so the name is compared here.
bool remove(Socket& socket, int index, const std::string& name) {
  if (index > 0 && !name.empty()) {
    const auto link = find(socket, index);
    if (!link || link->name != name) return false;
  }
  wire::Message message = delete_message(index);
  if (index <= 0) message.put_text(IFLA_IFNAME, name);
  return transact_removal(socket, std::move(message), "remove link " + (name.empty() ? std::to_string(index) : name));
}

bool remove_early(Socket& socket, const Link& link) {
  Socket events;
  // Of AF_UNSPEC: a bridge tells of the end of a port, too, before the link itself has gone.
  events.subscribe(RTNLGRP_LINK, {.type = RTM_DELLINK, .family = AF_UNSPEC, .index = link.index});
  std::optional<os::Background> remover;
  try {
    remover.emplace(os::Background::start(
        [&link] { transact_removal(*std::make_unique<Socket>(), delete_message(link.index), {}); }));
  } catch (const Error&) {
    return remove(socket, link.index, {});  // no child to be had: then we wait ourselves
  }
  const auto is_gone = [&](const wire::Reply& reply) {
    if (reply.type == NLMSG_OVERRUN) return !find(socket, link.index).has_value();
    return reply.type == RTM_DELLINK;
  };
  if (events.wait_for(os::Deadline::in(kPatience), is_gone, remover->ended())) return true;
  // It has ended without having been heard: it was killed, or somebody else was quicker.
  return remove(socket, link.index, {});
}

void remove_all(Socket& socket, const std::vector<Link>& links, const std::vector<Link>& all) {
  if (links.size() < 2) {
    for (const Link& link : links) remove(socket, link.index, {});
    return;
  }
  const std::uint32_t group = unused_group(all);
  std::vector<Request> joins;
  for (const Link& link : links) joins.push_back(set_group(link, group));
  socket.transact(std::move(joins));
  wire::Message message = delete_message(0);
  message.put_u32(IFLA_GROUP, group);
  transact_removal(socket, std::move(message), "remove " + std::to_string(links.size()) + " links");
}

}  // namespace patchbay::netlink::links
