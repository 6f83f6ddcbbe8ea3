// SPDX-License-Identifier: Apache-2.0
// Ctrl-C is no reason to leave half a network: ADD stops between plugins and undoes, DEL finishes.
#pragma once

namespace patchbay::cli {

// SIGINT, SIGTERM and SIGHUP are remembered from now on in place of ending the process. Plugins
// start with the default again.
void catch_interruptions();
// Throws try_again once one has arrived.
void stop_if_interrupted();

}  // namespace patchbay::cli
