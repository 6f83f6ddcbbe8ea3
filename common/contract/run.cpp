// SPDX-License-Identifier: Apache-2.0
#include "common/contract/run.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "common/base/twin.hpp"
#include "common/contract/detail/about.hpp"
#include "common/contract/detail/configuration.hpp"
#include "common/contract/detail/environment.hpp"
#include "common/contract/detail/process.hpp"
#include "common/contract/detail/signals.hpp"
#include "common/contract/detail/standard_io.hpp"
#include "common/contract/detail/text.hpp"
#include "common/contract/detail/verbatim_error.hpp"

namespace patchbay::contract {
namespace {

constexpr Version kNewest{1, 1, 0};

// What is left of an exception when it has reached the top.
struct Failure {
  Code code = Code::internal;
  std::string message, details;
  bool printable = true;  // false: it was stdout that failed
};

// Of the exception that is being handled.
Failure describe_failure() {
  try {
    throw;
  } catch (const detail::VerbatimError& error) {
    return {error.code(), error.summary(), error.verbatim()};
  } catch (const detail::OutputFailure& error) {
    return {error.code(), detail::one_line(error.summary()), error.details(), false};
  } catch (const Error& error) {
    return {error.code(), detail::one_line(error.summary()), error.details()};
  } catch (const std::bad_alloc&) {
    return {Code::internal, "out of memory", ""};
  } catch (const std::exception& error) {
    return {Code::internal, error.what(), "hint: this is a defect of the plugin; please report it"};
  } catch (...) {
    return {Code::internal, "an exception of unknown type", ""};
  }
}

std::string error_object(const Failure& failure, const Version& version) {
  return detail::ObjectText{}
      .text("cniVersion", version.to_string())
      .number("code", static_cast<int>(failure.code))
      .text("msg", detail::bounded(failure.message))
      .text_unless_empty("details", detail::bounded(failure.details))
      .render();
}

std::string error_line(const Failure& failure) {
  const std::string details = detail::bounded(failure.details);
  return detail::bounded(failure.message) + (details.empty() ? "" : " (" + details + ")");
}

// The error object, on stdout as the specification wants it.
void report(const Failure& failure, const Version& version) {
  if (!failure.printable) return detail::complain(error_line(failure));
  try {
    detail::write_output(error_object(failure, version));
  } catch (const Error& error) {
    detail::complain(error_line(failure));
    detail::complain(error.summary());
  }
}

void complain_of_failed_undo() {
  try {
    detail::complain("undo of ADD failed: " + error_line(describe_failure()));
  } catch (const std::exception&) {
    detail::complain_briefly("undo of ADD failed: out of memory\n");
  }
}

// What nobody will hear of must not exist: the runtime takes an ADD without result for a failed one.
void take_back(const Plugin& plugin, Request& request) {
  request.command = Command::del;
  try {
    plugin.del(request);
  } catch (...) {
    complain_of_failed_undo();
  }
}

void add(const Plugin& plugin, Request& request) {
  const Result result = plugin.add(request);
  try {
    detail::write_output(result.print(request.version));
  } catch (...) {
    take_back(plugin, request);
    throw;
  }
}

void perform(const Plugin& plugin, Request request) {
  switch (request.command) {
    case Command::add:
      return add(plugin, request);
    case Command::del:
      return plugin.del(request);
    case Command::check:
      return plugin.check(request);
    case Command::gc:
      return plugin.gc(request);
    case Command::status:
      return plugin.status(request);
    case Command::version:
      return;  // answered before there is a request
  }
}

// When there is no memory to say it in other words.
void report_lack_of_memory(const Version& version) noexcept {
  std::array<char, 160> text{};
  const int size =
      std::snprintf(text.data(), text.size(),
                    "{\n    \"cniVersion\": \"%u.%u.%u\",\n    \"code\": %d,\n    \"msg\": \"out of memory\"\n}\n",
                    version.major_number, version.minor_number, version.patch_number, static_cast<int>(Code::internal));
  try {
    detail::write_output({text.data(), static_cast<std::size_t>(size)});
  } catch (const std::exception&) {
    detail::complain_briefly("out of memory\n");
  }
}

// Of the exception that is being handled.
void report_failure(const Version& version) noexcept {
  try {
    report(describe_failure(), version);
  } catch (const std::exception&) {
    report_lack_of_memory(version);
  }
}

// What we were asked, as far as it is known: the version of the configuration, in which errors are told,
// and stdin, which the twin gets again.
struct Asked {
  Version version = kNewest;
  std::string input;
};

void serve(const Plugin& plugin, std::string_view verb, Asked& asked) {
  const auto command = detail::find_command(verb);
  if (!command) throw Error{Code::invalid_environment, "unknown CNI_COMMAND: " + std::string{verb.substr(0, 64)}};
  if (command == Command::version) return detail::write_output(detail::version_reply());
  auto environment = detail::read_environment(*command);
  // Where somebody forbids even that, we are confined by him: no reason to refuse service.
  if (plugin.needs != nullptr) static_cast<void>(os::keep_only(plugin.needs(*command)));
  asked.input = detail::read_input();
  Json config = detail::parse_config(asked.input);
  asked.version = detail::spoken_version(config).value_or(asked.version);
  perform(plugin, detail::make_request(*command, std::move(environment), std::move(config), asked.input));
}

}  // namespace

int run(const Plugin& plugin, int argc, char** argv) {
  Asked asked;
  try {
    detail::grow_generously();
    detail::occupy_standard_descriptors();
    // Whoever creates a file says its mode; nobody but the owner may write, whatever the runtime left us.
    umask(S_IWGRP | S_IWOTH);
    const char* verb = std::getenv("CNI_COMMAND");
    detail::hold_signals(verb != nullptr && detail::find_command(verb) == Command::add);
    if (verb == nullptr || *verb == '\0') return detail::introduce(plugin, argc, argv);
    try {
      serve(plugin, verb, asked);
    } catch (const TwinNeeded&) {
      detail::become_twin(plugin.name, asked.input, argv);
    }
    return 0;
  } catch (...) {
    report_failure(asked.version);
    return 1;
  }
}

}  // namespace patchbay::contract
