// SPDX-License-Identifier: Apache-2.0
#include "common/contract/run.hpp"
#include "plugins/main/veth/veth.hpp"

int main(int argc, char** argv) {
  return patchbay::contract::run(
      {.name = "veth",
       .description = "connects a container to the host, or to another container, by a cable",
       .add = patchbay::veth::add,
       .del = patchbay::veth::del,
       .check = patchbay::veth::check,
       .gc = patchbay::veth::gc,
       .status = patchbay::veth::status,
       .needs = patchbay::veth::needs},
      argc, argv);
}
