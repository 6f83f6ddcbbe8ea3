// SPDX-License-Identifier: Apache-2.0
// What a runtime writes to our stdin.
#include "common/contract/json.hpp"

#include <nlohmann/json.hpp>

#include "test/fuzz/fuzz.hpp"

using patchbay::contract::Json;
using namespace patchbay::fuzz;

namespace {

void walk(const Json& json) {
  const auto is_below = [&](const Json& child) { return child.pointer().starts_with(json.pointer() + "/"); };
  if (json.is_array()) {
    for (const Json& element : json.elements(SIZE_MAX)) {
      require(is_below(element), "an element's pointer goes on from its array's");
      walk(element);
    }
  }
  if (!json.is_object()) return;
  for (const std::string& key : json.keys()) {
    const auto member = json.find(key);
    require(member.has_value() != json.raw().at(key).is_null(), "every key is found, unless it is null");
    if (!member) continue;
    require(is_below(*member), "a member's pointer goes on from its object's");
    walk(*member);
  }
}

// Each question of the kind that configurations are asked, with the wrong type as often as not.
void ask(const Json& json) {
  if (!json.is_object()) return;
  for (const std::string& key : json.keys()) {
    attempt([&] { return json.flag(key); });
    attempt([&] { return json.text(key); });
    attempt([&] { return json.integer(key, {-10, 10}); });
    attempt([&] { return json.object(key); });
    attempt([&] { return json.texts(key, 16); });
    attempt([&] { return json.ip(key); });
    attempt([&] { return json.cidr(key); });
    attempt([&] { return json.mac(key); });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = attempt([&] { return Json::parse(text_of({data, size})); });
  if (!json) return 0;
  const std::string printed = json->dump();
  require(Json::parse(printed).raw() == json->raw(), "what is printed reads as what was read");
  walk(*json);
  ask(*json);
  return 0;
}
