// SPDX-License-Identifier: Apache-2.0
// What is to go wrong, and where.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::faults {

// The `nth` call named `call` of the tree's `process`th process, all counted from 0 in the order of their
// birth: the same in every run of the same program, however its processes are scheduled.
struct Place {
  int process = 0;
  std::string call;
  int nth = 0;

  auto operator<=>(const Place&) const = default;
  [[nodiscard]] std::string to_text() const;  // "0:sendto:5"
  static std::optional<Place> parse(std::string_view text);
};

enum class Mode : std::uint8_t {
  error,        // the call is not made and fails; an answer that fails to arrive by ENOBUFS is lost
  interrupted,  // EINTR, the call is not made
  shortened,    // one byte is read or written
  kill_tree,    // SIGKILL for all, before the call is made
  kill_one,     // for the one who calls
  terminate,    // SIGTERM, and the call is made
  refuse,       // the netlink message goes out as one that the kernel refuses
  // From there on:
  disk_full,     // ENOSPC
  netlink_dead,  // ENOBUFS
  descriptors,   // EMFILE
  memory,        // ENOMEM of the kernel
  // Not by the kernel but by a counting malloc(3), of plugins that are linked with one (scarce/):
  allocation,   // fails
  allocations,  // it and all that follow fail
};

[[nodiscard]] constexpr bool is_starvation(Mode mode) { return mode == Mode::allocation || mode == Mode::allocations; }

struct Fault {
  Mode mode = Mode::error;
  Place place;
  std::size_t detail = 0;  // error: its errno; refuse: which message of the datagram

  [[nodiscard]] bool lasts() const { return mode >= Mode::disk_full && mode != Mode::allocation; }
  [[nodiscard]] std::string mode_text() const;  // "error=ENOSPC", "kill-tree", "refuse=1"
};

std::string_view to_string(Mode mode);
std::optional<Mode> parse_mode(std::string_view name);
// Mode and detail of "error=ENOSPC"; the place is left alone.
std::optional<Fault> parse_fault(std::string_view text);

}  // namespace patchbay::faults
