// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/check.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace patchbay::firewall::iptables {
namespace {

Rule for_any_port(Rule rule) {
  std::erase_if(rule.matches, [](const Match& match) { return std::holds_alternative<Ports>(match); });
  return rule;
}

// The rules of one chain, asked for in about the order in which they stand.
class Chain {
 public:
  explicit Chain(std::vector<Rule> rules) : rules_(std::move(rules)) {}

  bool has(const Rule& rule) {
    for (std::size_t tried = 0; tried < rules_.size(); ++tried) {
      next_ = (next_ + 1) % rules_.size();
      if (rules_[next_] == rule) return true;
    }
    const Ports* ports = rule.find<Ports>();
    return ports != nullptr && has_each(for_any_port(rule), ports->ports);
  }

 private:
  [[nodiscard]] bool has_each(const Rule& otherwise, std::vector<std::uint16_t> ports) const {
    for (const Rule& rule : rules_) {
      const Ports* here = rule.find<Ports>();
      if (here == nullptr || for_any_port(rule) != otherwise) continue;
      std::erase_if(ports, [&](std::uint16_t port) {
        return std::find(here->ports.begin(), here->ports.end(), port) != here->ports.end();
      });
    }
    return ports.empty();
  }

  std::vector<Rule> rules_;
  std::size_t next_ = 0;
};

}  // namespace

std::vector<Rule> absent(const Table& table, const std::vector<Rule>& wanted) {
  std::map<std::string, Chain> chains;
  std::vector<Rule> absent;
  for (const Rule& rule : wanted) {
    auto chain = chains.find(rule.chain);
    if (chain == chains.end()) chain = chains.emplace(rule.chain, Chain{table.rules(rule.chain)}).first;
    if (!chain->second.has(rule)) absent.push_back(rule);
  }
  return absent;
}

}  // namespace patchbay::firewall::iptables
