// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/table.hpp"

#include <algorithm>

#include "common/firewall/iptables/names.hpp"

namespace patchbay::firewall::iptables {
namespace {

bool has(const Table& table, const Rule& rule) {
  const auto rules = table.rules(rule.chain);
  return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

}  // namespace

void ensure_chain(Table& table, const std::string& chain) {
  if (!table.has_chain(chain)) table.create_chain(chain);
}

void ensure_last(Table& table, const Rule& rule) {
  ensure_chain(table, rule.chain);
  if (!has(table, rule)) table.append(rule);
}

void ensure_first(Table& table, const Rule& rule) {
  ensure_chain(table, rule.chain);
  if (!has(table, rule)) table.insert(rule, 0);
}

std::size_t erase_if(Table& table, const std::string& chain, const std::function<bool(const Rule&)>& condition) {
  const auto rules = table.rules(chain);
  std::size_t erased = 0;
  for (std::size_t position = rules.size(); position-- > 0;) {
    if (!condition(rules[position])) continue;
    table.erase(chain, position);
    ++erased;
  }
  return erased;
}

void drop_chain(Table& table, const std::string& chain) {
  if (!table.has_chain(chain)) return;
  for (std::size_t left = table.rules(chain).size(); left > 0; --left) table.erase(chain, left - 1);
  table.delete_chain(chain);
}

bool jumps_to(const Rule& rule, const std::string& chain) {
  const std::string* target = rule.jump();
  return target != nullptr && *target == chain;
}

void drop_idle_chains(Table& table, const std::function<bool(const std::string&)>& condition) {
  const auto all = table.chains();
  auto idle = all;
  std::erase_if(idle, [&](const std::string& chain) { return !condition(chain) || !table.rules(chain).empty(); });
  if (idle.empty()) return;
  auto sources = all;
  sources.insert(sources.end(), {kPrerouting, kInput, kOutput, kPostrouting});
  for (const std::string& source : sources) {
    for (const Rule& rule : table.rules(source)) {
      if (const std::string* chain = rule.jump()) std::erase(idle, *chain);
    }
  }
  for (const std::string& chain : idle) table.delete_chain(chain);
}

}  // namespace patchbay::firewall::iptables
