// SPDX-License-Identifier: Apache-2.0
#include "common/contract/run.hpp"
#include "plugins/main/loopback/loopback.hpp"

int main(int argc, char** argv) {
  return patchbay::contract::run({.name = "loopback",
                                  .description = "brings up the loopback interface of a container",
                                  .add = patchbay::loopback::add,
                                  .del = patchbay::loopback::del,
                                  .check = patchbay::loopback::check,
                                  .gc = patchbay::loopback::gc,
                                  .status = patchbay::loopback::status,
                                  .needs = patchbay::loopback::needs},
                                 argc, argv);
}
