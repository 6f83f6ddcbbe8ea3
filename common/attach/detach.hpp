// SPDX-License-Identifier: Apache-2.0
// Taking an attachment away again: the same for every plugin that hands out cables.
//
// Rules first, then the link, then the lease (an address must not be handed out again while anything still
// answers for it), the record last. Tracked connections of the container expire by themselves. Each step is done
// whatever became of the others; absent is success. Nothing is derived from today's configuration or from what the
// namespace still shows when the record or the tags can tell.
#pragma once

#include "common/attach/record.hpp"
#include "common/contract/request.hpp"

namespace patchbay::attach {

// DEL. Works without namespace, prevResult, record, IPAM executable or the other backend. Returns as soon as
// the cable is gone, unless the configuration says "returnEarly": false (links::remove_early).
void detach(const contract::Request& request, const Records& records);

// The packet filter rules of an attachment whose addresses are known.
void remove_rules(const Record& record);

// ADD, first step: an earlier ADD of the same attachment was killed; what it left is removed.
void clear_leftovers(const contract::Request& request, const Records& records);

// GC: the attachments that are to stay. Throws invalid_config when the request names none - which is
// something else than an empty list.
Owners required_valid_attachments(const contract::Request& request);

// GC: removes everything of this network whose attachment is not valid any more, and forwards the
// request to the IPAM. Throws invalid_config when the list of valid attachments is missing.
void collect(const contract::Request& request, const Records& records);

}  // namespace patchbay::attach
