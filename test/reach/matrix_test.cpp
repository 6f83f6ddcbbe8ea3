// SPDX-License-Identifier: Apache-2.0
// Who may reach what: every packet path of the table, through both backends, under every rp_filter, with
// and without bridges that call netfilter.
#include "test/reach/topology.hpp"
#include "test/reach/usual_cells.hpp"
#include "test/support/catch.hpp"

using namespace patchbay::test;
using namespace patchbay::test::reach;

TEST_CASE("the usual node: who reaches what, and as whom") {
  Options options;
  options.backend = GENERATE("nftables", "iptables", "iptables-nft");
  options.bridges_call_netfilter = GENERATE(true, false);
  if (const auto reason = lacks(options)) PATCHBAY_SKIP(*reason);
  INFO(options.backend << (options.bridges_call_netfilter ? ", bridges call netfilter" : ""));
  Node node{options};
  node.attach_all();
  for (const int rp_filter : {0, 1, 2}) {
    INFO("rp_filter " << rp_filter);
    node.set_rp_filter(rp_filter);
    CHECK(deviations(node.world, usual_cells()) == "");
  }
}
