// SPDX-License-Identifier: Apache-2.0
// RFC 4648 section 4, with padding: how the result cache stores a configuration.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace patchbay::cli {

std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);  // nullopt: not canonical base64

}  // namespace patchbay::cli
