// SPDX-License-Identifier: Apache-2.0
#include "test/bench/spawn/job.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace bench {

namespace {

void take(std::vector<Chain>& chains, std::string_view line) {
  const auto space = line.find(' ');
  const auto word = line.substr(0, space);
  const std::string rest{space == std::string_view::npos ? "" : line.substr(space + 1)};
  if (word == "chain") {
    chains.emplace_back();
  } else if (word == "step") {
    chains.back().push_back({.arguments = {rest}, .environment = {}, .input = {}});
  } else if (word == "arg") {
    chains.back().back().arguments.push_back(rest);
  } else if (word == "env") {
    chains.back().back().environment.push_back(rest);
  } else if (word == "input") {
    chains.back().back().input = rest;
  } else {
    errno = EINVAL;
    die("job");
  }
}

}  // namespace

void die(const char* what) {
  std::perror(what);
  std::exit(2);
}

std::string read_all(int fd) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size == 0 || (size < 0 && errno == EAGAIN)) return text;
    if (size < 0) die("read");
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

std::vector<Chain> read_job(int fd) {
  const std::string text = read_all(fd);
  std::vector<Chain> chains;
  std::string_view rest{text};
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (end != 0) take(chains, rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return chains;
}

std::string with_previous(const std::string& input, const std::string& previous) {
  constexpr std::string_view kPlace = "@previous@";
  const auto found = input.find(kPlace);
  return found == std::string::npos ? input : input.substr(0, found) + previous + input.substr(found + kPlace.size());
}

}  // namespace bench
