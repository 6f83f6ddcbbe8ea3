// SPDX-License-Identifier: Apache-2.0
#include "common/attach/host_local.hpp"
#include "common/contract/run.hpp"

int main(int argc, char** argv) {
  namespace host_local = patchbay::attach::host_local;
  return patchbay::contract::run({.name = "host-local",
                                  .description = "hands out addresses from ranges, kept in files on this host",
                                  .add = host_local::add,
                                  .del = host_local::del,
                                  .check = host_local::check,
                                  .gc = host_local::gc,
                                  .status = host_local::status,
                                  .needs = host_local::needs},
                                 argc, argv);
}
