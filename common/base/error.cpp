// SPDX-License-Identifier: Apache-2.0
#include "common/base/error.hpp"

#include <cstring>

namespace patchbay {

std::string describe_errno(int error_number) {
  const char* name = strerrorname_np(error_number);
  const char* words = strerrordesc_np(error_number);
  if (name == nullptr || words == nullptr) return "error " + std::to_string(error_number);
  return std::string{words} + " (" + name + ")";
}

std::string Error::summary() const {
  std::string text;
  for (auto line = context_.rbegin(); line != context_.rend(); ++line) text += *line + ": ";
  text += message_;
  if (errno_ != 0) text += ": " + describe_errno(errno_);
  return text;
}

std::string Error::details() const {
  std::string text;
  auto add = [&text](std::string_view label, const std::string& value) {
    if (value.empty()) return;
    if (!text.empty()) text += "; ";
    text.append(label).append(value);
  };
  add("at ", pointer_);
  add("expected ", expected_);
  add("kernel says: ", kernel_says_);
  add("hint: ", hint_);
  return text;
}

Error system_error(Code code, std::string message, int error_number) {
  return Error{code, std::move(message)}.reason(error_number);
}

}  // namespace patchbay
