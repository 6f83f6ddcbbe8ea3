// SPDX-License-Identifier: Apache-2.0
// One interface of one container on one network, and what a runtime says about it (CNI spec 1.1.0,
// section 3 "Attachment Parameters").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/owner.hpp"
#include "common/contract/json.hpp"

namespace patchbay::cli {

// CNI_ARGS in the order given; libcni's cache keeps it too.
using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Attachment {
  Owner owner;
  std::string netns;                           // absolute path
  Pairs args;                                  // CNI_ARGS
  std::optional<contract::Json> capabilities;  // CAP_ARGS: an object, a key per capability
};

// "K=V;K2=V2"; like cnitool, refuses an empty key or value and a second '='.
Pairs parse_pairs(std::string_view text);
std::string to_string(const Pairs& pairs);

// Go's filepath.Abs, on which the container ID depends: absolute, without ".", ".." and "//".
// Symbolic links are left as they are.
std::string absolute_path(std::string_view path);

// What cnitool calls the container behind `netns`: both tools work on the same attachment.
std::string container_id_for(std::string_view absolute_netns);

}  // namespace patchbay::cli
