// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace patchbay::cli {

// `text` and a newline on stdout, flushed; throws io_failure: a result that nobody got is no success.
void print(std::string_view text);

// `text` as it is on stderr; when that fails there is nobody left to tell.
void tell(std::string_view text);

}  // namespace patchbay::cli
