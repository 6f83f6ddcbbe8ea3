// SPDX-License-Identifier: Apache-2.0
// A table of one family, being edited: a snapshot in memory until it is committed. What edits it
// (masquerade.cpp, host_ports.cpp, localhost_guard.cpp) knows rules only, not how they reach the kernel.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/firewall/iptables/names.hpp"
#include "common/firewall/iptables/rule.hpp"
#include "common/firewall/iptables/variant.hpp"

namespace patchbay::firewall::iptables {

// As in `iptables -t name` or `ip6tables -t name`.
struct TableId {
  Variant variant{};
  net::Family family{};
  std::string_view name = kNat;  // one of names.hpp
  bool operator==(const TableId&) const = default;
};

class Table {
 public:
  explicit Table(const TableId& id) : id_(id) {}
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  virtual ~Table() = default;

  [[nodiscard]] const TableId& id() const { return id_; }
  [[nodiscard]] net::Family family() const { return id_.family; }

  [[nodiscard]] virtual bool has_chain(const std::string& chain) const = 0;
  [[nodiscard]] virtual std::vector<std::string> chains() const = 0;
  // In their order; none when there is no such chain.
  [[nodiscard]] virtual std::vector<Rule> rules(const std::string& chain) const = 0;
  [[nodiscard]] virtual bool has_rules(const std::string& chain) const { return !rules(chain).empty(); }

  virtual void create_chain(const std::string& chain) = 0;
  // It must be empty, and nothing may jump to it.
  virtual void delete_chain(const std::string& chain) = 0;
  // So that the rule is the `position`-th of its chain, from 0.
  virtual void insert(const Rule& rule, std::size_t position) = 0;
  virtual void append(const Rule& rule) = 0;
  virtual void erase(const std::string& chain, std::size_t position) = 0;

 private:
  TableId id_;
};

// --- edits that others are made of -------------------------------------------------------------------

void ensure_chain(Table& table, const std::string& chain);
// Unless an equal rule is in its chain; both create the chain when absent.
void ensure_last(Table& table, const Rule& rule);
void ensure_first(Table& table, const Rule& rule);
// How many there were.
std::size_t erase_if(Table& table, const std::string& chain, const std::function<bool(const Rule&)>& condition);
// With its rules; fine when absent. Nothing may jump to it.
void drop_chain(Table& table, const std::string& chain);
bool jumps_to(const Rule& rule, const std::string& chain);
// Of the chains that `condition` chooses, those without rules that nothing jumps to: a flush leaves them so,
// without a word about whose they were, and nobody misses them.
void drop_idle_chains(Table& table, const std::function<bool(const std::string&)>& condition);

}  // namespace patchbay::firewall::iptables
