// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/invoke.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>

#include "common/contract/delegate.hpp"
#include "common/os/spawn.hpp"
#include "tools/patchbay/failure.hpp"

namespace patchbay::cli {
namespace {

constexpr std::size_t kMaxShown = 400;  // of what a plugin says beside the protocol

std::string joined_path(const Runner& runner) {
  std::string text;
  for (const std::string& directory : runner.path) text += (text.empty() ? "" : ":") + directory;
  return text;
}

// Our own environment with the protocol's variables in place of any that we inherited; GC and
// STATUS have them all too, empty.
std::vector<std::string> environment_for(const Runner& runner, const Invocation& invocation) {
  static const Attachment kNone;
  const Attachment& about = invocation.attachment != nullptr ? *invocation.attachment : kNone;
  const std::array<std::string, 6> ours{"CNI_COMMAND=" + std::string{invocation.command},
                                        "CNI_CONTAINERID=" + about.owner.container,
                                        "CNI_NETNS=" + about.netns,
                                        "CNI_IFNAME=" + about.owner.ifname,
                                        "CNI_ARGS=" + to_string(about.args),
                                        "CNI_PATH=" + joined_path(runner)};
  std::vector<std::string> environment{ours.begin(), ours.end()};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text{*variable};
    const auto is_same = [&](const std::string& own) { return text.starts_with(own.substr(0, own.find('=') + 1)); };
    if (std::none_of(ours.begin(), ours.end(), is_same)) environment.emplace_back(text);
  }
  return environment;
}

contract::Executable find(const Runner& runner, const std::string& type) {
  const contract::Request request{.plugin_path = runner.path, .config = contract::Json::wrap(nullptr)};
  try {
    return contract::require_plugin(request, type);
  } catch (Error& error) {
    throw error.at("/type");
  }
}

std::string shortened(const std::string& text) {
  auto end = text.find_last_not_of(" \n\r\t");
  end = end == std::string::npos ? 0 : end + 1;
  return end <= kMaxShown ? text.substr(0, end) : text.substr(0, kMaxShown) + "…";
}

Failure unanswered(const std::string& message, const os::Outcome& outcome) {
  Failure failure{static_cast<int>(Code::delegate_failed), message, {}};
  if (const auto said = shortened(outcome.errors); !said.empty()) failure.details = "stderr: " + said;
  return failure;
}

// Nothing in it is trusted to have the right type.
Failure complaint_in(const os::Outcome& outcome) {
  const auto object = nlohmann::json::parse(outcome.output, nullptr, false);
  const bool is_error = object.is_object() && object.contains("msg") && object["msg"].is_string();
  if (!is_error) {
    const auto said = shortened(outcome.output);
    return unanswered("exit code " + std::to_string(outcome.exit_code) +
                          (said.empty() ? " and not a word on stdout" : ", and no error object but: " + said),
                      outcome);
  }
  Failure failure{static_cast<int>(Code::internal), object["msg"].get<std::string>(), {}};
  if (object.contains("code") && object["code"].is_number_integer()) failure.code = object["code"].get<int>();
  if (object.contains("details") && object["details"].is_string()) failure.details = object["details"];
  return failure;
}

Failure failure_of(const Runner& runner, const os::Outcome& outcome) {
  if (outcome.timed_out) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(runner.patience).count();
    return unanswered("no answer within " + std::to_string(seconds) + " s; it was killed", outcome);
  }
  if (outcome.too_much_output) return unanswered("more output than a result can be", outcome);
  if (outcome.signal != 0) {
    const char* name = sigabbrev_np(outcome.signal);
    return unanswered("killed by signal " + std::to_string(outcome.signal) +
                          (name == nullptr ? std::string{} : " (SIG" + std::string{name} + ")"),
                      outcome);
  }
  return complaint_in(outcome);
}

}  // namespace

std::string invoke(const Runner& runner, const Invocation& invocation) {
  const std::string what = "plugin \"" + invocation.type + "\" (" + std::string{invocation.command} + ")";
  return with_context(what, [&] {
    const contract::Executable plugin = find(runner, invocation.type);
    os::Outcome outcome = os::Child::start({.executable = plugin.fd.get(),
                                            .path = plugin.path,
                                            .environment = environment_for(runner, invocation),
                                            .input = invocation.input,
                                            .patience = runner.patience})
                              .finish();
    const bool answered = !outcome.timed_out && !outcome.too_much_output && outcome.signal == 0;
    if (answered && outcome.exit_code == 0) return std::move(outcome.output);
    Failure failure = failure_of(runner, outcome);
    failure.message = what + ": " + failure.message;
    throw Failed{std::move(failure)};
  });
}

void require_plugin(const Runner& runner, const std::string& type) { find(runner, type); }

}  // namespace patchbay::cli
