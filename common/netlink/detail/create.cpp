// SPDX-License-Identifier: Apache-2.0
#include "common/netlink/detail/create.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "common/netlink/detail/parse.hpp"

namespace patchbay::netlink::detail {

wire::Message new_link(unsigned flags) {
  return {RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO,
          ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_flags = flags, .ifi_change = flags}};
}

std::optional<Link> create(Socket& socket, wire::Message message, const std::string& name, const std::string& doing,
                           const std::string& feature) {
  std::optional<Link> link;
  try {
    socket.transact({.doing = doing, .message = message.release(), .tolerated = {}}, [&](const wire::Reply& reply) {
      if (auto echoed = parse_link(reply); echoed && echoed->name == name) link = *std::move(echoed);
    });
  } catch (const Error& error) {
    if (error.error_number() == EEXIST) return std::nullopt;
    if (error.error_number() != EOPNOTSUPP) throw;
    throw Error{Code::feature_missing, doing}
        .reason(EOPNOTSUPP)
        .hint("this kernel lacks " + feature + ", built in or as a module");
  }
  // NLM_F_ECHO is honoured for new links since Linux 6.2.
  return link ? *std::move(link) : links::get(socket, name);
}

}  // namespace patchbay::netlink::detail
