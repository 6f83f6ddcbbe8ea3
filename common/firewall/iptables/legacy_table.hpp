// SPDX-License-Identifier: Apache-2.0
// The kernel's legacy tables, through libiptc.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/firewall/iptables/table.hpp"

namespace patchbay::firewall::iptables {

class LegacyTable : public Table {
 public:
  using Table::Table;

  [[nodiscard]] virtual bool changed() const = 0;
  // Hands the edited table to the kernel, whole. False (EAGAIN) when somebody else changed it since
  // it was opened: open again, edit again. Only once.
  [[nodiscard]] virtual bool commit() = 0;
  // What becomes of packets that no rule of this built-in chain decides on.
  [[nodiscard]] virtual bool drops_by_default(const std::string& chain) const = 0;
  // Applies to this, a newly opened table, the opposite of what was edited in `other`.
  virtual void revert(const LegacyTable& other) = 0;
};

// Takes a snapshot. This brings the table into being when there is none yet, see has_legacy().
std::unique_ptr<LegacyTable> open_legacy(const TableId& id);

// True when this namespace has the table. Looks without making one.
bool has_legacy(const TableId& id);

// Why libiptc cannot be loaded, in dlerror(3)'s words; nullopt when it can.
std::optional<std::string> legacy_unavailable(net::Family family);

}  // namespace patchbay::firewall::iptables
