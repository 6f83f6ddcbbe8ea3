// SPDX-License-Identifier: Apache-2.0
// The chains that every table has in the eyes of iptables. In nf_tables they are there when somebody has
// made them, and whoever writes the first rule into one does so.
#pragma once

#include <cstdint>
#include <string_view>

namespace patchbay::firewall::iptables {

struct Builtin {
  std::string_view table, chain, type;
  std::uint32_t hook = 0;  // NF_INET_PRE_ROUTING…
  std::int32_t priority = 0;
};

// nullptr for a chain that users make.
const Builtin* find_builtin(std::string_view table, std::string_view chain);

}  // namespace patchbay::firewall::iptables
