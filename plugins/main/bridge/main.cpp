// SPDX-License-Identifier: Apache-2.0
#include "common/contract/run.hpp"
#include "plugins/main/bridge/bridge.hpp"

int main(int argc, char** argv) {
  return patchbay::contract::run({.name = "bridge",
                                  .description = "connects containers to a Linux bridge on the host",
                                  .add = patchbay::bridge::add,
                                  .del = patchbay::bridge::del,
                                  .check = patchbay::bridge::check,
                                  .gc = patchbay::bridge::gc,
                                  .status = patchbay::bridge::status,
                                  .needs = patchbay::bridge::needs},
                                 argc, argv);
}
