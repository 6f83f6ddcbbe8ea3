// SPDX-License-Identifier: Apache-2.0
#include "test/hardening/strace.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "test/support/process.hpp"

namespace patchbay::test {
namespace {

constexpr const char* kOutput = "/run/strace";

// LeakSanitizer itself traces the process, and only one can.
void forgo_leak_detection(std::vector<std::string>& environment) {
  for (std::string& entry : environment) {
    if (entry.starts_with("ASAN_OPTIONS=")) entry += ":detect_leaks=0";
  }
}

Program under_strace(Program program, const std::vector<std::string>& options) {
  forgo_leak_detection(program.environment);
  std::vector<std::string> arguments{"strace", "-f", "-qq", "-a1", "-s4096", "--signal=none"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  program.arguments.insert(program.arguments.begin(), arguments.begin(), arguments.end());
  return program;
}

}  // namespace

Strace::Strace(World& world, const std::string& which) : world_(world) {
  world_.runner = [which](const Call& /*call*/, const Program& program) {
    // Each process into a file of its own: no line is interrupted by another's.
    return run(under_strace(program, {"-ff", "--trace=" + which, "-o", kOutput}));
  };
}

std::vector<std::string> Strace::lines() {
  namespace fs = std::filesystem;
  std::vector<std::string> lines;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{"/run"}) {
    if (entry.path().string().starts_with(std::string{kOutput} + ".")) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& path : files) {
    std::ifstream file{path};
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    fs::remove(path);
  }
  return lines;
}

std::optional<std::string> lacks_strace() {
  const Ran ran =
      run(under_strace({.arguments = {"true"}, .environment = own_environment()}, {"--trace=none", "-o", "/dev/null"}));
  if (ran.exit_code == 0) return std::nullopt;
  return "strace cannot trace here: " + ran.err.substr(0, ran.err.find('\n'));
}

}  // namespace patchbay::test
