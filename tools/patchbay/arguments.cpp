// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/arguments.hpp"

#include <algorithm>

namespace patchbay::cli {
namespace {

// One word that begins with '-', taken apart: "--name=value", "-nvalue", "--name", "-n".
struct Flagged {
  const Option* option;
  std::optional<std::string_view> value;
};

[[noreturn]] void unknown_option(const Verb& verb, std::string_view word) {
  throw UsageError{"\"" + std::string{verb.name} + "\" has no option " + std::string{word}};
}

template <typename Matches>
const Option& option_of(const Verb& verb, std::string_view word, Matches&& matches) {
  const auto found = std::find_if(verb.options.begin(), verb.options.end(), matches);
  if (found == verb.options.end()) unknown_option(verb, word);
  return **found;
}

Flagged take_apart(const Verb& verb, std::string_view word) {
  if (!word.starts_with("--")) {
    const auto& option = option_of(verb, word, [&](const Option* one) { return one->letter == word[1]; });
    if (word.size() == 2) return {&option, std::nullopt};
    if (option.value.empty()) unknown_option(verb, word);
    return {&option, word.substr(2)};
  }
  const auto equals = word.find('=');
  const std::string_view name = word.substr(2, equals == std::string_view::npos ? equals : equals - 2);
  const auto& option = option_of(verb, word, [&](const Option* one) { return one->name == name; });
  if (equals == std::string_view::npos) return {&option, std::nullopt};
  if (option.value.empty()) throw UsageError{"option --" + std::string{name} + " takes no value"};
  return {&option, word.substr(equals + 1)};
}

void check_count(const Verb& verb, std::size_t count) {
  if (count >= verb.least && count <= verb.most) return;
  throw UsageError{"\"" + std::string{verb.name} + "\" needs " + std::string{verb.operands}};
}

}  // namespace

Arguments Arguments::parse(const Verb& verb, std::span<const std::string_view> words) {
  Arguments arguments;
  bool options_over = false;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string_view word = words[at];
    if (options_over || word.size() < 2 || word.front() != '-') {
      arguments.operands_.emplace_back(word);
    } else if (word == "--") {
      options_over = true;
    } else if (word == "--help" || word == "-h") {
      arguments.help_wanted_ = true;
    } else {
      Flagged flagged = take_apart(verb, word);
      if (!flagged.option->value.empty() && !flagged.value) {
        if (++at == words.size()) throw UsageError{"option " + std::string{word} + " needs a value"};
        flagged.value = words[at];
      }
      arguments.options_[flagged.option->name] = flagged.value.value_or("");
    }
  }
  if (!arguments.help_wanted_) check_count(verb, arguments.operands_.size());
  return arguments;
}

std::optional<std::string> Arguments::find(const Option& option) const {
  const auto found = options_.find(option.name);
  if (found == options_.end()) return std::nullopt;
  return found->second;
}

}  // namespace patchbay::cli
