// SPDX-License-Identifier: Apache-2.0
// Hostile material is long, binary or endless; the tables say how to make it. In place of a text:
//
//   {"$bytes": "\u00ff"}                            each code point up to U+00FF is one byte
//   {"$repeat": "[", "times": 9, "before": "", "after": "", "open": true}
//                                                   open: what follows never comes, and no end either
// and, inside of configurations, also
//
//   {"$list": 4096, "of": {...}}                    so many elements; {"$index": 1000} in them counts from 1000
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

namespace patchbay::test::hostile {

// What is written to a program's stdin, never held in memory as a whole.
struct Input {
  std::string before, unit;
  std::size_t times = 0;
  std::string after;
  bool open = false;  // stdin is not closed afterwards
};

Input to_input(const nlohmann::json& text);
std::string to_text(const nlohmann::json& text);       // the same, whole
nlohmann::json expanded(const nlohmann::json& value);  // a configuration with all of the above in it
std::string replaced(std::string text, const std::string& mark, const std::string& by);

}  // namespace patchbay::test::hostile
