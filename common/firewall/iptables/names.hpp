// SPDX-License-Identifier: Apache-2.0
// Names and comments of the reference suite's layout: who owns a chain or a rule.
//
// Network names and container IDs are what the CNI specification allows (letters, digits, '_', '.',
// '-'), so that quoting them, in Go's %q or otherwise, changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/owner.hpp"

namespace patchbay::firewall::iptables {

// Tables.
inline constexpr std::string_view kNat = "nat";
inline constexpr std::string_view kRaw = "raw";
inline constexpr std::string_view kFilter = "filter";

// Built-in chains.
inline constexpr const char* kPrerouting = "PREROUTING";
inline constexpr const char* kInput = "INPUT";
inline constexpr const char* kForward = "FORWARD";
inline constexpr const char* kOutput = "OUTPUT";
inline constexpr const char* kPostrouting = "POSTROUTING";

// Chains that all containers share. They stay once they are there.
inline constexpr const char* kHostPortDnat = "CNI-HOSTPORT-DNAT";
inline constexpr const char* kHostPortSetMark = "CNI-HOSTPORT-SETMARK";
inline constexpr const char* kHostPortMasquerade = "CNI-HOSTPORT-MASQ";
inline constexpr const char* kOldHostPortSnat = "CNI-HOSTPORT-SNAT";  // portmap before 0.7
inline constexpr const char* kContainerForward = "CNI-FORWARD";

// Where bridges with an ingress policy are kept apart: what comes from one, then what goes to another.
// They go with the last such bridge.
inline constexpr const char* kIsolationSource = "CNI-ISOLATION-STAGE-1";
inline constexpr const char* kIsolationTarget = "CNI-ISOLATION-STAGE-2";

// Chains of one container on one network, whatever the interface: "CNI-<24 hex>", "CNI-DN-<21 hex>",
// and what portmap before 0.7 made, "CNI-SN-<21 hex>".
std::string masquerade_chain(const Owner& owner);
std::string host_port_chain(const Owner& owner);
std::string old_snat_chain(const Owner& owner);
bool is_masquerade_chain(std::string_view chain);
bool is_host_port_chain(std::string_view chain);

// name: "<network>" id: "<container>"
std::string masquerade_comment(const Owner& owner);
// dnat name: "<network>" id: "<container>"
std::string host_port_comment(const Owner& owner);

// False as well when the comment was cut so short that nobody can tell.
bool masquerade_comment_is_of(std::string_view network, std::string_view comment);
bool host_port_comment_is_of(std::string_view network, std::string_view comment);

// Whom a host port's comment names; the ifname, which it does not tell, is "*".
std::optional<Owner> parse_host_port_comment(std::string_view comment);
std::optional<Owner> parse_masquerade_comment(std::string_view comment);

// Chains and comments know no ifname, yet two interfaces of a container may be on one network. So
// our entries carry this number (never 0), made of the owner's three names, where the kernel stores and
// returns it and neither it nor iptables looks, so that -C, -D and -S see no difference: in `nfcache`, a field
// of ipt_entry, or in a rule's userdata (nf_tables). Rules of others, and rules that went through
// iptables-save, have 0: unknown.
std::uint32_t attachment_number(const Owner& owner);

}  // namespace patchbay::firewall::iptables
