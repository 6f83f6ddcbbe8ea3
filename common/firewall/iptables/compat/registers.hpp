// SPDX-License-Identifier: Apache-2.0
// What the registers of nf_tables hold while a rule is read. Only for read_rule.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "common/wire/message.hpp"

namespace patchbay::firewall::iptables {

using Value = std::span<const std::uint8_t>;

// The value within NFTA_CMP_DATA, NFTA_BITWISE_MASK…; empty when there is none.
Value value_of(const wire::Attributes& data);

// What has been loaded into a register, and under which mask.
struct Loaded {
  enum class From : std::uint8_t { nowhere, meta, payload } from{};
  std::uint32_t key = 0;                           // meta
  std::uint32_t base = 0, offset = 0, length = 0;  // payload
  std::optional<Value> mask;
};

class Registers {
 public:
  // By the word with which it begins; the last one takes what is out of range.
  Loaded& at(std::optional<std::uint32_t> number);
  // NFTA_EXPR_DATA of these expressions.
  std::uint32_t load_meta(const wire::Attributes& data);  // returns the key
  void load_payload(const wire::Attributes& data);
  void mask(const wire::Attributes& data);  // bitwise

 private:
  std::array<Loaded, 17> registers_{};
};

}  // namespace patchbay::firewall::iptables
