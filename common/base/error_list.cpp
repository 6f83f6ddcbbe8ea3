// SPDX-License-Identifier: Apache-2.0
#include "common/base/error_list.hpp"

namespace patchbay {

void ErrorList::throw_if_any() const {
  if (errors_.empty()) return;
  if (errors_.size() == 1) throw errors_.front();
  std::string all;
  for (const Error& error : errors_) {
    if (!all.empty()) all += "; ";
    all += error.summary();
    if (const auto details = error.details(); !details.empty()) all += " [" + details + "]";
  }
  throw Error{errors_.front().code(), std::to_string(errors_.size()) + " steps failed: " + all};
}

}  // namespace patchbay
