// SPDX-License-Identifier: Apache-2.0
// What a plugin or we ourselves complain about, as values: a chain can fail at several plugins, and
// every one of them is reported in its own words.
#pragma once

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.hpp"

namespace patchbay::cli {

// The error object of the CNI specification 1.1.0, section 5 "Error".
struct Failure {
  int code = 0;
  std::string message;
  std::string details;
};
using Failures = std::vector<Failure>;

Failure describe(const Error& error);

// Thrown where one or more failures end a verb. Never empty.
class Failed : public std::exception {
 public:
  explicit Failed(Failure failure) : failures_{std::move(failure)} {}
  explicit Failed(Failures failures) : failures_(std::move(failures)) {}
  [[nodiscard]] const Failures& failures() const { return failures_; }
  [[nodiscard]] const char* what() const noexcept override { return failures_.front().message.c_str(); }

 private:
  Failures failures_;
};

// Runs `step` and keeps what goes wrong: DEL and GC do every step whatever the others said.
template <typename Step>
void attempt(Failures& failures, Step&& step) {
  try {
    std::forward<Step>(step)();
  } catch (const Failed& failed) {
    failures.insert(failures.end(), failed.failures().begin(), failed.failures().end());
  } catch (const Error& error) {
    failures.push_back(describe(error));
  } catch (const std::exception& defect) {
    failures.push_back({static_cast<int>(Code::internal), defect.what(), {}});
  }
}

// For people: one paragraph a failure, hints on a line of their own, each line ended.
std::string to_text(const Failures& failures);
// For programs: one error object; the code is that of the first failure.
std::string to_json(const Failures& failures);

// A remark for people, on stderr: "patchbay: …".
void remark(const std::string& text);

}  // namespace patchbay::cli
