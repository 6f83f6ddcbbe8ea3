// SPDX-License-Identifier: Apache-2.0
#include "common/contract/run.hpp"
#include "plugins/meta/tuning/tuning.hpp"

int main(int argc, char** argv) {
  return patchbay::contract::run({.name = "tuning",
                                  .description = "sets kernel settings and attributes of a container's interface",
                                  .add = patchbay::tuning::add,
                                  .del = patchbay::tuning::del,
                                  .check = patchbay::tuning::check,
                                  .gc = patchbay::tuning::gc,
                                  .status = patchbay::tuning::status,
                                  .needs = patchbay::tuning::needs},
                                 argc, argv);
}
