// SPDX-License-Identifier: Apache-2.0
#include "common/netlink/address.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "common/netlink/detail/libnl.hpp"
#include "common/netlink/detail/parse.hpp"

namespace patchbay::netlink::addresses {
namespace {

detail::RtnlAddress describe(int link, const net::Cidr& address, const std::string& doing) {
  detail::RtnlAddress described{rtnl_addr_alloc()};
  if (!described) throw Error{Code::internal, doing + ": out of memory"};
  rtnl_addr_set_ifindex(described.get(), link);
  // The prefix length comes with the address.
  detail::check(rtnl_addr_set_local(described.get(), detail::to_libnl(address).get()), doing);
  rtnl_addr_set_scope(described.get(), RT_SCOPE_UNIVERSE);
  return described;
}

}  // namespace

Request add(int link, const net::Cidr& address, const Options& options, const std::string& link_name) {
  const std::string doing = "add " + address.to_string() + " to " + link_name;
  const auto described = describe(link, address, doing);
  if (!options.detect_duplicates) rtnl_addr_set_flags(described.get(), IFA_F_NODAD);
  // The two addresses of a /31 are both hosts (RFC 3021).
  if (address.ip.is_v4() && address.prefix < 31) {
    detail::check(rtnl_addr_set_broadcast(described.get(), detail::to_libnl(address.last()).get()), doing);
  }
  nl_msg* built = nullptr;
  detail::check(rtnl_addr_build_add_request(described.get(), NLM_F_EXCL, &built), doing);
  return {.doing = doing, .message = wire::Message{wire::MessagePointer{built}}.release(), .tolerated = {}};
}

Request remove(int link, const net::Cidr& address, const std::string& link_name) {
  const std::string doing = "remove " + address.to_string() + " from " + link_name;
  nl_msg* built = nullptr;
  detail::check(rtnl_addr_build_delete_request(describe(link, address, doing).get(), 0, &built), doing);
  return {.doing = doing,
          .message = wire::Message{wire::MessagePointer{built}}.release(),
          .tolerated = {EADDRNOTAVAIL, ENODEV}};
}

std::vector<Address> list(Socket& socket, int link, std::optional<net::Family> family) {
  wire::Message message{
      RTM_GETADDR, 0,
      ifaddrmsg{.ifa_family = static_cast<std::uint8_t>(family ? static_cast<int>(*family) : AF_UNSPEC),
                .ifa_index = static_cast<std::uint32_t>(link)}};
  std::vector<Address> found;
  // A kernel before 4.20 does not filter.
  const auto take = [&](const wire::Reply& reply) {
    if (auto address = detail::parse_address(reply); address && address->link == link) found.push_back(*address);
  };
  const std::string doing = "list addresses of link " + std::to_string(link);
  socket.dump(
      {.doing = doing, .message = message.release(), .tolerated = {ENODEV}}, [&] { found.clear(); }, take);
  return found;
}

}  // namespace patchbay::netlink::addresses
