// SPDX-License-Identifier: Apache-2.0
#include "test/faults/injector/tracee.hpp"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "test/support/process.hpp"

namespace patchbay::faults {
namespace {

using Word = unsigned long long;

Word& place(user_regs_struct& registers, int position) {
  switch (position) {
    case 0:
      return registers.rdi;
    case 1:
      return registers.rsi;
    case 2:
      return registers.rdx;
    case 3:
      return registers.r10;
    default:
      throw std::out_of_range{"argument of a system call"};
  }
}

}  // namespace

Tracee::Tracee(pid_t pid) : pid_(pid) {
  if (ptrace(PTRACE_GETREGS, pid, nullptr, &registers_) != 0) test::fail_errno("PTRACE_GETREGS");
}

void Tracee::store() {
  if (ptrace(PTRACE_SETREGS, pid_, nullptr, &registers_) != 0) test::fail_errno("PTRACE_SETREGS");
}

std::uint64_t Tracee::argument(int position) const {
  auto registers = registers_;
  return place(registers, position);
}

void Tracee::fail_with(int error_number) {
  registers_.orig_rax = static_cast<Word>(-1);
  return_value(-error_number);
}

void Tracee::return_value(long value) {
  registers_.rax = static_cast<Word>(value);
  store();
}

void Tracee::set_argument(int position, std::uint64_t value) {
  place(registers_, position) = value;
  store();
}

std::vector<std::uint8_t> Tracee::read(std::uint64_t from, std::size_t size) const {
  std::vector<std::uint8_t> bytes(size);
  const iovec local{bytes.data(), size};
  const iovec remote{reinterpret_cast<void*>(from), size};  // NOLINT: an address over there
  const ssize_t got = process_vm_readv(pid_, &local, 1, &remote, 1, 0);
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

// In pieces that do not cross into a page that may not be there.
std::string Tracee::text(std::uint64_t from) const {
  constexpr std::uint64_t kPage = 4096;
  constexpr std::size_t kLongest = 200;
  std::string text;
  while (text.size() < kLongest) {
    const std::uint64_t at = from + text.size();
    const auto piece = read(at, std::min<std::uint64_t>(kLongest - text.size(), kPage - at % kPage));
    const auto end = std::ranges::find(piece, 0);
    text.append(piece.begin(), end);
    if (piece.empty() || end != piece.end()) break;
  }
  return text;
}

void Tracee::write(std::uint64_t to, const std::vector<std::uint8_t>& bytes) const {
  const iovec local{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  const iovec remote{reinterpret_cast<void*>(to), bytes.size()};  // NOLINT: an address over there
  if (process_vm_writev(pid_, &local, 1, &remote, 1, 0) < 0) test::fail_errno("process_vm_writev");
}

std::string Tracee::file(int fd) const {
  const std::string link = "/proc/" + std::to_string(pid_) + "/fd/" + std::to_string(fd);
  std::array<char, 512> target{};
  const ssize_t size = readlink(link.c_str(), target.data(), target.size());
  return size < 0 ? std::string{} : std::string{target.data(), static_cast<std::size_t>(size)};
}

os::UniqueFd Tracee::descriptor(int fd) const {
  const os::UniqueFd process{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))};
  if (!process) return {};
  return os::UniqueFd{static_cast<int>(syscall(SYS_pidfd_getfd, process.get(), fd, 0))};
}

}  // namespace patchbay::faults
