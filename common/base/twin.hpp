// SPDX-License-Identifier: Apache-2.0
// Our executables are linked statically, which makes them quick to start, and cannot load a library
// then. Each that may need libiptc has a twin, dynamically linked, from the same sources.
#pragma once

namespace patchbay {

// Thrown where only the twin can go on. Nothing that has been done must depend on more: an ADD is taken
// back, any other verb can be repeated; then contract::run() lets the twin begin anew.
struct TwinNeeded {};

}  // namespace patchbay
