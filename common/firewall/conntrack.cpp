// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/conntrack.hpp"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>

#include "common/firewall/detail/flow.hpp"

namespace patchbay::firewall::conntrack {
namespace {

using detail::Filter;
using detail::Flow;
using wire::Socket;

// Listing costs a walk over the hash table that all namespaces share, some milliseconds. Up to
// about this many flows cost less, listed in vain, than another walk.
constexpr std::uint64_t kCheaperThanAnotherWalk = 4096;

// And above that many searches one walk for all costs less.
constexpr std::size_t kMostWalks = 8;

// One walk for few flows, else one for each filter, for what the kernel can pick.
struct Search {
  net::Family family;
  std::optional<Filter> filter;
};
using IsStale = std::function<bool(const Flow&)>;

// Not a kernel without nf_conntrack_netlink: it takes every such request for none.
bool tells_of_flows(Socket& socket) {
  try {
    detail::list_flows(socket, std::nullopt, std::nullopt, [](const Flow&) { return false; });
    return true;
  } catch (const Error& error) {
    return error.error_number() != EINVAL;
  }
}

void find_and_delete(Socket& socket, std::uint64_t count, const std::vector<Search>& searches,
                     const IsStale& is_stale) {
  if (count <= kCheaperThanAnotherWalk || searches.size() > kMostWalks) {
    return delete_flows(socket, list_flows(socket, std::nullopt, std::nullopt, is_stale));
  }
  for (const Search& search : searches) {
    delete_flows(socket, list_flows(socket, search.family, search.filter, is_stale));
  }
}

// What cannot be found cannot be forgotten either, and is no reason to do without the port.
void forget(std::uint64_t count, const std::vector<Search>& searches, const IsStale& is_stale) {
  Socket socket{Socket::Family::netfilter};
  try {
    find_and_delete(socket, count, searches, is_stale);
  } catch (const Error& error) {
    if (error.error_number() != EINVAL || tells_of_flows(socket)) throw;
  }
}

// Whether an address is one of this host's, in its routing table's own words.
class LocalAddresses {
 public:
  bool contain(const net::Ip& ip) {
    const auto [at, unknown] = known_.try_emplace(ip, false);
    if (unknown) at->second = ask(ip);
    return at->second;
  }

 private:
  bool ask(const net::Ip& ip) {
    const rtmsg header{.rtm_family = static_cast<std::uint8_t>(ip.family()),
                       .rtm_dst_len = static_cast<std::uint8_t>(net::bits(ip.family())),
                       .rtm_src_len = 0,
                       .rtm_tos = 0,
                       .rtm_table = 0,
                       .rtm_protocol = 0,
                       .rtm_scope = 0,
                       .rtm_type = 0,
                       .rtm_flags = 0};
    wire::Message message{RTM_GETROUTE, 0, header};
    message.put(RTA_DST, {ip.data(), ip.size()});
    bool local = false;
    // an errno says that there is no way there: not ours
    static_cast<void>(
        socket_.query({"look up " + ip.to_string(), message.release(), {}}, [&](const wire::Reply& reply) {
          const auto route = wire::parse<rtmsg>(reply.payload);
          local = reply.type == RTM_NEWROUTE && route && route->first.rtm_type == RTN_LOCAL;
        }));
    return local;
  }

  Socket socket_{Socket::Family::route};
  std::map<net::Ip, bool> known_;
};

bool asks_for(const Flow& flow, const HostPort& port) {
  const bool any_address = !port.host_ip || port.host_ip->is_unspecified();
  return flow.original.protocol == static_cast<std::uint8_t>(port.protocol) &&
         flow.original.destination_port == port.host_port &&
         (any_address || flow.original.destination == *port.host_ip);
}

bool goes_to(const Flow& flow, const net::Ip& target, const HostPort& port) {
  return flow.reply.source == target && flow.reply.source_port == port.container_port;
}

// A connection with a server of the host itself, from before the port was published. Its entry keeps
// it alive: without, its next packet would be a new one for the container.
bool is_served_here(const Flow& flow) {
  return (flow.status & IPS_DST_NAT) == 0 && (flow.status & IPS_ASSURED) != 0 &&
         flow.original.protocol != static_cast<std::uint8_t>(Protocol::udp);
}

bool does_harm_when_stale(const PortForward& forward) {
  return std::ranges::any_of(forward.ports, [](const HostPort& port) { return port.protocol != Protocol::tcp; });
}

std::optional<Filter> filter_for(const PortForward& forward, bool any_target) {
  if (!any_target) return Filter{.of_reply = true, .source = forward.container.ip};
  if (forward.ports.size() != 1) return std::nullopt;
  const HostPort& port = forward.ports.front();
  return Filter{.protocol = static_cast<std::uint8_t>(port.protocol), .destination_port = port.host_port};
}

}  // namespace

void forget_ports(const std::vector<PortForward>& forwards, bool any_target) {
  if (std::ranges::none_of(forwards, &does_harm_when_stale)) return;
  std::vector<Search> searches;
  for (const PortForward& forward : forwards) {
    if (!forward.ports.empty()) searches.push_back({forward.container.family(), filter_for(forward, any_target)});
  }
  if (searches.empty()) return;
  const std::uint64_t count = detail::count_flows();
  if (count == 0) return;
  std::optional<LocalAddresses> local;
  const auto is_stale = [&](const Flow& flow, const PortForward& forward) {
    if (flow.original.source.family() != forward.container.family()) return false;
    const auto port = std::ranges::find_if(forward.ports, [&](const HostPort& p) { return asks_for(flow, p); });
    if (port == forward.ports.end()) return false;
    const bool well_forwarded = goes_to(flow, forward.container.ip, *port);
    if (!any_target) return well_forwarded;
    if (well_forwarded || is_served_here(flow)) return false;
    if (!local) local.emplace();
    return local->contain(flow.original.destination);
  };
  forget(count, searches, [&](const Flow& flow) {
    return std::ranges::any_of(forwards, [&](const PortForward& forward) { return is_stale(flow, forward); });
  });
}

void forget_addresses(const std::vector<net::Ip>& addresses) {
  if (addresses.empty()) return;
  const std::uint64_t count = detail::count_flows();
  if (count == 0) return;
  std::vector<Search> searches;
  for (const net::Ip& ip : addresses) {
    if (!ip.is_v4()) {  // see list_flows()
      searches.push_back({ip.family(), std::nullopt});
      continue;
    }
    searches.push_back({ip.family(), Filter{.source = ip}});
    searches.push_back({ip.family(), Filter{.destination = ip}});
    searches.push_back({ip.family(), Filter{.of_reply = true, .source = ip}});
  }
  forget(count, searches, [&](const Flow& flow) {
    return std::ranges::any_of(addresses, [&](const net::Ip& ip) {
      return flow.original.source == ip || flow.original.destination == ip || flow.reply.source == ip;
    });
  });
}

}  // namespace patchbay::firewall::conntrack
