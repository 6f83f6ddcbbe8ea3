// SPDX-License-Identifier: Apache-2.0
// Whether a plugin that failed had reason to, by the code and the words of its error and by what was
// done to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "test/support/world.hpp"

namespace patchbay::stress {

struct Failure {
  std::string verb, plugin;
  int code = 0;         // 0: it printed no error object
  std::string message;  // msg and details; without an error object all that it wrote
  // A crash, or what the plugin itself calls one: no retry makes that good.
  [[nodiscard]] bool is_a_defect() const;
  [[nodiscard]] std::string kind() const;  // one line to count by: without names and numbers
};

Failure failure_of(const std::string& verb, const std::string& plugin, const test::Ran& ran);

// Somebody who holds a lock and does not let go.
struct Hold {
  std::string path;
  int pid = 0;
};

// What befell the attachment until the call ended.
struct Circumstances {
  bool terminated = false;  // by SIGTERM
  bool path_hidden = false;
  bool flushed = false;
  std::vector<Hold> holds;
};

enum class Expected { port_taken, no_address, locked, terminated, namespace_gone, flushed };

std::string_view to_string(Expected reason);

// nullopt: it should not have failed.
std::optional<Expected> judge(const Failure& failure, const Circumstances& circumstances);

}  // namespace patchbay::stress
