// SPDX-License-Identifier: Apache-2.0
// An Error whose details are given, not composed: a delegate's, or a text that clients know from
// the reference suite. Where it is kept as a plain Error (ErrorList), the details survive as hint.
#pragma once

#include <string>
#include <utility>

#include "common/base/error.hpp"

namespace patchbay::contract::detail {

class VerbatimError : public Error {
 public:
  VerbatimError(Code code, std::string message, std::string details)
      : Error(code, std::move(message)), verbatim_(std::move(details)) {
    hint(verbatim_);
  }
  [[nodiscard]] const std::string& verbatim() const { return verbatim_; }

 private:
  std::string verbatim_;
};

}  // namespace patchbay::contract::detail
