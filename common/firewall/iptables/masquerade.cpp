// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/masquerade.hpp"

#include <algorithm>

#include "common/firewall/iptables/layout.hpp"
#include "common/firewall/iptables/names.hpp"

namespace patchbay::firewall::iptables {
namespace {

bool is_accept(const Rule& rule) { return std::holds_alternative<Accept>(rule.target); }

// Ahead of the rule that masquerades, or it would never be reached. (The reference appends, so that
// it masquerades what a second address sends within its own subnet.)
void ensure_accept(Table& table, const Rule& accept) {
  const auto rules = table.rules(accept.chain);
  if (std::find(rules.begin(), rules.end(), accept) != rules.end()) return;
  const auto after_accepts = std::find_if_not(rules.begin(), rules.end(), is_accept);
  table.insert(accept, static_cast<std::size_t>(after_accepts - rules.begin()));
}

bool is_of_network(const Rule& rule, const std::string& network) {
  const auto* comment = rule.find<Comment>();
  return comment != nullptr && masquerade_comment_is_of(network, comment->text);
}

// Chains that say they belong to the network, by a rule that enters them or by one of their own: an
// interrupted ADD or DEL leaves either.
std::set<std::string> chains_of_network(const Table& table, const std::string& network) {
  std::set<std::string> found;
  for (const Rule& rule : table.rules(kPostrouting)) {
    const std::string* chain = rule.jump();
    if (chain != nullptr && is_masquerade_chain(*chain) && is_of_network(rule, network)) found.insert(*chain);
  }
  for (const std::string& chain : table.chains()) {
    if (!is_masquerade_chain(chain) || found.contains(chain)) continue;
    const auto rules = table.rules(chain);
    if (std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) { return is_of_network(rule, network); }))
      found.insert(chain);
  }
  return found;
}

}  // namespace

void replace_masquerade(Table& table, const Owner& owner, const std::vector<net::Cidr>& addresses) {
  const std::string chain = masquerade_chain(owner);
  remove_masquerade(table, chain, [&](std::uint32_t attachment, const net::Cidr* address) {
    const auto is_wanted = [&](const net::Cidr& wanted) {
      return address != nullptr && *address == net::Cidr::host(wanted.ip);
    };
    return attachment == attachment_number(owner) && std::none_of(addresses.begin(), addresses.end(), is_wanted);
  });
  for (const net::Cidr& address : addresses) {
    const MasqueradeRules rules = masquerade_rules(owner, address);
    ensure_chain(table, chain);
    ensure_accept(table, rules.accept);
    ensure_last(table, rules.masquerade);
    ensure_last(table, rules.entry);
  }
}

void remove_masquerade(Table& table, const std::string& chain, const Claim& claim) {
  std::vector<net::Cidr> remaining;
  erase_if(table, kPostrouting, [&](const Rule& rule) {
    if (!jumps_to(rule, chain)) return false;
    const net::Cidr* source = rule.source ? &rule.source->cidr : nullptr;
    if (claim(rule.attachment, source)) return true;
    remaining.push_back(source != nullptr ? *source : net::Cidr{});
    return false;
  });
  if (remaining.empty()) return drop_chain(table, chain);
  erase_if(table, chain, [&](const Rule& rule) {
    if (!is_accept(rule) || !rule.destination) return false;
    return std::none_of(remaining.begin(), remaining.end(),
                        [&](const net::Cidr& source) { return rule.destination->cidr.contains(source.ip); });
  });
}

void collect_masquerade(Table& table, const std::string& network, const Owners& valid) {
  const Valid attachments{valid, masquerade_chain};
  for (const std::string& chain : chains_of_network(table, network))
    remove_masquerade(table, chain, attachments.stale(chain));
  drop_idle_chains(table,
                   [&](const std::string& chain) { return is_masquerade_chain(chain) && !attachments.has(chain); });
}

}  // namespace patchbay::firewall::iptables
