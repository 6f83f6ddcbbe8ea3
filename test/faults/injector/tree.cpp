// SPDX-License-Identifier: Apache-2.0
#include "test/faults/injector/tree.hpp"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <utility>

#include "test/faults/injector/datagram.hpp"

namespace patchbay::faults {
namespace {

constexpr int kSyscallStop = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD

// It may have been killed meanwhile: then there is nothing to go on.
void go_on(pid_t pid, int signal_number = 0, bool to_its_end = false) {
  ptrace(to_its_end ? PTRACE_SYSCALL : PTRACE_CONT, pid, nullptr, signal_number);
}

}  // namespace

Tree::Tree(pid_t first, const std::optional<Fault>& fault, Observation& observation)
    : fault_(fault), observation_(observation) {
  adopt(first);
}

Tree::Process& Tree::adopt(pid_t pid) {
  const auto [at, is_new] = processes_.try_emplace(pid, Process{.ordinal = born_});
  if (is_new) observation_.processes = ++born_;
  return at->second;
}

void Tree::kill_all() const {
  for (const auto& [pid, process] : processes_) kill(pid, SIGKILL);
}

void Tree::stopped(pid_t pid, int status) {
  const bool is_known = processes_.contains(pid);
  Process& process = adopt(pid);
  const int signal_number = WSTOPSIG(status), event = status >> 16;
  if (event == PTRACE_EVENT_SECCOMP) return at_call(pid, process);
  if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
    unsigned long child = 0;
    if (ptrace(PTRACE_GETEVENTMSG, pid, nullptr, &child) == 0) adopt(static_cast<pid_t>(child));
    return go_on(pid);
  }
  if (event == PTRACE_EVENT_EXEC) process.in_main = false;
  if (signal_number == kSyscallStop) return at_exit(pid, process);
  // A new process begins with a stop, before or after its parent tells of it.
  const bool is_birth = signal_number == SIGSTOP && (!is_known || process.counts.empty());
  go_on(pid, event != 0 || is_birth ? 0 : signal_number);
}

void Tree::at_call(pid_t pid, Process& process) {
  Tracee tracee{pid};
  if (!begun_) {  // our own exec of the program
    begun_ = true;
    return go_on(pid);
  }
  const Call* call = find_call(tracee.number());
  if (call == nullptr) return go_on(pid);
  const int nth = process.counts[call->number]++;
  // The first that main() does; poll(2) is always watched.
  if (call->number == SYS_poll) process.in_main = true;
  Point point{.place = {process.ordinal, std::string{call->name}, nth}, .sight = {}};
  point.sight = look(tracee, *call, process.awaits_change);
  if (point.sight.netlink && !point.sight.receives && call->number != SYS_socket) {
    process.awaits_change = point.sight.changes_state;
  }
  meet(pid, process, tracee, point);
}

void Tree::meet(pid_t pid, Process& process, Tracee& tracee, const Point& point) {
  if (!fault_) {
    observation_.points.push_back(point);
  } else if (!observation_.hit && fault_->place == point.place) {
    observation_.hit = true;
    observation_.before_main = !process.in_main;
    observation_.detail = point.sight.detail;
    strike(process, tracee, point.sight);
  } else if (observation_.hit && fault_->lasts()) {
    strike_again(process, tracee, point.sight);
  }
  go_on(pid, 0, process.error_at_exit != 0 || process.argument_at_exit);
}

void Tree::strike(Process& process, Tracee& tracee, const Sight& sight) {
  const auto error_number = static_cast<int>(fault_->detail);
  switch (fault_->mode) {
    case Mode::error:
      if (sight.receives && error_number == ENOBUFS) {
        process.error_at_exit = error_number;
      } else {
        fail(process, tracee, error_number);
      }
      break;
    case Mode::interrupted:
      tracee.fail_with(EINTR);
      break;
    case Mode::shortened:
      change(process, tracee, 2, 1);
      break;
    case Mode::kill_tree:
      kill_all();
      break;
    case Mode::kill_one:
      kill(tracee.pid(), SIGKILL);
      break;
    case Mode::terminate:
      kill(tracee.pid(), SIGTERM);
      break;
    case Mode::refuse:
      make_unacceptable(tracee, read_datagram(tracee), fault_->detail);
      break;
    default:
      strike_again(process, tracee, sight);
  }
}

void Tree::strike_again(Process& process, Tracee& tracee, const Sight& sight) const {
  if (fault_->mode == Mode::disk_full && sight.takes_space) tracee.fail_with(ENOSPC);
  if (fault_->mode == Mode::netlink_dead && sight.netlink) tracee.fail_with(ENOBUFS);
  if (fault_->mode == Mode::descriptors && sight.call->makes_descriptor) tracee.fail_with(EMFILE);
  if (fault_->mode == Mode::memory && sight.call->takes_memory) fail(process, tracee, ENOMEM);
}

void Tree::fail(Process& process, Tracee& tracee, int error_number) {
  // Its failure is that the old end of the heap is returned, which is also what it tells when asked.
  if (tracee.number() == SYS_brk) return change(process, tracee, 0, 0);
  tracee.fail_with(error_number);
}

void Tree::change(Process& process, Tracee& tracee, int position, std::uint64_t value) {
  process.argument_at_exit = {position, tracee.argument(position)};
  tracee.set_argument(position, value);
}

// What a receiving call took out of the queue is gone.
void Tree::at_exit(pid_t pid, Process& process) {
  Tracee tracee{pid};
  if (const auto argument = std::exchange(process.argument_at_exit, std::nullopt)) {
    tracee.set_argument(argument->first, argument->second);
  }
  if (const int error_number = std::exchange(process.error_at_exit, 0)) tracee.return_value(-error_number);
  go_on(pid);
}

}  // namespace patchbay::faults
