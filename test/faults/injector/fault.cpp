// SPDX-License-Identifier: Apache-2.0
#include "test/faults/injector/fault.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace patchbay::faults {
namespace {

constexpr std::array<std::pair<Mode, std::string_view>, 13> kNames{{{Mode::error, "error"},
                                                                    {Mode::interrupted, "interrupted"},
                                                                    {Mode::shortened, "shortened"},
                                                                    {Mode::kill_tree, "kill-tree"},
                                                                    {Mode::kill_one, "kill-one"},
                                                                    {Mode::terminate, "terminate"},
                                                                    {Mode::refuse, "refuse"},
                                                                    {Mode::disk_full, "disk-full"},
                                                                    {Mode::netlink_dead, "netlink-dead"},
                                                                    {Mode::descriptors, "descriptors"},
                                                                    {Mode::memory, "memory"},
                                                                    {Mode::allocation, "allocation"},
                                                                    {Mode::allocations, "allocations"}}};

constexpr int kLastErrno = 133;

std::optional<int> parse_number(std::string_view text) {
  int value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<std::size_t> parse_errno(std::string_view name) {
  for (int number = 1; number <= kLastErrno; ++number) {
    const char* known = strerrorname_np(number);
    if (known != nullptr && name == known) return static_cast<std::size_t>(number);
  }
  return std::nullopt;
}

}  // namespace

std::string Place::to_text() const { return std::to_string(process) + ":" + call + ":" + std::to_string(nth); }

std::optional<Place> Place::parse(std::string_view text) {
  const auto first = text.find(':'), last = text.rfind(':');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const auto process = parse_number(text.substr(0, first)), nth = parse_number(text.substr(last + 1));
  if (!process || !nth) return std::nullopt;
  return Place{*process, std::string{text.substr(first + 1, last - first - 1)}, *nth};
}

std::string Fault::mode_text() const {
  std::string text{to_string(mode)};
  if (mode == Mode::error) text += std::string{"="} + strerrorname_np(static_cast<int>(detail));
  if (mode == Mode::refuse) text += "=" + std::to_string(detail);
  return text;
}

std::string_view to_string(Mode mode) {
  for (const auto& [value, name] : kNames) {
    if (value == mode) return name;
  }
  return "?";
}

std::optional<Mode> parse_mode(std::string_view name) {
  for (const auto& [value, known] : kNames) {
    if (name == known) return value;
  }
  return std::nullopt;
}

std::optional<Fault> parse_fault(std::string_view text) {
  const auto equals = text.find('=');
  const auto mode = parse_mode(text.substr(0, equals));
  if (!mode) return std::nullopt;
  Fault fault{.mode = *mode};
  if (equals == std::string_view::npos) return fault;
  const auto detail = text.substr(equals + 1);
  const auto position = parse_number(detail);
  const auto value = *mode == Mode::error ? parse_errno(detail)
                     : position           ? std::optional<std::size_t>{static_cast<std::size_t>(*position)}
                                          : std::nullopt;
  if (!value) return std::nullopt;
  fault.detail = *value;
  return fault;
}

}  // namespace patchbay::faults
