// SPDX-License-Identifier: Apache-2.0
// The command line, by tables: a verb says which operands and options it takes.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::cli {

struct Option {
  std::string_view name;     // "--ifname" is "ifname"
  char letter = 0;           // "-i" is 'i'; 0: none
  std::string_view value;    // what --help calls its value; empty: a flag
  std::string_view meaning;  // one line or more
};

class Arguments;

struct Verb {
  std::string_view name;
  std::string_view operands;  // as in the synopsis: "<network> <netns>"
  std::size_t least, most;    // how many of them
  std::string_view summary;   // one line
  std::string_view story;     // `patchbay help <verb>`: what it does, in a few lines
  std::span<const Option* const> options;
  int (*run)(const Arguments&);  // the exit status; what it throws is 1
};

// A command line that cannot be understood: exit status 2. No std::exception, because it is no
// failure of the verb: attempt() lets it pass.
struct UsageError {
  std::string why;
};

class Arguments {
 public:
  // `words` are those after the verb. "--help" may stand anywhere and makes the rest optional.
  static Arguments parse(const Verb& verb, std::span<const std::string_view> words);

  [[nodiscard]] const std::vector<std::string>& operands() const { return operands_; }
  [[nodiscard]] std::optional<std::string> find(const Option& option) const;
  [[nodiscard]] bool has(const Option& option) const { return find(option).has_value(); }
  [[nodiscard]] bool help_wanted() const { return help_wanted_; }

 private:
  std::vector<std::string> operands_;
  std::map<std::string_view, std::string> options_;  // by name; a flag's value is empty
  bool help_wanted_ = false;
};

}  // namespace patchbay::cli
