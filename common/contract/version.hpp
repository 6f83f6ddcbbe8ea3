// SPDX-License-Identifier: Apache-2.0
// The versions of the CNI specification that we speak.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::contract {

inline constexpr std::array<std::string_view, 7> kSupportedVersions{"0.1.0", "0.2.0", "0.3.0", "0.3.1",
                                                                    "0.4.0", "1.0.0", "1.1.0"};

struct Version {
  unsigned major_number = 0, minor_number = 0, patch_number = 0;
  // "1.1.0", "1.1" or "1"; nullopt for anything else.
  static std::optional<Version> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const Version&) const = default;
};

inline constexpr Version kFirstWithInterfaces{0, 3, 0};
inline constexpr Version kFirstWithCheck{0, 4, 0};
inline constexpr Version kFirstSorted{1, 0, 0};
inline constexpr Version kFirstWithGc{1, 1, 0};  // and STATUS

}  // namespace patchbay::contract
