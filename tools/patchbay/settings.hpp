// SPDX-License-Identifier: Apache-2.0
// What the environment and the options of the network verbs say, as cnitool reads them.
#pragma once

#include <string>

#include "tools/patchbay/arguments.hpp"
#include "tools/patchbay/chain.hpp"

namespace patchbay::cli {

extern const Option kIfname, kContainerId, kCacheDirectoryOption, kTimeout, kJson, kAll, kDryRun, kYes;
// --json of the verbs that report.
extern const Option kJsonReport;

std::string config_directory();
ResultCache cache_from(const Arguments& arguments);

// The attachment that the operands <network> <netns> speak of. Names are validated.
Attachment attachment_from(const Arguments& arguments);

// The chain of operand <network>. For DEL, `attachment` helps: when there is no usable
// configuration any more, the one that its ADD was made with is taken from the cache.
Chain chain_from(const Arguments& arguments, const Attachment* attachment = nullptr);

}  // namespace patchbay::cli
