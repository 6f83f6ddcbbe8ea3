// SPDX-License-Identifier: Apache-2.0
#include "common/contract/run.hpp"
#include "plugins/meta/portmap/portmap.hpp"

int main(int argc, char** argv) {
  return patchbay::contract::run({.name = "portmap",
                                  .description = "forwards ports of the host to a container",
                                  .add = patchbay::portmap::add,
                                  .del = patchbay::portmap::del,
                                  .check = patchbay::portmap::check,
                                  .gc = patchbay::portmap::gc,
                                  .status = patchbay::portmap::status,
                                  .needs = patchbay::portmap::needs},
                                 argc, argv);
}
