// SPDX-License-Identifier: Apache-2.0
#include "common/contract/detail/environment.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "common/base/error.hpp"

namespace patchbay::contract {
namespace {

constexpr std::array<std::pair<std::string_view, Command>, 6> kCommands{{{"ADD", Command::add},
                                                                         {"DEL", Command::del},
                                                                         {"CHECK", Command::check},
                                                                         {"GC", Command::gc},
                                                                         {"STATUS", Command::status},
                                                                         {"VERSION", Command::version}}};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// "TRUE" in any case, or "1": what the reference takes for yes.
bool says_yes(std::string_view value) {
  constexpr std::string_view kTrue = "true";
  return value == "1" || std::equal(value.begin(), value.end(), kTrue.begin(), kTrue.end(), [](char given, char lower) {
           return given == lower || given == lower - 'a' + 'A';
         });
}

// One variable that the verb requires. A bad value is an error at once, a missing one is told
// together with the others that are missing, as in the reference.
class Required {
 public:
  void take(const char* name, const std::string& value, void (*validate)(std::string_view) = nullptr) {
    if (value.empty()) {
      missing_ += (missing_.empty() ? "" : ",") + std::string{name};
    } else if (validate != nullptr) {
      validate(value);
    }
  }
  void throw_if_missing() const {
    if (missing_.empty()) return;
    throw Error{Code::invalid_environment, "required env variables [" + missing_ + "] missing"};
  }

 private:
  std::string missing_;
};

}  // namespace

std::string_view to_string(Command command) {
  for (const auto& [name, member] : kCommands) {
    if (member == command) return name;
  }
  return "";
}

namespace detail {

Environment read_environment(Command command) {
  Environment environment{.container_id = variable("CNI_CONTAINERID"),
                          .netns = variable("CNI_NETNS"),
                          .ifname = variable("CNI_IFNAME"),
                          .args = variable("CNI_ARGS"),
                          .path = variable("CNI_PATH"),
                          .own_netns_allowed = says_yes(variable("CNI_NETNS_OVERRIDE"))};
  const bool attachment = command == Command::add || command == Command::del || command == Command::check;
  Required required;
  if (attachment) required.take("CNI_CONTAINERID", environment.container_id, validate_container_id);
  if (attachment && command != Command::del) required.take("CNI_NETNS", environment.netns);
  if (attachment) required.take("CNI_IFNAME", environment.ifname, validate_ifname);
  if (command != Command::version) required.take("CNI_PATH", environment.path);
  required.throw_if_missing();
  return environment;
}

std::optional<Command> find_command(std::string_view name) {
  for (const auto& [known, command] : kCommands) {
    if (known == name) return command;
  }
  return std::nullopt;
}

}  // namespace detail
}  // namespace patchbay::contract
