// SPDX-License-Identifier: Apache-2.0
// What holds on every node: through either backend, whatever rp_filter and br_netfilter are.
#pragma once

#include "test/reach/cells.hpp"

namespace patchbay::test::reach {

Cells usual_cells();

}  // namespace patchbay::test::reach
