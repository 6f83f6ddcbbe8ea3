// SPDX-License-Identifier: Apache-2.0
// A table of iptables in nf_tables. Only what is asked for is read: a chain with its rules, or, once
// somebody wants to know which chains there are, the whole table.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/firewall/iptables/compat/rule_message.hpp"
#include "common/firewall/iptables/table.hpp"
#include "common/wire/socket.hpp"

namespace patchbay::firewall::iptables {

class CompatTable final : public Table {
 public:
  // What is read and what is made of it belong together only while the ruleset's generation lasts.
  CompatTable(const TableId& id, std::shared_ptr<wire::Socket> socket) : Table(id), socket_(std::move(socket)) {}

  [[nodiscard]] bool has_chain(const std::string& chain) const override;
  [[nodiscard]] std::vector<std::string> chains() const override;
  [[nodiscard]] std::vector<Rule> rules(const std::string& chain) const override;
  [[nodiscard]] bool has_rules(const std::string& chain) const override;
  void create_chain(const std::string& chain) override;
  void delete_chain(const std::string& chain) override;
  void insert(const Rule& rule, std::size_t position) override;
  void append(const Rule& rule) override;
  void erase(const std::string& chain, std::size_t position) override;

  // What the kernel must do for its table to become this one; nothing when nothing differs.
  [[nodiscard]] std::vector<wire::Request> changes() const;

 private:
  struct Chain {
    bool present = false;                // in the kernel
    bool exists = false;                 // here
    bool read = false;                   // `rules` are what there is
    std::vector<PresentRule> rules;      // a new one has no handle
    std::vector<std::uint64_t> removed;  // handles
  };

  Chain& find(const std::string& name) const;        // with its existence
  Chain& with_rules(const std::string& name) const;  // and its rules
  Chain& to_edit(const std::string& name);           // which must exist
  void read_rules(wire::Request request, const std::string& only) const;
  void read_chain(const wire::Reply& reply) const;
  void check_target(const Rule& rule) const;
  void add_rules(std::vector<wire::Request>& to, const Chain& chain) const;

  std::shared_ptr<wire::Socket> socket_;
  mutable std::map<std::string, Chain> chains_;
  mutable bool all_known_ = false, all_read_ = false;
};

// Those of `ids` that are there. One question, answered "none" by a kernel without nf_tables.
std::vector<TableId> existing_in_nf_tables(const std::vector<TableId>& ids);

// To read.
std::unique_ptr<Table> open_in_nf_tables(const TableId& id);

// Why iptables' rules cannot live in nf_tables here; nullopt when they can.
std::optional<std::string> nf_tables_unavailable();

}  // namespace patchbay::firewall::iptables
