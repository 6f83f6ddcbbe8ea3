// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/legacy_transaction.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "common/base/error_list.hpp"
#include "common/base/rollback.hpp"
#include "common/firewall/iptables/legacy_table.hpp"
#include "common/firewall/iptables/lock.hpp"

namespace patchbay::firewall::iptables {
namespace {

// Another writer without the lock can only be quicker a few times in a row.
constexpr int kAttempts = 10;

// As long as flock(2) may take when there is nobody to wait for.
constexpr std::chrono::milliseconds kHardlyAny{1};

std::string editing(const TableId& id) { return "edit " + name_of(id); }

std::unique_ptr<LegacyTable> edited(const TableId& id, const Change& change) {
  auto table = open_legacy(id);
  change(*table);
  return table;
}

// On return `table` is what was committed.
void commit(std::unique_ptr<LegacyTable>& table, const Change& change) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (table->commit()) return;
    table = edited(table->id(), change);
  }
  throw Error{Code::try_again, "another program keeps changing table " + std::string{table->id().name} +
                                   " without taking the xtables lock"}
      .hint("find out which: iptables and everything built on it should take the lock");
}

void revert(const LegacyTable& committed) {
  auto table = open_legacy(committed.id());
  table->revert(committed);
  if (!table->commit())
    throw Error{Code::leftover, "table " + std::string{committed.id().name} + " was changed by others meanwhile"};
}

bool would_change(const std::vector<TableId>& ids, const Change& change) {
  return std::any_of(ids.begin(), ids.end(), [&](const TableId& id) { return edited(id, change)->changed(); });
}

}  // namespace

void change_all_legacy(const std::vector<TableId>& ids, const Change& change) {
  if (ids.empty()) return;
  const os::FileLock lock = lock_tables(os::kLockPatience);
  std::vector<std::unique_ptr<LegacyTable>> tables;
  tables.reserve(ids.size());
  for (const TableId& id : ids) tables.push_back(with_context(editing(id), [&] { return edited(id, change); }));
  Rollback undo;
  for (auto& table : tables) {
    with_context(editing(table->id()), [&] { commit(table, change); });
    undo.add(editing(table->id()), [&table] { revert(*table); });
  }
  undo.commit();
}

void change_each_legacy(const std::vector<TableId>& ids, const Change& change) {
  if (ids.empty()) return;
  std::optional<os::FileLock> lock;
  try {
    lock = lock_tables(kHardlyAny);
  } catch (const Error& error) {
    if (!would_change(ids, change)) return;
    if (error.code() != Code::try_again) throw;
    lock = lock_tables(os::kLockPatience);
  }
  ErrorList errors;
  for (const TableId& id : ids) {
    errors.attempt(editing(id), [&] {
      auto table = edited(id, change);
      commit(table, change);
    });
  }
  errors.throw_if_any();
}

}  // namespace patchbay::firewall::iptables
