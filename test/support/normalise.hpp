// SPDX-License-Identifier: Apache-2.0
// What tools print about the kernel's state, reduced to what a plugin can have changed: one object a
// line, nothing that moves by itself.
#pragma once

#include <string>

namespace patchbay::test::normalise {

std::string objects(const std::string& json);    // an array from ip, bridge or tc; sorted
std::string addresses(const std::string& json);  // ip addr: one line per address
std::string routes(const std::string& json);     // without those that follow from addresses
std::string nft(const std::string& ruleset);     // "table / chain / rule", tables, chains and elements sorted
std::string iptables(const std::string& save);   // "table rule", in order; without untouched tables
std::string conntrack(const std::string& list);  // protocol and tuples, sorted

}  // namespace patchbay::test::normalise
