// SPDX-License-Identifier: Apache-2.0
// What there is of iptables on this host, and whether this executable can work with it.
#include <unistd.h>

#include <algorithm>

#include "common/base/twin.hpp"
#include "common/firewall/iptables/compat/compat_table.hpp"
#include "common/firewall/iptables/detail/library.hpp"
#include "common/firewall/iptables/iptables.hpp"
#include "common/firewall/iptables/legacy_table.hpp"
#include "common/firewall/iptables/names.hpp"
#include "common/firewall/iptables/transaction.hpp"

namespace patchbay::firewall::iptables {

bool is_legacy_in_use(std::span<const net::Family> families) {
  return std::ranges::any_of(families, [](net::Family family) { return has_legacy({Variant::legacy, family}); });
}

bool in_use() { return !existing_of(kBothFamilies, kNat).empty() || !existing_of(kBothFamilies, kFilter).empty(); }

bool is_legacy_loaded() { return access("/proc/net/ip_tables_names", F_OK) == 0; }

void prepare(std::span<const net::Family> families) {
  if (!detail::can_load() && choose_variant(families) == Variant::legacy) throw TwinNeeded{};
}

std::optional<std::string> unavailable() {
  if (choose_variant(kBothFamilies) == Variant::nf_tables) {
    const auto why = nf_tables_unavailable();
    return why ? std::optional{"iptables backend: " + *why} : std::nullopt;
  }
  for (const net::Family family : kBothFamilies) {
    if (const auto why = legacy_unavailable(family)) return "iptables backend: " + *why;
  }
  return std::nullopt;
}

void rehearse() {
  if (const auto why = unavailable()) throw Error{Code::not_available, *why};
  if (is_legacy_loaded() || choose_variant(kBothFamilies) == Variant::nf_tables) return;
  throw Error{Code::not_available,
              "this kernel has no ip_tables, or nobody has loaded it (modprobe iptable_nat ip6table_nat)"};
}

}  // namespace patchbay::firewall::iptables
