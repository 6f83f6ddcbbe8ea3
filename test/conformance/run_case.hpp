// SPDX-License-Identifier: Apache-2.0
// One configuration, driven by one suite on a node of its own. Steps, as words:
//
//   add CONTAINER [IFNAME] [netns=PATH]      every plugin in order, until one fails
//   check CONTAINER [IFNAME]                 the same, with the result of ADD as prevResult
//   del CONTAINER [IFNAME] [netns=PATH] [without-prevResult]    in reverse, all of them
//   gc                                       no attachment is valid any more
//   status
//   remove-netns CONTAINER
//   in-namespace CONTAINER COMMAND           shell commands
//   on-the-node COMMAND
//   observe                                  the whole state, under the name of the step before
#pragma once

#include "test/conformance/case.hpp"
#include "test/conformance/facts.hpp"
#include "test/conformance/suite.hpp"

namespace patchbay::test::conformance {

Facts run_case(const Case& item, const Suite& suite);

}  // namespace patchbay::test::conformance
