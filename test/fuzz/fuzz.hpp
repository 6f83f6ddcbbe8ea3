// SPDX-License-Identifier: Apache-2.0
// What fuzz targets share. A target takes any bytes; it must not crash, hang or leak, what it asserts
// must hold, and of exceptions only an Error may leave the code under test.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "common/base/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace patchbay::fuzz {

inline void require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

// What input may be refused with: never that we are at fault ourselves.
inline void judge(const Error& error) {
  require(!error.summary().empty(), "an error says something");
  require(error.code() != Code::internal, "input is not taken for a defect of ours");
}

// What `work` makes of the input; nullopt when it refuses it.
template <typename Work>
std::optional<std::invoke_result_t<Work>> attempt(Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const Error& error) {
    judge(error);
    return std::nullopt;
  }
}

// The same for work without a result: false when it refuses the input.
template <typename Work>
bool accepts(Work&& work) {
  return attempt([&] { return std::forward<Work>(work)(), true; }).has_value();
}

inline std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Takes one byte off the input, to choose by; 0 at its end.
inline unsigned take_choice(std::span<const std::uint8_t>& bytes) {
  if (bytes.empty()) return 0;
  const unsigned choice = bytes.front();
  bytes = bytes.subspan(1);
  return choice;
}

}  // namespace patchbay::fuzz
