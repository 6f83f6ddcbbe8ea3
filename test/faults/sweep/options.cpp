// SPDX-License-Identifier: Apache-2.0
#include "test/faults/sweep/options.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <thread>

namespace patchbay::faults {
namespace {

int number(std::string_view name, std::string_view text) {
  int value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || value < 1) {
    throw UsageError{std::string{name} + " needs a number above 0"};
  }
  return value;
}

void set(Options& options, std::string_view name, const std::string& value) {
  if (name == "--case") {
    if (find_case(value) == nullptr) throw UsageError{"there is no case " + value};
    options.selection.cases.push_back(value);
  } else if (name == "--verb") {
    options.selection.verbs.push_back(value);
  } else if (name == "--mode") {
    if (!parse_mode(value.substr(0, value.find('=')))) throw UsageError{"there is no mode " + value};
    options.selection.modes.push_back(value);
  } else if (name == "--plugin") {
    options.selection.plugin = value;
  } else if (name == "--point") {
    options.selection.point = value;
  } else if (name == "--ending") {
    if (value != "del" && value != "gc") throw UsageError{"--ending is del or gc"};
    options.ending = value == "gc" ? Ending::gc : Ending::del;
  } else if (name == "--jobs") {
    options.jobs = static_cast<std::size_t>(number(name, value));
  } else if (name == "--every") {
    options.selection.every = number(name, value);
  } else if (name == "--out") {
    options.out = value;
  } else {
    throw UsageError{"unknown option " + std::string{name}};
  }
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  options.jobs = std::max(1U, std::thread::hardware_concurrency());
  options.selection.every = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name{argv[i]};
    if (name == "--full") {
      options.selection.full = true;
      continue;
    }
    if (i + 1 == argc) throw UsageError{std::string{name} + " is unknown, or needs a value"};
    set(options, name, argv[++i]);
  }
  constexpr int kSample = 23;  // prime, so that the same allocations of a loop are not met again and again
  if (options.selection.every == 0) options.selection.every = options.selection.full ? 1 : kSample;
  return options;
}

}  // namespace patchbay::faults
