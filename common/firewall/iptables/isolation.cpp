// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/isolation.hpp"

#include <algorithm>

namespace patchbay::firewall::iptables {
namespace {

constexpr const char* kStages[] = {kIsolationSource, kIsolationTarget};

Comment comment(const std::string& policies) { return {"CNI firewall plugin rules (ingressPolicy: " + policies + ")"}; }

Rule without_comment(Rule rule) {
  std::erase_if(rule.matches, [](const Match& match) { return std::holds_alternative<Comment>(match); });
  return rule;
}

bool says_the_same(const Rule& one, const Rule& other) { return without_comment(one) == without_comment(other); }

std::optional<std::size_t> position_of(const std::vector<Rule>& rules, const Rule& wanted) {
  const auto found =
      std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return says_the_same(rule, wanted); });
  if (found == rules.end()) return std::nullopt;
  return static_cast<std::size_t>(found - rules.begin());
}

// Behind the jump to what accepts, it would be asked nothing.
bool stands_in_time(const std::vector<Rule>& forward, std::size_t entrance) {
  return std::none_of(forward.begin(), forward.begin() + static_cast<std::ptrdiff_t>(entrance),
                      [](const Rule& rule) { return jumps_to(rule, kContainerForward); });
}

void ensure_entrance(Table& filter, const Rule& entrance) {
  const auto rules = filter.rules(kForward);
  const auto position = position_of(rules, entrance);
  if (position && stands_in_time(rules, *position)) return;
  if (position) filter.erase(kForward, *position);
  filter.insert(entrance, 0);
}

bool is_plain(const std::optional<Interface>& interface, const std::string& name) {
  return interface && interface->name == name && !interface->negated;
}

bool is_of(const Rule& rule, const std::string& bridge) {
  if (rule.chain == kIsolationTarget) return is_plain(rule.out, bridge) && std::holds_alternative<Drop>(rule.target);
  return is_plain(rule.in, bridge) && rule.out && rule.out->name == bridge;
}

bool is_end(const Rule& rule) { return std::holds_alternative<Return>(rule.target) && !rule.in && !rule.out; }

bool is_idle(const Table& filter) {
  return std::all_of(std::begin(kStages), std::end(kStages), [&](const char* stage) {
    const auto rules = filter.rules(stage);
    return std::all_of(rules.begin(), rules.end(), is_end);
  });
}

}  // namespace

IsolationRules isolation_rules(const IngressPolicy& policy) {
  const bool isolated = policy.ingress == Ingress::isolated;
  const Comment own = comment(isolated ? "isolated" : "same-bridge"), shared = comment("same-bridge|isolated");
  const Interface here{policy.bridge}, elsewhere{policy.bridge, true};
  IsolationRules rules;
  rules.entrance = {.chain = kForward, .matches = {shared}, .target = Jump{kIsolationSource}};
  rules.of_bridge.push_back(
      {.chain = kIsolationSource, .in = here, .out = elsewhere, .matches = {own}, .target = Jump{kIsolationTarget}});
  if (isolated) {
    rules.of_bridge.push_back({.chain = kIsolationSource, .in = here, .out = here, .matches = {own}, .target = Drop{}});
  }
  rules.of_bridge.push_back({.chain = kIsolationTarget, .out = here, .matches = {shared}, .target = Drop{}});
  for (const char* stage : kStages) rules.ends.push_back({.chain = stage, .matches = {shared}, .target = Return{}});
  return rules;
}

void ensure_isolation(Table& filter, const IsolationRules& wanted) {
  for (const char* stage : kStages) ensure_chain(filter, stage);
  ensure_entrance(filter, wanted.entrance);
  for (const Rule& rule : wanted.of_bridge) {
    if (!position_of(filter.rules(rule.chain), rule)) filter.insert(rule, 0);
  }
  for (const Rule& rule : wanted.ends) {
    if (!position_of(filter.rules(rule.chain), rule)) filter.append(rule);
  }
}

std::vector<Rule> absent_isolation(const Table& filter, const IsolationRules& wanted) {
  std::vector<Rule> absent;
  const auto forward = filter.rules(kForward);
  const auto entrance = position_of(forward, wanted.entrance);
  if (!entrance || !stands_in_time(forward, *entrance)) absent.push_back(wanted.entrance);
  for (const Rule& rule : wanted.of_bridge) {
    const auto rules = filter.rules(rule.chain);
    const auto position = position_of(rules, rule);
    const auto end = std::find_if(rules.begin(), rules.end(), is_end);
    if (!position || *position > static_cast<std::size_t>(end - rules.begin())) absent.push_back(rule);
  }
  return absent;
}

void lift_isolation(Table& filter, const std::string& bridge) {
  std::size_t lifted = 0;
  for (const char* stage : kStages) {
    lifted += erase_if(filter, stage, [&](const Rule& rule) { return is_of(rule, bridge); });
  }
  if (lifted == 0 || !is_idle(filter)) return;
  erase_if(filter, kForward, [](const Rule& rule) { return jumps_to(rule, kIsolationSource); });
  for (const char* stage : kStages) drop_chain(filter, stage);
}

std::vector<std::string> isolated_bridges(const Table& filter) {
  std::vector<std::string> bridges;
  for (const Rule& rule : filter.rules(kIsolationSource)) {
    if (jumps_to(rule, kIsolationTarget) && rule.in && is_of(rule, rule.in->name)) bridges.push_back(rule.in->name);
  }
  return bridges;
}

}  // namespace patchbay::firewall::iptables
