// SPDX-License-Identifier: Apache-2.0
// The CNI_* variables (CNI spec 1.1.0, section 2, "Parameters").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/contract/request.hpp"

namespace patchbay::contract::detail {

// As given; validated where `command` requires them.
struct Environment {
  std::string container_id, netns, ifname, args, path;
  bool own_netns_allowed = false;
};
Environment read_environment(Command command);

// "ADD" is Command::add; nullopt for what is no verb.
std::optional<Command> find_command(std::string_view name);

}  // namespace patchbay::contract::detail
