// SPDX-License-Identifier: Apache-2.0
// A table of rules that no kernel knows, and what the tests that edit it share.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/firewall/iptables/host_ports.hpp"
#include "common/firewall/iptables/names.hpp"
#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

// The kernel's rules about chains, in memory.
class Notebook final : public Table {
 public:
  explicit Notebook(net::Family family = net::Family::v4, std::string_view name = kNat)
      : Table({.family = family, .name = name}) {
    for (const char* chain : {kPrerouting, kForward, kOutput, kPostrouting}) chains_[chain];
  }

  bool has_chain(const std::string& chain) const override { return chains_.contains(chain); }
  std::vector<std::string> chains() const override {
    std::vector<std::string> names;
    for (const auto& [name, rules] : chains_) {
      if (name != kPrerouting && name != kForward && name != kOutput && name != kPostrouting) names.push_back(name);
    }
    return names;
  }
  std::vector<Rule> rules(const std::string& chain) const override {
    const auto found = chains_.find(chain);
    return found == chains_.end() ? std::vector<Rule>{} : found->second;
  }
  void create_chain(const std::string& chain) override {
    if (!chains_.emplace(chain, std::vector<Rule>{}).second) throw Error{Code::internal, "exists: " + chain};
    ++edits;
  }
  void delete_chain(const std::string& chain) override {
    if (!chains_.at(chain).empty()) throw Error{Code::internal, "not empty: " + chain};
    for (const auto& [name, rules] : chains_) {
      for (const Rule& rule : rules) {
        if (jumps_to(rule, chain)) throw Error{Code::internal, "in use: " + chain};
      }
    }
    chains_.erase(chain);
    ++edits;
  }
  void insert(const Rule& rule, std::size_t position) override {
    auto& rules = target(rule);
    rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(position), rule);
    ++edits;
  }
  void append(const Rule& rule) override {
    target(rule).push_back(rule);
    ++edits;
  }
  void erase(const std::string& chain, std::size_t position) override {
    auto& rules = chains_.at(chain);
    rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(position));
    ++edits;
  }

  // iptables -F
  void flush() {
    for (auto& [name, rules] : chains_) rules.clear();
  }
  // As after iptables-save and -restore, or as if the reference had written them.
  void forget_attachments() {
    for (auto& [name, rules] : chains_) {
      for (Rule& rule : rules) rule.attachment = 0;
    }
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& [name, rules] : chains_) {
      all.push_back("-N " + name);
      for (const Rule& rule : rules) all.push_back(to_text(rule));
    }
    return all;
  }
  int edits = 0;

 private:
  std::vector<Rule>& target(const Rule& rule) {
    const std::string* chain = rule.jump();
    if (chain != nullptr && !chains_.contains(*chain)) throw Error{Code::internal, "no chain " + *chain};
    return chains_.at(rule.chain);
  }
  std::map<std::string, std::vector<Rule>> chains_;
};

inline const Owner kOwner{"netA", "ctrA", "eth0"};
inline const Owner kSibling{"netA", "ctrA", "eth1"};
inline const Owner kOther{"netA", "ctrB", "eth0"};

inline net::Cidr cidr(const std::string& text) { return *net::Cidr::parse(text); }

inline PortForward forward(const std::string& container, std::uint16_t host_port, const std::string& host_ip = {}) {
  return {.container = cidr(container), .ports = {{Protocol::tcp, host_port, net::Ip::parse(host_ip), 80}}};
}

inline void add_ports(Table& table, const Owner& owner, const PortForward& forward, const IsDead& is_dead = {}) {
  replace_host_ports(table, owner, PortForwards{}, &forward, is_dead);
}

inline std::size_t count(const Table& table, const std::string& chain) { return table.rules(chain).size(); }

}  // namespace patchbay::firewall::iptables
