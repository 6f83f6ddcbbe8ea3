// SPDX-License-Identifier: Apache-2.0
// A direct cable between two containers: no bridge, nothing of it in the host's ARP table.
//
// The first ADD that names a cable makes it and parks the far end on the host (down, under a name
// derived from network and cable, its alias telling whose container the other end is in). The
// second ADD plugs the parked end into its container. DEL of either side parks its end again, so
// that the other keeps its interface and a newcomer can be plugged in; DEL of the last side removes
// the cable.
#pragma once

#include "common/contract/request.hpp"
#include "common/contract/result.hpp"
#include "plugins/main/veth/config.hpp"

namespace patchbay::veth {

contract::Result plug_cable(const contract::Request& request, const Config& config);

// Unplugs this attachment's end; nothing to do when it is none of a direct cable. Links only: the
// rest of DEL is attach::detach.
void unplug_cable(const contract::Request& request);

// GC: unplugs every end of this network whose attachment is not valid any more.
void collect_cables(const contract::Request& request);

}  // namespace patchbay::veth
