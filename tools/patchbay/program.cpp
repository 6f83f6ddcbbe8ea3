// SPDX-License-Identifier: Apache-2.0
// From words to a verb and an exit status.
#include "common/base/error.hpp"
#include "tools/patchbay/failure.hpp"
#include "tools/patchbay/help.hpp"
#include "tools/patchbay/interruption.hpp"
#include "tools/patchbay/node_verbs.hpp"
#include "tools/patchbay/output.hpp"
#include "tools/patchbay/settings.hpp"
#include "tools/patchbay/verbs.hpp"

namespace patchbay::cli {
namespace {

int misused(const std::string& why, const std::string& usage) {
  tell("patchbay: " + why + "\nusage: " + usage + "\n");
  return kMisused;
}

void report(const Failures& failures, bool as_json) {
  if (as_json) {
    print(to_json(failures));
  } else {
    tell(to_text(failures));
  }
}

// Runs `work`; what it throws is reported, and decides the exit status.
template <typename Work>
int guarded(bool as_json, Work&& work) {
  Failures failures;
  int status = kDone;
  attempt(failures, [&] { status = work(); });
  if (failures.empty()) return status;
  report(failures, as_json);
  return kFailed;
}

int print_text(const std::string& text) {
  return guarded(false, [&] { return print(text), kDone; });
}

int run_verb(const Verb& verb, std::span<const std::string_view> words) {
  try {
    const Arguments arguments = Arguments::parse(verb, words);
    if (arguments.help_wanted()) return print_text(explain(verb));
    catch_interruptions();
    return guarded(arguments.has(kJson), [&] { return verb.run(arguments); });
  } catch (const UsageError& error) {
    return misused(error.why, synopsis(verb) + "\n       patchbay help " + std::string{verb.name});
  }
}

int run_help(std::span<const std::string_view> words) {
  if (words.empty()) return print_text(overview(verbs()));
  const Verb* verb = find_verb(words.front());
  if (verb == nullptr) return misused("no such verb: " + std::string{words.front()}, "patchbay help [<verb>]");
  return print_text(explain(*verb));
}

}  // namespace

int run_command_line(std::span<const std::string_view> words) {
  const std::string usage =
      "patchbay add | del | check | gc | status <network> <netns> [options]\n"
      "       patchbay audit | repair [<network>] [options]\n       patchbay --help";
  if (words.empty()) return misused("nothing to do", usage);
  const std::string_view first = words.front();
  if (first == "help" || first == "--help" || first == "-h") return run_help(words.subspan(1));
  if (first == "--version" || first == "-V") return print_text(version_line());
  const Verb* verb = find_verb(first);
  if (verb == nullptr) return misused("no such verb: " + std::string{first}, usage);
  return run_verb(*verb, words.subspan(1));
}

}  // namespace patchbay::cli
