// SPDX-License-Identifier: Apache-2.0
// A rule in the kernel's legacy table, whoever wrote it, as libiptc hands it out: its offsets are within
// its size, which the kernel has checked; everything else may be anything. The first two bytes choose the
// family and the target.
#include <array>
#include <cstring>

#include "common/firewall/iptables/detail/header.hpp"
#include "common/firewall/iptables/entry.hpp"
#include "test/fuzz/fuzz.hpp"

using namespace patchbay;
using namespace patchbay::fuzz;
using namespace patchbay::firewall::iptables;

namespace {

struct Named {
  std::string_view target;
  bool standard;
};
constexpr std::array<Named, 8> kTargets{{{"ACCEPT", true},
                                         {"RETURN", true},
                                         {"CNI-HOSTPORT-DNAT", true},
                                         {"", true},
                                         {"DNAT", false},
                                         {"MASQUERADE", false},
                                         {"MARK", false},
                                         {"REJECT", false}}};

template <typename Version>
std::optional<Bytes> entry_from(std::span<const std::uint8_t> input) {
  using Entry = typename Version::Entry;
  if (input.size() < sizeof(Entry) + sizeof(xt_entry_target)) return std::nullopt;
  Bytes bytes{input.begin(), input.end()};
  Entry entry;
  std::memcpy(&entry, bytes.data(), sizeof entry);
  const std::size_t last = bytes.size() - sizeof(xt_entry_target);  // where the target may begin at most
  const std::size_t target = sizeof(Entry) + entry.target_offset % (last - sizeof(Entry) + 1);
  entry.target_offset = static_cast<std::uint16_t>(target);
  entry.next_offset = static_cast<std::uint16_t>(bytes.size());
  std::memcpy(bytes.data(), &entry, sizeof entry);
  return bytes;
}

// nullopt for rules that we have no words for.
std::optional<Bytes> written(net::Family family, const Rule& rule) {
  try {
    return encode(family, rule);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::uint8_t> input{data, size};
  const bool v4 = take_choice(input) % 2 == 0;
  const Named& as = kTargets.at(take_choice(input) % kTargets.size());
  if (input.size() > UINT16_MAX) return 0;
  const auto family = v4 ? net::Family::v4 : net::Family::v6;
  const auto entry = v4 ? entry_from<detail::V4>(input) : entry_from<detail::V6>(input);
  if (!entry) return 0;
  const Rule rule = decode(family, "POSTROUTING", entry->data(), as.target, as.standard);
  require(to_text(rule).starts_with("-A POSTROUTING"), "a rule can be told");
  const auto ours = written(family, rule);
  if (!ours) return 0;
  const Rule again = decode(family, "POSTROUTING", ours->data(), as.target, as.standard);
  require(written(family, again) == ours, "a rule that was written reads as what it says");
  return 0;
}
