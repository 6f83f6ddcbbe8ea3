// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/claim.hpp"

#include <algorithm>
#include <utility>

#include "common/firewall/iptables/names.hpp"

namespace patchbay::firewall::iptables {

Claim everything() {
  return [](std::uint32_t, const net::Cidr*) { return true; };
}

Claim of_attachment(const Owner& owner, std::vector<net::Cidr> addresses) {
  return [number = attachment_number(owner), known = std::move(addresses)](std::uint32_t attachment,
                                                                           const net::Cidr* address) {
    if (attachment != 0) return attachment == number;
    if (known.empty() || address == nullptr) return true;
    // Old versions of the reference masqueraded the whole subnet: "-s <ip>/<prefix>".
    return std::any_of(known.begin(), known.end(), [&](const net::Cidr& mine) {
      return *address == net::Cidr::host(mine.ip) || *address == mine.network();
    });
  };
}

Valid::Valid(const Owners& owners, std::string (*chain_of)(const Owner&)) {
  for (const Owner& owner : owners) attachments_[chain_of(owner)].insert(attachment_number(owner));
}

Claim Valid::stale(const std::string& chain) const {
  const auto found = attachments_.find(chain);
  if (found == attachments_.end()) return everything();
  return [valid = found->second](std::uint32_t attachment, const net::Cidr*) {
    return attachment != 0 && !valid.contains(attachment);
  };
}

}  // namespace patchbay::firewall::iptables
