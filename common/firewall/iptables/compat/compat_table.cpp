// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/compat/compat_table.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/firewall/iptables/compat/builtin.hpp"
#include "common/firewall/iptables/compat/requests.hpp"
#include "common/firewall/nftables/requests.hpp"

namespace patchbay::firewall::iptables {
namespace {

std::string program(const TableId& id) { return id.family == net::Family::v4 ? "iptables" : "ip6tables"; }

std::optional<wire::Attributes> attributes_of(const wire::Reply& reply, int type) {
  if (reply.type != nftables::message_type(type)) return std::nullopt;
  const auto parsed = wire::parse<nfgenmsg>(reply.payload);
  return parsed ? std::optional{parsed->second} : std::nullopt;
}

// A chain by a builtin's name that does something else is not iptables'.
void check_builtin(const TableId& id, const Builtin& builtin, const wire::Attributes& chain) {
  const wire::Attributes hook = chain.nested(NFTA_CHAIN_HOOK);
  const bool same = hook.be32(NFTA_HOOK_HOOKNUM) == builtin.hook &&
                    hook.be32(NFTA_HOOK_PRIORITY) == static_cast<std::uint32_t>(builtin.priority) &&
                    chain.text(NFTA_CHAIN_TYPE) == builtin.type;
  if (same) return;
  throw Error{Code::firewall_refused, program(id) + ", table " + std::string{id.name} + ": chain " +
                                          std::string{builtin.chain} + " is not as iptables makes it"}
      .hint("somebody made it with nft; iptables itself will not work with it either. Use the nftables backend");
}

}  // namespace

void CompatTable::read_chain(const wire::Reply& reply) const {
  const auto found = attributes_of(reply, NFT_MSG_NEWCHAIN);
  if (!found || found->text(NFTA_CHAIN_TABLE) != id().name) return;
  const std::string name = found->text(NFTA_CHAIN_NAME);
  if (const Builtin* builtin = find_builtin(id().name, name)) check_builtin(id(), *builtin, *found);
  Chain& chain = chains_[name];
  chain.present = chain.exists = true;
}

CompatTable::Chain& CompatTable::find(const std::string& name) const {
  const auto known = chains_.find(name);
  if (known != chains_.end()) return known->second;
  if (!all_known_) socket_->transact(get_chain(id(), name), [&](const wire::Reply& reply) { read_chain(reply); });
  Chain& chain = chains_[name];
  chain.exists = chain.present || find_builtin(id().name, name) != nullptr;
  chain.read = !chain.present;
  return chain;
}

void CompatTable::read_rules(wire::Request request, const std::string& only) const {
  const auto forget = [&] {
    for (auto& [name, chain] : chains_) {
      if (!chain.read && (only.empty() || name == only)) chain.rules.clear();
    }
  };
  socket_->dump(std::move(request), forget, [&](const wire::Reply& reply) {
    const auto rule = attributes_of(reply, NFT_MSG_NEWRULE);
    if (!rule || rule->text(NFTA_RULE_TABLE) != id().name) return;
    const auto chain = chains_.find(rule->text(NFTA_RULE_CHAIN));
    if (chain == chains_.end() || chain->second.read || (!only.empty() && chain->first != only)) return;
    chain->second.rules.push_back(read_rule(family(), *rule));
  });
}

CompatTable::Chain& CompatTable::with_rules(const std::string& name) const {
  Chain& chain = find(name);
  if (chain.read) return chain;
  if (!all_known_) {
    read_rules(list_rules(id(), name), name);
    chain.read = true;
    return chain;
  }
  read_rules(list_rules(id()), {});
  for (auto& [other, one] : chains_) one.read = true;
  return chain;
}

CompatTable::Chain& CompatTable::to_edit(const std::string& name) {
  Chain& chain = with_rules(name);
  if (chain.exists) return chain;
  throw Error{Code::internal,
              "there is no chain " + name + " in " + program(id()) + "' table " + std::string{id().name}};
}

bool CompatTable::has_chain(const std::string& chain) const { return find(chain).exists; }

std::vector<std::string> CompatTable::chains() const {
  if (!all_known_) {
    socket_->dump(list_chains(id()), {}, [&](const wire::Reply& reply) { read_chain(reply); });
    all_known_ = true;
  }
  std::vector<std::string> names;
  for (const auto& [name, chain] : chains_) {
    if (chain.exists && find_builtin(id().name, name) == nullptr) names.push_back(name);
  }
  return names;
}

std::vector<Rule> CompatTable::rules(const std::string& chain) const {
  const auto& present = with_rules(chain).rules;
  std::vector<Rule> rules;
  rules.reserve(present.size());
  for (const PresentRule& one : present) rules.push_back(one.rule);
  return rules;
}

bool CompatTable::has_rules(const std::string& chain) const { return !with_rules(chain).rules.empty(); }

void CompatTable::create_chain(const std::string& name) {
  Chain& chain = with_rules(name);
  if (chain.exists) throw Error{Code::internal, "there is a chain " + name + " already"};
  chain.exists = true;
}

void CompatTable::delete_chain(const std::string& name) {
  Chain& chain = to_edit(name);
  if (!chain.rules.empty()) throw Error{Code::internal, "chain " + name + " is not empty"};
  chain.exists = false;
}

void CompatTable::check_target(const Rule& rule) const {
  const std::string* chain = rule.jump();
  if (chain == nullptr || has_chain(*chain)) return;
  throw Error{Code::firewall_refused,
              program(id()) + ": there is no chain " + *chain + " in table " + std::string{id().name}}
      .hint("create it before, or do without externalSetMarkChain");
}

void CompatTable::insert(const Rule& rule, std::size_t position) {
  check_target(rule);
  auto& rules = to_edit(rule.chain).rules;
  rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(position), PresentRule{.rule = rule});
}

