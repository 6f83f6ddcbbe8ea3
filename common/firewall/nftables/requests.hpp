// SPDX-License-Identifier: Apache-2.0
// The nf_tables messages that we send (<linux/netfilter/nf_tables.h>), with what they do in words.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/firewall/nftables/layout.hpp"
#include "common/wire/socket.hpp"

namespace patchbay::firewall::nftables {

std::uint16_t message_type(int message);  // of subsystem nf_tables: NFT_MSG_NEWRULE…

wire::Request create_table(Table table);
wire::Request create_chain(const Chain& chain);
wire::Request create_set(const SetName& set, std::uint32_t id);
wire::Request append_rule(const Rule& rule);
// Elements of one set. `exclusive`: refused with EEXIST when any is there already; otherwise only
// when it is there with other data.
wire::Request create_elements(const SetName& set, std::span<const Element> elements, bool exclusive);
// Elements as they are, to be gone with the next tick of the kernel's clock. (NFTA_SET_ELEM_TIMEOUT of
// an element that exists: Linux 6.12. Older kernels say yes and do nothing.)
wire::Request expire_elements(const SetName& set, std::span<const Element> elements);
wire::Request delete_elements(const SetName& set, std::span<const Element> elements);
wire::Request delete_rule(Table table, std::string_view chain, std::uint64_t handle);
wire::Request flush_chain(Table table, std::string_view chain);
wire::Request delete_chain(Table table, std::string_view chain);
wire::Request delete_table(Table table);  // with all that is in it
wire::Request delete_set(const SetName& set);

// As many elements as surely fit into one message (64 KiB for an attribute).
inline constexpr std::size_t kElementsPerMessage = 128;

wire::Request get_generation();
wire::Request get_table(std::string_view name);  // of family inet, anybody's
wire::Request get_chain(Table table, std::string_view chain);
wire::Request get_element(const Element& element);
wire::Request list_sets(Table table);
wire::Request list_elements(const SetName& set);
wire::Request list_rules(Table table);

}  // namespace patchbay::firewall::nftables
