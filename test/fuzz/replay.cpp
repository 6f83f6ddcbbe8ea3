// SPDX-License-Identifier: Apache-2.0
// In place of libFuzzer's main(): calls the target once with every file that is named, or lies in a
// directory that is named, and with nothing at all.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "test/fuzz/fuzz.hpp"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_at(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{path}) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// Exactly as long as the file, so that a sanitizer notices the first byte too many.
std::vector<std::uint8_t> content(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw fs::filesystem_error{"cannot read", path, std::make_error_code(std::errc::io_error)};
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>{file}, {}};
  bytes.shrink_to_fit();
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t replayed = 0;
  for (int i = 1; i < argc; ++i) {
    for (const fs::path& path : files_at(argv[i])) {
      std::printf("%s\n", path.c_str());  // before: a crash shows which one it was
      std::fflush(stdout);
      const auto bytes = content(path);
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
      ++replayed;
    }
  }
  LLVMFuzzerTestOneInput(nullptr, 0);
  std::printf("%zu inputs replayed\n", replayed);
  return replayed > 0 ? 0 : 1;
}
