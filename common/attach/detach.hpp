// SPDX-License-Identifier: Apache-2.0
// Taking an attachment away again: the same for every plugin that hands out cables.
//
// Rules first, then the link, then connections, then the lease (an address must not be handed out
// again while anything still answers for it), the record last. Each step is done whatever became of
// the others; absent is success. Nothing is derived from today's configuration or from what the
// namespace still shows when the record or the tags can tell.
#pragma once

#include "common/attach/record.hpp"
#include "common/contract/request.hpp"

namespace patchbay::attach {

// DEL. Works without namespace, prevResult, record, IPAM executable or the other backend.
void detach(const contract::Request& request, const Records& records);

// ADD, first step: an earlier ADD of the same attachment was killed; what it left is removed.
void clear_leftovers(const contract::Request& request, const Records& records);

// GC: the attachments that are to stay. Throws invalid_config when the request names none - which is
// something else than an empty list.
Owners required_valid_attachments(const contract::Request& request);

// GC: removes everything of this network whose attachment is not valid any more, and forwards the
// request to the IPAM. Throws invalid_config when the list of valid attachments is missing.
void collect(const contract::Request& request, const Records& records);

}  // namespace patchbay::attach
