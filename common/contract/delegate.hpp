// SPDX-License-Identifier: Apache-2.0
// Running another plugin: found in CNI_PATH, opened once, executed by that descriptor.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/contract/request.hpp"
#include "common/contract/result.hpp"
#include "common/os/spawn.hpp"
#include "common/os/unique_fd.hpp"

namespace patchbay::contract {

// An executable plugin as found: the descriptor that was checked is the one that is run.
struct Executable {
  os::UniqueFd fd;
  std::string path;
  bool readable = true;  // false: a path descriptor, good for executing only
};

// Whether the first file named `type` in request.plugin_path is our own build of it.
bool finds_our_build(const Request& request, const std::string& type);

// First regular file named `type` in request.plugin_path. nullopt when there is none.
std::optional<Executable> find_plugin(const Request& request, const std::string& type);
// The same; throws not_available naming the directories searched, at `/ipam/type`.
Executable require_plugin(const Request& request, const std::string& type);

// True when `executable` was built together with us: it carries the same suite build ID (an ELF
// note, PT_NOTE named "patchbay"), so that what it would do can be done in process.
bool is_our_build(const Executable& executable);

inline constexpr std::chrono::milliseconds kDelegatePatience{30000};

// A delegated call under way. Errors of the delegate keep their code, msg and details; garbage,
// silence, time-out or a crash become delegate_failed.
class Delegation {
 public:
  static Delegation start(const Request& request, Executable plugin, Command command,
                          std::chrono::milliseconds patience = kDelegatePatience);
  Result finish_with_result();  // ADD
  void finish();                // the other verbs; stdout is ignored
 private:
  Delegation(os::Child child, std::string name, Version version, std::chrono::milliseconds patience);
  os::Child child_;
  std::string name_;
  Version version_;
  std::chrono::milliseconds patience_;
};

}  // namespace patchbay::contract
