// SPDX-License-Identifier: Apache-2.0
// libip4tc and libip6tc, loaded when they are first needed: a plugin that runs on nftables does not
// pay for them, and a node without them can still run it. For legacy_table.cpp only.
#pragma once

#include <string>

#include "common/firewall/iptables/detail/header.hpp"

namespace patchbay::firewall::iptables::detail {

// The few functions of <libiptc/libiptc.h> that we call, by their own types.
struct Iptc4 {
  using Version = V4;
  static constexpr const char* kFile = "libip4tc.so.2";
  static constexpr const char* kPrefix = "iptc_";
  decltype(&::iptc_init) init;
  decltype(&::iptc_free) free;
  decltype(&::iptc_commit) commit;
  decltype(&::iptc_strerror) strerror;
  decltype(&::iptc_is_chain) is_chain;
  decltype(&::iptc_builtin) builtin;
  decltype(&::iptc_first_chain) first_chain;
  decltype(&::iptc_next_chain) next_chain;
  decltype(&::iptc_first_rule) first_rule;
  decltype(&::iptc_next_rule) next_rule;
  decltype(&::iptc_get_target) get_target;
  decltype(&::iptc_create_chain) create_chain;
  decltype(&::iptc_delete_chain) delete_chain;
  decltype(&::iptc_insert_entry) insert_entry;
  decltype(&::iptc_append_entry) append_entry;
  decltype(&::iptc_delete_num_entry) delete_num_entry;
  decltype(&::iptc_get_policy) get_policy;
};

// And of <libiptc/libip6tc.h>.
struct Iptc6 {
  using Version = V6;
  static constexpr const char* kFile = "libip6tc.so.2";
  static constexpr const char* kPrefix = "ip6tc_";
  decltype(&::ip6tc_init) init;
  decltype(&::ip6tc_free) free;
  decltype(&::ip6tc_commit) commit;
  decltype(&::ip6tc_strerror) strerror;
  decltype(&::ip6tc_is_chain) is_chain;
  decltype(&::ip6tc_builtin) builtin;
  decltype(&::ip6tc_first_chain) first_chain;
  decltype(&::ip6tc_next_chain) next_chain;
  decltype(&::ip6tc_first_rule) first_rule;
  decltype(&::ip6tc_next_rule) next_rule;
  decltype(&::ip6tc_get_target) get_target;
  decltype(&::ip6tc_create_chain) create_chain;
  decltype(&::ip6tc_delete_chain) delete_chain;
  decltype(&::ip6tc_insert_entry) insert_entry;
  decltype(&::ip6tc_append_entry) append_entry;
  decltype(&::ip6tc_delete_num_entry) delete_num_entry;
  decltype(&::ip6tc_get_policy) get_policy;
};

// False in an executable that cannot load anything; there everything below throws TwinNeeded.
bool can_load();

// Throws feature_missing when the library cannot be loaded. Never unloaded.
template <typename Iptc>
const Iptc& library();

// Why it cannot be loaded; empty when it can.
template <typename Iptc>
const std::string& failure_of();

}  // namespace patchbay::firewall::iptables::detail
