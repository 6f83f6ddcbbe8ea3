// SPDX-License-Identifier: Apache-2.0
// DEL and GC do every step whatever the others said, and report all failures together.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.hpp"

namespace patchbay {

class ErrorList {
 public:
  // Runs `step`; an Error is kept, with `doing` as its context, and does not escape.
  template <typename Step>
  void attempt(std::string_view doing, Step&& step) {
    try {
      std::forward<Step>(step)();
    } catch (Error& error) {
      errors_.push_back(error.context(std::string{doing}));
    }
  }

  void add(Error error) { errors_.push_back(std::move(error)); }
  [[nodiscard]] bool empty() const { return errors_.empty(); }

  // Throws one Error that tells of all; does nothing when there is none. The code is that of the
  // first failure, so that "try again later" stays recognisable.
  void throw_if_any() const;

 private:
  std::vector<Error> errors_;
};

}  // namespace patchbay