void CompatTable::append(const Rule& rule) {
  check_target(rule);
  to_edit(rule.chain).rules.push_back({.rule = rule});
}

void CompatTable::erase(const std::string& name, std::size_t position) {
  Chain& chain = to_edit(name);
  const auto rule = chain.rules.begin() + static_cast<std::ptrdiff_t>(position);
  if (rule->handle != 0) chain.removed.push_back(rule->handle);
  chain.rules.erase(rule);
}

// New ones before the next of those that stay, which keep their order.
void CompatTable::add_rules(std::vector<wire::Request>& to, const Chain& chain) const {
  for (auto rule = chain.rules.begin(); rule != chain.rules.end(); ++rule) {
    if (rule->handle != 0) continue;
    const auto next = std::find_if(rule, chain.rules.end(), [](const PresentRule& other) { return other.handle != 0; });
    to.push_back(next == chain.rules.end() ? append_rule(id(), rule->rule)
                                           : insert_rule(id(), rule->rule, next->handle));
  }
}

// Chains come first and go last, when nothing jumps to them any more.
std::vector<wire::Request> CompatTable::changes() const {
  std::vector<wire::Request> to;
  const auto is_new = [](const Chain& chain) { return chain.exists && !chain.present; };
  for (const auto& [name, chain] : chains_) {
    const Builtin* builtin = find_builtin(id().name, name);
    if (!is_new(chain) || (builtin != nullptr && chain.rules.empty())) continue;
    if (to.empty()) to.push_back(create_table(id()));
    to.push_back(builtin == nullptr ? iptables::create_chain(id(), name) : create_builtin(id(), *builtin));
  }
  for (const auto& [name, chain] : chains_) add_rules(to, chain);
  for (const auto& [name, chain] : chains_) {
    if (chain.present && !chain.exists && !chain.removed.empty()) {
      to.push_back(flush_chain(id(), name));
      continue;
    }
    for (const std::uint64_t handle : chain.removed) to.push_back(delete_rule(id(), name, handle));
  }
  for (const auto& [name, chain] : chains_) {
    if (chain.present && !chain.exists) to.push_back(iptables::delete_chain(id(), name));
  }
  return to;
}

}  // namespace patchbay::firewall::iptables
