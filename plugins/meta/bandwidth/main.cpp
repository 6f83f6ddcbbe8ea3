// SPDX-License-Identifier: Apache-2.0
#include "common/contract/run.hpp"
#include "plugins/meta/bandwidth/bandwidth.hpp"

int main(int argc, char** argv) {
  return patchbay::contract::run({.name = "bandwidth",
                                  .description = "limits what a container receives and sends",
                                  .add = patchbay::bandwidth::add,
                                  .del = patchbay::bandwidth::del,
                                  .check = patchbay::bandwidth::check,
                                  .gc = patchbay::bandwidth::gc,
                                  .status = patchbay::bandwidth::status,
                                  .needs = patchbay::bandwidth::needs},
                                 argc, argv);
}
