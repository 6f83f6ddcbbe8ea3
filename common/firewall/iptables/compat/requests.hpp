// SPDX-License-Identifier: Apache-2.0
// The nf_tables messages about iptables' tables that we send, with what they do in words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/firewall/iptables/compat/builtin.hpp"
#include "common/firewall/iptables/table.hpp"
#include "common/wire/socket.hpp"

namespace patchbay::firewall::iptables {

wire::Request create_table(const TableId& table);  // fine when it exists
wire::Request create_chain(const TableId& table, const std::string& chain);
wire::Request create_builtin(const TableId& table, const Builtin& builtin);
wire::Request append_rule(const TableId& table, const Rule& rule);
wire::Request insert_rule(const TableId& table, const Rule& rule, std::uint64_t before);  // a handle
wire::Request delete_rule(const TableId& table, const std::string& chain, std::uint64_t handle);
wire::Request flush_chain(const TableId& table, const std::string& chain);
wire::Request delete_chain(const TableId& table, const std::string& chain);

wire::Request get_table(const TableId& table);
wire::Request get_chain(const TableId& table, const std::string& chain);
wire::Request list_chains(const TableId& table);  // and those of other tables of this family
wire::Request list_rules(const TableId& table);
wire::Request list_rules(const TableId& table, const std::string& chain);

}  // namespace patchbay::firewall::iptables
