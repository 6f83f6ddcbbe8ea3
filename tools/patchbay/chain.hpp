// SPDX-License-Identifier: Apache-2.0
// The verbs over a network's chain of plugins (CNI spec 1.1.0, section 3).
#pragma once

#include <string>

#include "common/contract/result.hpp"
#include "tools/patchbay/cache.hpp"
#include "tools/patchbay/conflist.hpp"
#include "tools/patchbay/invoke.hpp"

namespace patchbay::cli {

struct Chain {
  NetworkConfig network;
  Runner runner;
  ResultCache cache;
  bool own_netns_allowed = false;  // CNI_NETNS_OVERRIDE
};

// In order; the last plugin's result, which is cached. When a plugin fails, DEL of all of them
// follows, as the specification asks of runtimes ("a delete must still be executed even if the add
// fails") - unless the interface was there before, and so is not of this ADD's making.
contract::Result add(const Chain& chain, const Attachment& attachment);

// In reverse, every plugin whatever the others say; the cached result goes when all succeeded. A
// damaged cache is no obstacle.
void del(const Chain& chain, const Attachment& attachment);

// In order, up to the first complaint, with the cached result.
void check(const Chain& chain, const Attachment& attachment);

enum class Valid {
  living,  // cached attachments whose network namespace still exists, and those that cannot be told
  none,    // like cnitool: everything goes
};
// DEL of every other cached attachment of the network, then GC of every plugin.
void gc(const Chain& chain, Valid valid);

// In order, up to the first complaint.
void status(const Chain& chain);

}  // namespace patchbay::cli
