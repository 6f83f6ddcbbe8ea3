// SPDX-License-Identifier: Apache-2.0
// GC: which attachments live, DEL of the others, GC of every plugin.
#include "common/base/error.hpp"
#include "common/os/netns.hpp"
#include "tools/patchbay/chain.hpp"
#include "tools/patchbay/failure.hpp"
#include "tools/patchbay/interruption.hpp"
#include "tools/patchbay/partition.hpp"
#include "tools/patchbay/request.hpp"

namespace patchbay::cli {
namespace {

// In doubt it lives: an attachment without a path, or one whose path cannot be examined.
bool lives(const Attachment& attachment) {
  if (attachment.netns.empty()) return true;
  try {
    return os::Netns::find(attachment.netns, true).has_value();
  } catch (const Error&) {
    return true;
  }
}

void del_stale(const Chain& chain, const Attachment& attachment, Failures& failures) {
  Failures own;
  attempt(own, [&] { del(chain, attachment); });
  for (Failure& failure : own) failure.message = "stale " + attachment.owner.tag() + ": " + failure.message;
  failures.insert(failures.end(), own.begin(), own.end());
}

void collect_plugin(const Chain& chain, const PluginConfig& plugin, const Owners& valid) {
  invoke(chain.runner, {.command = "GC",
                        .type = plugin.type,
                        .attachment = nullptr,
                        .input = request_text(chain.network, plugin, {.valid_attachments = valid})});
}

}  // namespace

Partition partition(const Chain& chain, Valid valid) {
  Inventory inventory = chain.cache.inventory(chain.network.name);
  Partition parts;
  if (valid == Valid::living) parts.living = std::move(inventory.possible);
  for (CacheEntry& entry : inventory.entries) {
    if (valid == Valid::living && lives(entry.attachment)) {
      parts.living.push_back(entry.attachment.owner);
    } else {
      parts.stale.push_back(std::move(entry));
    }
  }
  return parts;
}

void gc(const Chain& chain, Valid valid) {
  if (chain.network.disable_gc) return remark("the configuration says disableGC: nothing was collected");

  const Partition parts = partition(chain, valid);
  Failures failures;
  for (const CacheEntry& entry : parts.stale) {
    stop_if_interrupted();
    del_stale(chain, entry.attachment, failures);
  }
  if (chain.network.version >= contract::kFirstWithGc) {
    for (const PluginConfig& plugin : chain.network.plugins) {
      attempt(failures, [&] { collect_plugin(chain, plugin, parts.living); });
    }
  }
  if (!failures.empty()) throw Failed{failures};
}

}  // namespace patchbay::cli
