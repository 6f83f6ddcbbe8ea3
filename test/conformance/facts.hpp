// SPDX-License-Identifier: Apache-2.0
// What can be said of a node, one small statement at a time, so that two nodes can be compared and
// every difference has a name: object ("after add c1/host/links/cni0"), field ("mtu"), value ("1500").
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace patchbay::test::conformance {

using Fields = std::map<std::string, std::string>;
using Facts = std::map<std::string, Fields>;

// The leaves of a JSON value, named by their path: {"a":{"b":[1]}} is {"a/b/0": "1"}. Flags, a list
// without order, are one field.
Fields flatten(const nlohmann::json& value);

// A second object of the same name becomes "<name> #2".
void add(Facts& facts, const std::string& object, Fields fields);

struct Difference {
  std::string where;            // "object/field"; the object alone where only one node has it
  std::string reference, ours;  // kNone where absent
};

inline constexpr const char* kNone = "(none)";

std::vector<Difference> compare(const Facts& reference, const Facts& ours);

}  // namespace patchbay::test::conformance
