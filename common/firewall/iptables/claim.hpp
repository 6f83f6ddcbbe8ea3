// SPDX-License-Identifier: Apache-2.0
// Which rules of a container's chains are meant. Attachments of one container to one network share
// their chains, so a chain's name alone does not tell.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/owner.hpp"
#include "common/net/ip.hpp"

namespace patchbay::firewall::iptables {

// Asked with the number that a rule carries (names.hpp) and the container's address that it is
// about; nullptr when it does not say.
using Claim = std::function<bool(std::uint32_t attachment, const net::Cidr* address)>;

Claim everything();

// What carries the owner's number; of what carries none (the reference suite's rules), what is about
// one of `addresses`, or all of it when none are known.
Claim of_attachment(const Owner& owner, std::vector<net::Cidr> addresses);

// The attachments that exist, by the chain that `chain_of` gives them.
class Valid {
 public:
  Valid(const Owners& owners, std::string (*chain_of)(const Owner&));
  // What is to go from this chain: everything when it is nobody's, else what other interfaces of the
  // container left.
  [[nodiscard]] Claim stale(const std::string& chain) const;
  [[nodiscard]] bool has(const std::string& chain) const { return attachments_.contains(chain); }

 private:
  std::map<std::string, std::set<std::uint32_t>> attachments_;
};

}  // namespace patchbay::firewall::iptables
