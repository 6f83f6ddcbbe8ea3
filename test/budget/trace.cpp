// SPDX-License-Identifier: Apache-2.0
#include "test/budget/trace.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace patchbay::test::budget {

namespace {

constexpr std::array<std::string_view, 4> kSending = {"sendto", "sendmsg", "sendmmsg", "write"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name(char c) { return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z'); }

std::string_view without(std::string_view line, bool (*leading)(char)) {
  line.remove_prefix(static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), leading) - line.begin()));
  return line;
}

// "1234  close(3) = 0" names the process first.
std::string_view without_pid(std::string_view line) {
  return without(without(line, is_digit), [](char c) { return c == ' '; });
}

bool is_exec(std::string_view name) { return name == "execve" || name == "execveat"; }
bool succeeded(std::string_view line) { return line.ends_with(" = 0"); }

// "3<NETLINK:[ROUTE:1234]>, ..." or, in a namespace that strace is not in, "3<NETLINK:[5678]>, ...".
bool is_netlink(std::string_view arguments) { return without(arguments, is_digit).starts_with("<NETLINK:"); }

// "<... execve resumed>) = 0" ends a call that an earlier line began and counted.
void count_end(std::string_view line, Calls& calls) {
  const auto end = line.find(" resumed>");
  if (end == line.npos) throw std::runtime_error{"strace wrote: " + std::string{line}};
  if (is_exec(line.substr(5, end - 5)) && succeeded(line)) ++calls.execs;
}

void count_call(std::string_view line, Calls& calls) {
  const auto after = without(line, is_name);
  const auto name = line.substr(0, line.size() - after.size());
  if (name.empty() || !after.starts_with('(')) throw std::runtime_error{"strace wrote: " + std::string{line}};
  ++calls.system_calls;
  if (is_exec(name) && succeeded(line)) ++calls.execs;
  const bool sending = std::find(kSending.begin(), kSending.end(), name) != kSending.end();
  if (sending && is_netlink(after.substr(1))) ++calls.netlink;
}

void count_line(std::string_view line, Calls& calls) {
  line = without_pid(line);
  if (line.starts_with("--- ") || line.starts_with("+++ ")) return;  // a signal, an end
  if (line.starts_with("<... ")) return count_end(line, calls);
  count_call(line, calls);
}

}  // namespace

Calls count_calls(std::string_view trace) {
  Calls calls;
  while (!trace.empty()) {
    const auto end = std::min(trace.find('\n'), trace.size());
    count_line(trace.substr(0, end), calls);
    trace.remove_prefix(std::min(end + 1, trace.size()));
  }
  return calls;
}

}  // namespace patchbay::test::budget
