// SPDX-License-Identifier: Apache-2.0
// A directory of one's own under $TMPDIR, and the kind of the Error that some work ends with.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "common/base/error.hpp"
#include "test/support/catch.hpp"

namespace patchbay::test {

class Scratch {
 public:
  Scratch() : path_(std::filesystem::temp_directory_path() / "patchbay-test-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error{"cannot make " + path_};
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream{*this / name} << content;
    return *this / name;
  }

 private:
  std::string path_;
};

template <typename Work>
Error error_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  return Error{Code::internal, "nothing was thrown"};
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Files, directories and whatever else.
inline std::size_t entries_in(const std::string& path) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{path}) ++count;
  return count;
}

}  // namespace patchbay::test
