// SPDX-License-Identifier: Apache-2.0
// Whether firewalld is to accept a container, and by which of its zones; empty: the packet filter does.
#pragma once

#include <optional>
#include <string>

#include "common/attach/record.hpp"
#include "common/contract/request.hpp"
#include "plugins/meta/firewall/config.hpp"

namespace patchbay::firewall_plugin {

std::string choose_zone(const Config& config);
// What ADD has chosen, while that is known and the configuration leaves the choice.
std::string chosen_zone(const Config& config, const std::optional<attach::Record>& record);

// DEL of an attachment without a record adds to what the request tells: the zone and, where prevResult tells no
// addresses, those that host-local still holds for it, since plugins are undone in reverse order.
void add_unrecorded(std::optional<firewall::Forwarding>& told, const contract::Request& request);

}  // namespace patchbay::firewall_plugin
