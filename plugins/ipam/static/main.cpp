// SPDX-License-Identifier: Apache-2.0
#include "common/attach/static_addresses.hpp"
#include "common/contract/run.hpp"

int main(int argc, char** argv) {
  namespace static_addresses = patchbay::attach::static_addresses;
  return patchbay::contract::run({.name = "static",
                                  .description = "gives out the addresses that its configuration names",
                                  .add = static_addresses::add,
                                  .del = static_addresses::del,
                                  .check = static_addresses::check,
                                  .gc = static_addresses::gc,
                                  .status = static_addresses::status,
                                  .needs = [](patchbay::contract::Command) { return patchbay::os::Capabilities{}; }},
                                 argc, argv);
}
