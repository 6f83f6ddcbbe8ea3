// SPDX-License-Identifier: Apache-2.0
// The stages between stdin and a Request, apart, so that an error in one of them can be told in the
// version that an earlier one has found.
#pragma once

#include <optional>
#include <string>

#include "common/contract/detail/environment.hpp"
#include "common/contract/request.hpp"

namespace patchbay::contract::detail {

// An object, or decode_failure.
Json parse_config(const std::string& input);
// The version that the configuration asks for, if we speak it; 0.1.0 when it names none.
std::optional<Version> spoken_version(const Json& config);
// Throws incompatible_version when `command` cannot be served for this configuration.
Version negotiate(Command command, const Json& config);

Request make_request(Command command, Environment environment, Json config, std::string input);

}  // namespace patchbay::contract::detail
