// SPDX-License-Identifier: Apache-2.0
// A stopped process: its registers, memory and descriptors. Linux on x86-64.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/os/unique_fd.hpp"

namespace patchbay::faults {

class Tracee {
 public:
  explicit Tracee(pid_t pid);  // stopped before a system call, or after one

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] long number() const { return static_cast<long>(registers_.orig_rax); }
  [[nodiscard]] std::uint64_t argument(int position) const;  // 0 to 3

  void fail_with(int error_number);  // the call is not made
  void return_value(long value);     // of the call that was made
  void set_argument(int position, std::uint64_t value);

  [[nodiscard]] std::vector<std::uint8_t> read(std::uint64_t from, std::size_t size) const;
  [[nodiscard]] std::string text(std::uint64_t from) const;  // NUL-terminated, its first 200 bytes
  void write(std::uint64_t to, const std::vector<std::uint8_t>& bytes) const;

  [[nodiscard]] std::string file(int fd) const;         // "/run/x", "socket:[1]", "pipe:[2]"
  [[nodiscard]] os::UniqueFd descriptor(int fd) const;  // a copy of its descriptor

 private:
  void store();

  pid_t pid_;
  user_regs_struct registers_{};
};

}  // namespace patchbay::faults
