// SPDX-License-Identifier: Apache-2.0
// Configuration keys that several main plugins share.
#pragma once

#include <optional>
#include <string>

#include "common/contract/request.hpp"
#include "common/firewall/intent.hpp"
#include "common/net/mac.hpp"

namespace patchbay::attach {

// `key` ("ipMasqBackend", "backend"): nftables or iptables; nullopt: to be chosen.
std::optional<firewall::Backend> parse_backend(const contract::Request& request, const char* key);

// `text` as the MAC of an interface: throws invalid_config at `pointer` when it cannot be one.
net::Mac parse_interface_mac(const std::string& text, const std::string& pointer);

// The container's MAC: runtimeConfig.mac over args.cni.mac over CNI_ARGS MAC.
std::optional<net::Mac> parse_mac(const contract::Request& request);

// /dns when any of its keys is there, even an empty list.
std::optional<contract::Dns> parse_dns_override(const contract::Request& request);

// /returnEarly, which DEL will look at (detach.hpp): refused unless it is true or false.
void check_return_early(const contract::Request& request);

// A path of the administrator's, "" when there is none. What a relative one would mean is known to the
// runtime's working directory alone: throws invalid_config at it.
std::string parse_absolute_path(const contract::Json& json, const std::string& key);

// /mtu: 0 (the kernel's choice) or 68..65535.
unsigned parse_mtu(const contract::Request& request);

}  // namespace patchbay::attach
