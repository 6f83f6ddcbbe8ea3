// SPDX-License-Identifier: Apache-2.0
// Signals, for a process that must not leave half a network behind. stop_if_asked() is in run.hpp.
#pragma once

#include <signal.h>

namespace patchbay::contract::detail {

// A reader that went away or a file size limit shall be an errno (EPIPE, EFBIG), not our death. With
// `termination` SIGTERM, SIGINT and SIGHUP wait until stop_if_asked() looks for them.
void hold_signals(bool termination);

// For ppoll(2) while nothing has been done yet: we may be ended then.
sigset_t mask_while_idle();

}  // namespace patchbay::contract::detail
