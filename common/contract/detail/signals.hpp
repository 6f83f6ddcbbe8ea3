// SPDX-License-Identifier: Apache-2.0
// Signals, for a process that must not leave half a network behind. stop_if_asked() is in run.hpp.
#pragma once

namespace patchbay::contract::detail {

// A reader that went away or a file size limit shall be an errno (EPIPE, EFBIG), not our death.
void survive_failing_writes();

// From now on SIGTERM, SIGINT and SIGHUP only leave a note for stop_if_asked().
void note_termination();

}  // namespace patchbay::contract::detail
