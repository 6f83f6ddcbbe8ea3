// SPDX-License-Identifier: Apache-2.0
// The words of a condition, read from left to right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.hpp"
#include "common/net/ip.hpp"

namespace patchbay::firewall::detail {

// At blanks, too: the reference hands them to a program that does so, and people write several in one.
std::vector<std::string> split_words(const std::vector<std::string>& words);

class ConditionReader {
 public:
  // `understood` is what an error lists.
  ConditionReader(const std::vector<std::string>& words, net::Family family, std::string pointer,
                  const char* understood);

  [[nodiscard]] net::Family family() const { return family_; }
  [[nodiscard]] bool at_end() const { return next_ == words_.size(); }
  [[nodiscard]] std::string_view peek() const;
  // Throws, naming `what` is due, at the end.
  std::string take(std::string_view what);
  bool skip(std::string_view word);

  // Values; each throws unless the text is one.
  [[nodiscard]] net::Cidr subnet(const std::string& text) const;  // an address alone is that host
  [[nodiscard]] std::string interface(std::string name) const;
  [[nodiscard]] std::uint32_t mark(std::string_view text) const;

  [[nodiscard]] Error refused(const std::string& why) const;

 private:
  std::vector<std::string> words_;
  std::size_t next_ = 0;
  net::Family family_;
  std::string pointer_;
  const char* understood_;
};

}  // namespace patchbay::firewall::detail
