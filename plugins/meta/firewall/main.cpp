// SPDX-License-Identifier: Apache-2.0
#include "common/contract/run.hpp"
#include "plugins/meta/firewall/firewall.hpp"

int main(int argc, char** argv) {
  return patchbay::contract::run({.name = "firewall",
                                  .description = "lets a container's packets through, and keeps bridges apart",
                                  .add = patchbay::firewall_plugin::add,
                                  .del = patchbay::firewall_plugin::del,
                                  .check = patchbay::firewall_plugin::check,
                                  .gc = patchbay::firewall_plugin::gc,
                                  .status = patchbay::firewall_plugin::status,
                                  .needs = patchbay::firewall_plugin::needs},
                                 argc, argv);
}
