// SPDX-License-Identifier: Apache-2.0
// A case's plugins as a runtime drives them: in order for ADD and CHECK, in reverse for DEL, each
// with what the runtime knows of the container.
#pragma once

#include <map>

#include "test/conformance/case.hpp"
#include "test/conformance/suite.hpp"

namespace patchbay::test::conformance {

struct Target {
  std::string container, ifname = "eth0", netns;
  bool with_previous_result = true;
};

class Runtime {
 public:
  Runtime(World& world, const Case& item, const Suite& suite) : world_(world), case_(item), suite_(suite) {}

  Ran add(const Target& target);    // until one fails; the last one's answer
  Ran check(const Target& target);  // until one fails
  Ran del(const Target& target);    // all; the last failure, if any
  Ran gc();                         // all, with no attachment that is still valid
  Ran status();                     // until one fails

 private:
  using Attachment = std::pair<std::string, std::string>;  // container, ifname
  [[nodiscard]] nlohmann::json special(const std::string& container, const char* key,
                                       const nlohmann::json& usual) const;
  [[nodiscard]] nlohmann::json config(const nlohmann::json& plugin, const std::string& container) const;
  // What the runtime adds: under this key, this value; null adds nothing.
  struct Addition {
    const char* key;
    nlohmann::json value;
  };
  [[nodiscard]] Addition previous(const Target& target) const;
  Ran call(const std::string& verb, const nlohmann::json& plugin, const Target& target, const Addition& addition);

  World& world_;
  const Case& case_;
  const Suite& suite_;
  std::map<Attachment, nlohmann::json> results_;
};

}  // namespace patchbay::test::conformance
