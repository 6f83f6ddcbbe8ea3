// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/compat/registers.hpp"

#include <linux/netfilter/nf_tables.h>

#include <algorithm>

namespace patchbay::firewall::iptables {

Value value_of(const wire::Attributes& data) {
  const auto value = data.find(NFTA_DATA_VALUE);
  return value ? value->payload : Value{};
}

// NFT_REG_1… are four words each, behind the verdict's number 0.
Loaded& Registers::at(std::optional<std::uint32_t> number) {
  const std::uint32_t given = number.value_or(0);
  const std::size_t last = registers_.size() - 1;
  if (given >= NFT_REG32_00) return registers_[std::min<std::size_t>(given - NFT_REG32_00, last)];
  return registers_[given == NFT_REG_VERDICT ? last : std::min<std::size_t>((given - NFT_REG_1) * 4, last)];
}

std::uint32_t Registers::load_meta(const wire::Attributes& data) {
  const auto key = data.be32(NFTA_META_KEY).value_or(UINT32_MAX);
  at(data.be32(NFTA_META_DREG)) = {.from = Loaded::From::meta, .key = key, .mask = {}};
  return key;
}

void Registers::load_payload(const wire::Attributes& data) {
  at(data.be32(NFTA_PAYLOAD_DREG)) = {.from = Loaded::From::payload,
                                      .base = data.be32(NFTA_PAYLOAD_BASE).value_or(UINT32_MAX),
                                      .offset = data.be32(NFTA_PAYLOAD_OFFSET).value_or(0),
                                      .length = data.be32(NFTA_PAYLOAD_LEN).value_or(0),
                                      .mask = {}};
}

void Registers::mask(const wire::Attributes& data) {
  const auto source = data.be32(NFTA_BITWISE_SREG), destination = data.be32(NFTA_BITWISE_DREG);
  const Value changed = value_of(data.nested(NFTA_BITWISE_XOR));
  const bool shifts = data.be32(NFTA_BITWISE_OP).value_or(NFT_BITWISE_BOOL) != NFT_BITWISE_BOOL;
  const bool changes = std::any_of(changed.begin(), changed.end(), [](std::uint8_t byte) { return byte != 0; });
  Loaded& loaded = at(destination);
  if (shifts || changes || source != destination || loaded.mask) {
    loaded = {};
  } else {
    loaded.mask = value_of(data.nested(NFTA_BITWISE_MASK));
  }
}

}  // namespace patchbay::firewall::iptables
