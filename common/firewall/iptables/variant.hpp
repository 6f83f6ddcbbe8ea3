// SPDX-License-Identifier: Apache-2.0
// Two kinds of tables go by the name of iptables, and a node may have both.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "common/net/ip.hpp"

namespace patchbay::firewall::iptables {

enum class Variant : std::uint8_t {
  legacy,     // ip_tables of the kernel, what iptables-legacy shows
  nf_tables,  // tables of nf_tables in the form that iptables-nft gives them
};
inline constexpr std::array kVariants{Variant::legacy, Variant::nf_tables};

// Where new rules for addresses of these families go: into the legacy tables where this namespace has one,
// named nat, or where the program that this host calls iptables is of that variant; otherwise into nf_tables
// if the kernel has what that takes. No exec, and nothing comes into being.
Variant choose_variant(std::span<const net::Family> families);

}  // namespace patchbay::firewall::iptables
