// SPDX-License-Identifier: Apache-2.0
#include "test/stress/verdict.hpp"

#include <algorithm>
#include <cctype>

namespace patchbay::stress {

namespace {

// Error codes, as docs/errors.md has them.
constexpr int kInvalidNetns = 8, kTryAgain = 11, kPoolExhausted = 102, kHostPortTaken = 104, kDrift = 106,
              kInternal = 199;

bool says(const Failure& failure, const std::string& words) { return failure.message.find(words) != std::string::npos; }

// "…/lock has been locked for 5000 ms by process 4711 (flock)"
bool names(const Failure& failure, const Hold& hold) {
  return says(failure, hold.path + " has been locked for ") &&
         says(failure, "process " + std::to_string(hold.pid) + " (");
}

}  // namespace

Failure failure_of(const std::string& verb, const std::string& plugin, const test::Ran& ran) {
  Failure failure{.verb = verb, .plugin = plugin, .message = ran.out + ran.err};
  const auto error = nlohmann::json::parse(ran.out, nullptr, false);
  if (!error.is_object() || !error.contains("code") || !error.contains("msg")) {
    failure.message = "exit code " + std::to_string(ran.exit_code) + ": " + failure.message;
    return failure;
  }
  failure.code = error["code"].get<int>();
  failure.message = error["msg"].get<std::string>();
  if (const auto details = error.value("details", std::string{}); !details.empty()) failure.message += "; " + details;
  return failure;
}

bool Failure::is_a_defect() const { return code == 0 || code == kInternal; }

std::string Failure::kind() const {
  std::string text = verb + " " + plugin + " " + std::to_string(code) + ": ";
  const auto has_digit = [](std::string_view word) {
    return std::ranges::any_of(word, [](unsigned char c) { return std::isdigit(c) != 0; });
  };
  for (std::size_t start = 0, end = 0; start < message.size() && text.size() < 300; start = end + 1) {
    end = std::min(message.find_first_of(" \n", start), message.size());
    const auto word = std::string_view{message}.substr(start, end - start);
    text += has_digit(word) ? "#" : std::string{word};
    text += ' ';
  }
  return text;
}

std::string_view to_string(Expected reason) {
  switch (reason) {
    case Expected::port_taken:
      return "host port taken";
    case Expected::no_address:
      return "no address left";
    case Expected::locked:
      return "lock held for 5 s, its holder named";
    case Expected::terminated:
      return "stopped by SIGTERM";
    case Expected::namespace_gone:
      return "namespace gone";
    case Expected::flushed:
      return "rules flushed by somebody";
  }
  return "?";
}

std::optional<Expected> judge(const Failure& failure, const Circumstances& circumstances) {
  const bool add = failure.verb == "ADD", check = failure.verb == "CHECK";
  switch (failure.code) {
    case kHostPortTaken:
      if (add && failure.plugin == "portmap") return Expected::port_taken;
      break;
    case kPoolExhausted:
      if (add && failure.plugin == "bridge") return Expected::no_address;
      break;
    case kTryAgain:
      if (circumstances.terminated && says(failure, "stopped by SIGTERM")) return Expected::terminated;
      if (std::ranges::any_of(circumstances.holds, [&](const Hold& hold) { return names(failure, hold); }))
        return Expected::locked;
      break;
    case kInvalidNetns:
      if (circumstances.path_hidden && (add || check)) return Expected::namespace_gone;
      break;
    case kDrift:
      if (circumstances.flushed && check) return Expected::flushed;
      break;
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace patchbay::stress
