// SPDX-License-Identifier: Apache-2.0
// Everything that a plugin can have changed, as facts: links, addresses, routes, rules, sysctls of
// every interface, packet filter, and every file with its mode.
#pragma once

#include "test/conformance/facts.hpp"
#include "test/conformance/tokens.hpp"
#include "test/support/world.hpp"

namespace patchbay::test::conformance {

// Objects are named "<prefix>/<namespace>/<topic>/<name>" and "<prefix>/files/<path>".
Facts observe(World& world, const std::string& prefix, const std::vector<std::string>& containers,
              const Tokens& tokens);

}  // namespace patchbay::test::conformance
