// SPDX-License-Identifier: Apache-2.0
// The processes of one run, and what is done to them at their stops.
#pragma once

#include <map>
#include <optional>

#include "test/faults/injector/injector.hpp"

namespace patchbay::faults {

class Tree {
 public:
  Tree(pid_t first, const std::optional<Fault>& fault, Observation& observation);

  void stopped(pid_t pid, int status);  // waitpid(2) said so
  void ended(pid_t pid) { processes_.erase(pid); }
  void kill_all() const;
  [[nodiscard]] bool empty() const { return processes_.empty(); }

 private:
  struct Process {
    int ordinal;
    std::map<long, int> counts;
    bool awaits_change = false;  // its last netlink message was to change something
    bool in_main = false;
    // When the call that it is in has been made: what it will have returned, and an argument that was
    // another for the kernel only. Programs rely on their registers.
    int error_at_exit = 0;
    std::optional<std::pair<int, std::uint64_t>> argument_at_exit;
  };

  Process& adopt(pid_t pid);
  void at_call(pid_t pid, Process& process);
  void meet(pid_t pid, Process& process, Tracee& tracee, const Point& point);
  void strike(Process& process, Tracee& tracee, const Sight& sight);
  static void fail(Process& process, Tracee& tracee, int error_number);
  static void change(Process& process, Tracee& tracee, int position, std::uint64_t value);
  void strike_again(Process& process, Tracee& tracee, const Sight& sight) const;
  static void at_exit(pid_t pid, Process& process);

  const std::optional<Fault>& fault_;
  Observation& observation_;
  std::map<pid_t, Process> processes_;
  int born_ = 0;
  bool begun_ = false;  // the program itself has been executed
};

}  // namespace patchbay::faults
