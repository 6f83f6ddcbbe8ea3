// SPDX-License-Identifier: Apache-2.0
// What Json and Result::parse share: reading members, with the code of a bad value left to the
// caller. A wrong type is decode_failure always; a value that is wrong in itself (out of bounds, no
// address) is invalid_config in a configuration and decode_failure in somebody's result.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.hpp"
#include "common/contract/json.hpp"

namespace patchbay::contract::detail {

std::optional<std::int64_t> read_integer(const Json& json, std::string_view key, Json::Bounds bounds, Code bad_value);
std::optional<net::Ip> read_ip(const Json& json, std::string_view key, Code bad_value);
std::optional<net::Cidr> read_cidr(const Json& json, std::string_view key, Code bad_value);

// "ips/1" for "/a/ips/1": how a message names the value at `pointer`.
std::string name_of(std::string_view pointer);
// "/a/ips" and "b/c" make "/a/ips/b~1c" (RFC 6901).
std::string pointer_to(std::string_view parent, std::string_view key);

}  // namespace patchbay::contract::detail
