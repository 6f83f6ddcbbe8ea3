// SPDX-License-Identifier: Apache-2.0
// Virtual Ethernet cables (veth(4)).
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include "common/netlink/detail/create.hpp"
#include "common/netlink/link.hpp"

namespace patchbay::netlink::links {
namespace {

void describe_end(wire::Message& message, const VethEnd& end, const net::Mac& mac, unsigned mtu) {
  message.put_text(IFLA_IFNAME, end.name);
  message.put(IFLA_ADDRESS, mac.octets);
  if (mtu != 0) message.put_u32(IFLA_MTU, mtu);
  if (end.netns != nullptr) message.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(end.netns->fd()));
  // One queue each way is what veth uses by default anyhow; saying so spares two waits for every
  // CPU in veth_init_queues().
  message.put_u32(IFLA_NUM_TX_QUEUES, 1);
  message.put_u32(IFLA_NUM_RX_QUEUES, 1);
}

wire::Message describe(const VethOptions& options, const net::Mac& host_mac, const net::Mac& peer_mac) {
  auto message = detail::new_link(options.up ? unsigned{IFF_UP} : 0U);
  describe_end(message, options.host, host_mac, options.mtu);
  if (options.master != 0) message.put_u32(IFLA_MASTER, static_cast<std::uint32_t>(options.master));
  message.nest(IFLA_LINKINFO, [&] {
    message.put_text(IFLA_INFO_KIND, "veth");
    message.nest(IFLA_INFO_DATA, [&] {
      message.nest(VETH_INFO_PEER, [&] {
        const ifinfomsg down{};  // up is refused here: the kernel opens this end before the cable is joined
        message.append(&down, sizeof down);
        describe_end(message, options.peer, peer_mac, options.mtu);
      });
    });
  });
  return message;
}

// EEXIST does not tell whose name is taken. The kernel looks at the host's name first.
bool peer_name_is_taken(Socket& socket, const VethOptions& options) {
  if (find(socket, options.host.name)) return false;
  if (options.peer.netns == nullptr) return find(socket, options.peer.name).has_value();
  Socket inside{*options.peer.netns};
  return find(inside, options.peer.name).has_value();
}

// IFLA_IFALIAS is ignored when a link is made. Sent along behind, by name, it could end up on
// somebody else's link when ours was refused; so it follows, by index.
void tag(Socket& socket, const VethOptions& options, const Link& host) {
  std::vector<Request> requests;
  if (!options.host.alias.empty()) requests.push_back(set_alias(host.index, options.host.alias, host.name));
  if (!options.peer.alias.empty()) requests.push_back(set_alias(host.peer, options.peer.alias, options.peer.name));
  socket.transact(std::move(requests));
}

// The answer may have been lost on the way: the cable is ours when it has the address we gave it.
// False when that cannot be found out either.
bool undo(Socket& socket, const std::string& name, const net::Mac& mac) noexcept {
  try {
    const auto link = find(socket, name);
    if (link && link->mac == mac) remove(socket, link->index, {});
    return true;
  } catch (const std::exception&) {
    return false;  // what failed first is what is told
  }
}

}  // namespace

std::optional<Veth> create_veth(Socket& socket, const VethOptions& options) {
  if (options.host.netns != nullptr || (options.peer.netns != nullptr && !options.peer.alias.empty())) {
    throw Error{Code::internal, "veth: only what is in the socket's own namespace can be described so"};
  }
  const auto random = net::Mac::random_pair();
  const net::Mac host_mac = options.host.mac.value_or(random.first);
  const net::Mac peer_mac = options.peer.mac.value_or(random.second);
  const std::string doing = "create veth " + options.host.name + " - " + options.peer.name;
  std::optional<Link> host;
  try {
    host = detail::create(socket, describe(options, host_mac, peer_mac), options.host.name, doing, "CONFIG_VETH");
    if (host) {
      tag(socket, options, *host);
      host->alias = options.host.alias;
    }
  } catch (Error& error) {
    if (!undo(socket, options.host.name, host_mac)) {
      error.hint("link " + options.host.name + " may be left behind; DEL removes it");
    }
    throw;
  } catch (...) {
    undo(socket, options.host.name, host_mac);
    throw;
  }
  if (!host) {
    if (!peer_name_is_taken(socket, options)) return std::nullopt;
    throw Error{Code::interface_exists, "interface " + options.peer.name + " already exists where it is to be created"}
        .reason(EEXIST)
        .hint("another network of this container has that interface name, or an earlier DEL did not finish");
  }
  host->master = options.master;
  const int peer_index = host->peer;
  return Veth{.host = *std::move(host), .peer_index = peer_index, .peer_mac = peer_mac};
}

}  // namespace patchbay::netlink::links
