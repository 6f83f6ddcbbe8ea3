// SPDX-License-Identifier: Apache-2.0
// A delegated plugin gets our stdin, our environment with another CNI_COMMAND, and limited time. Texts for
// what may go wrong are the reference's where it has some.
#include "common/contract/delegate.hpp"

#include <unistd.h>

#include <climits>
#include <cstring>

#include "common/base/error.hpp"
#include "common/contract/detail/json_read.hpp"
#include "common/contract/detail/result_read.hpp"
#include "common/contract/detail/text.hpp"
#include "common/contract/detail/verbatim_error.hpp"

namespace patchbay::contract {
namespace {

constexpr std::size_t kMostOutput = 1 << 20;

std::vector<std::string> environment_for(Command command) {
  constexpr std::string_view kVariable = "CNI_COMMAND=";
  std::vector<std::string> environment{std::string{kVariable}.append(to_string(command))};
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (!std::string_view{*entry}.starts_with(kVariable)) environment.emplace_back(*entry);
  }
  return environment;
}

Error failed(std::string message) { return Error{Code::delegate_failed, std::move(message)}; }

std::string ending_of(const os::Outcome& outcome) {
  if (outcome.signal == 0) return "exit status " + std::to_string(outcome.exit_code);
  const char* words = sigdescr_np(outcome.signal);
  return "signal: " + (words == nullptr ? std::to_string(outcome.signal) : std::string{words});
}

// The error object on its stdout (CNI spec 1.1.0, section 5, "Error"), to be thrown as it is.
detail::VerbatimError parse_error_object(const Json& json) {
  const auto code = detail::read_integer(json, "code", {1, INT_MAX}, Code::decode_failure);
  const auto message = json.text("msg");
  if (!code || !message) {
    throw Error{Code::decode_failure, std::string{code ? "msg" : "code"} + " is missing"};
  }
  return {static_cast<Code>(*code), *message, json.text_or("details", "")};
}

void throw_if_failed(const os::Outcome& outcome, std::chrono::milliseconds patience) {
  if (outcome.timed_out) {
    throw failed("not done after " + std::to_string(patience.count()) + " ms, and killed")
        .hint("it was given the same CNI_ variables and stdin as this plugin");
  }
  if (outcome.too_much_output) throw failed("printed more than " + std::to_string(kMostOutput) + " bytes");
  if (outcome.exit_code == 0) return;
  if (outcome.output.empty() && outcome.errors.empty()) {
    throw failed("netplugin failed with no error message: " + ending_of(outcome));
  }
  if (outcome.output.empty()) {
    throw failed("netplugin failed: " + detail::message_quote(outcome.errors) + ": " + ending_of(outcome));
  }
  const auto error = [&] {
    try {
      return parse_error_object(Json::parse(outcome.output));
    } catch (const Error& why) {
      throw failed("netplugin failed but error parsing its diagnostic message " +
                   detail::message_quote(outcome.output) + ": " + why.summary());
    }
  }();
  throw error;
}

// A result without version is one of the configuration's (containernetworking/cni#895).
Version version_of(const Json& result, const Version& configured) {
  const auto text = result.text_or("cniVersion", "");
  if (text.empty()) return configured;
  const auto version = detail::is_supported(text) ? Version::parse(text) : std::nullopt;
  if (!version) throw Error{Code::decode_failure, "unsupported CNI result version " + detail::message_quote(text)};
  return *version;
}

Result parse_output(const std::string& output, const Version& configured) {
  try {
    const Json json = Json::parse(output);
    if (!json.is_object() && json.dump() == "null") return {};  // as the reference takes it
    return detail::read_result(json, version_of(json, configured), detail::DanglingIndex::ignore);
  } catch (const Error& error) {
    throw failed("failed to unmarshal raw result: " + error.summary()).at(error.pointer());
  }
}

}  // namespace

Delegation::Delegation(os::Child child, std::string name, Version version, std::chrono::milliseconds patience)
    : child_(std::move(child)), name_(std::move(name)), version_(version), patience_(patience) {}

Delegation Delegation::start(const Request& request, Executable plugin, Command command,
                             std::chrono::milliseconds patience) {
  std::string name = "ipam plugin " + plugin.path.substr(plugin.path.rfind('/') + 1);
  os::Child child = with_context(name, [&] {
    return os::Child::start({.executable = plugin.fd.get(),
                             .path = plugin.path,
                             .environment = environment_for(command),
                             .input = request.input,
                             .patience = patience,
                             .output_limit = kMostOutput});
  });
  return {std::move(child), std::move(name), request.version, patience};
}

Result Delegation::finish_with_result() {
  return with_context(name_, [&] {
    const os::Outcome outcome = child_.finish();
    throw_if_failed(outcome, patience_);
    return parse_output(outcome.output, version_);
  });
}

void Delegation::finish() {
  with_context(name_, [&] { throw_if_failed(child_.finish(), patience_); });
}

}  // namespace patchbay::contract
