// SPDX-License-Identifier: Apache-2.0
// The host's side of a cable: its end of the veth, forwarding, protection against what a container
// may send.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/owner.hpp"
#include "common/net/ip.hpp"
#include "common/netlink/link.hpp"

namespace patchbay::attach {

struct CablePlan {
  Owner owner;
  const os::Netns* container;
  std::optional<net::Mac> container_mac;
  unsigned mtu = 0;
  int master = 0;  // bridge, 0: none
};
// Host end under the owner's deterministic name, peer born in the container as CNI_IFNAME. The tag is
// the caller's to set (links::set_alias), along with whatever it has to say to the kernel next: until then
// the name tells whose it is. A leftover of the same owner is removed first; a foreign link of that name makes
// us take the next candidate. The host end ignores router advertisements (fail closed) before the
// container's end can be up. Throws interface_exists when the container has such an interface.
netlink::links::Veth create_cable(netlink::Socket& host, const CablePlan& plan);

// The error for a container that already has an interface of this name.
Error interface_exists(const std::string& ifname);

// accept_ra=0 on a link as it was just read; throws sysctl_refused when it cannot be made so.
void refuse_router_advertisements(const netlink::Link& link);

// accept_dad=0 on `ifname`, as far as this host lets us: a link-local address under duplicate
// detection cannot ask for neighbours yet (RFC 4861 section 7.2.2), so that for its first second
// the kernel would forward nothing to them over IPv6.
void skip_duplicate_detection(const std::string& ifname);

// Turns on forwarding for the families that `addresses` have, where the host as just seen has it off.
void enable_forwarding(const std::vector<net::Ip>& addresses, const netlink::links::View& host);

// The host end of this owner's cable, by name and tag; `recorded_name` first when not empty.
std::optional<netlink::Link> find_host_end(netlink::Socket& host, const Owner& owner, const std::string& recorded_name);
// False when there was none. `early`: see links::remove_early().
enum class Return : std::uint8_t { early, when_all_is_done };
bool remove_host_end(netlink::Socket& host, const Owner& owner, const std::string& recorded_name,
                     Return when = Return::when_all_is_done);
// GC: removes every host end of `network` whose owner is not among `valid`; by its tag, or by the name that
// `stale` owners' links have.
void collect_host_ends(netlink::Socket& host, const std::string& network, const Owners& valid, const Owners& stale);

// Whether a host port's or lease's owner, known only by tag, is provably dead (firewall::IsDead).
bool is_dead_by_tag(const std::string& tag);

}  // namespace patchbay::attach
