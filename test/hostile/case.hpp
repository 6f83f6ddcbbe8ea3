// SPDX-License-Identifier: Apache-2.0
// The tables of hostile input: one file of test/hostile/cases a theme, an object with
//
//   "about"   what the theme is
//   "base"    members that its cases have unless they say otherwise
//   "cases"   the cases
//
// and a case is an object with
//
//   "name"         of a case that is alone
//   "covers"       optional, the advisory or the known failure that it stands for
//   "plugin", "command", "container", "ifname", "netns", "args"    of the call
//   "config"       the network configuration; texts may be made as text.hpp says. In every text of a case @D
//                  stands for a fresh directory, @OWNER for the name of this attachment's record and index entry.
//                  {"$result": "neighbour"} and {"$result": "own"} are results of ADD
//   "set"          a merge patch (RFC 7396) on it
//   "field" and "values"    a JSON pointer into it: one case for each value there
//   "types"        wrong types: {pointer: "text" | "flag" | "number" | "list" | "object"}, some cases for
//                  each, with what people take for that type, refused as a decode failure that points there
//   "input"        stdin in place of the configuration
//   "environment"  other variables; null takes one away
//   "prepare"      a shell command before
//   "prelude"      as trial.hpp says
//   "deny", "with" names of system calls that fail with this errno, one case for each call
//   "ipam"         the script that the IPAM plugin "liar" in @D/bin is; for ADD only, unless "always" is true
//   "attached"     true: the attachment exists already, made with the configuration of "base"
//   "needs"        optional, "root" or "iptables"
//   "within"       seconds that it may take, 1 when absent; its lower bound in "after"
//   "expect"       what must happen:
//       {"refused": 7, "at": "/mtu", "says": "too small"}    with exactly one JSON error, of this code, pointing
//                                     there (at a "field" by default), which says this; and nothing changes
//       {"accepted": "why"}           "says" as well
//       {"either": "why"}             accepted, or refused with any one error ("codes": of these)
//       {"unheard": "text"}           it fails, with nothing on stdout and this on stderr
//   "del"          what a DEL of the same request does afterwards, in the same words; "succeeds" when absent
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace patchbay::test::hostile {

struct Expectation {
  enum class Kind { refused, accepted, either, unheard };
  Kind kind = Kind::accepted;
  std::vector<int> codes;              // any when empty
  std::optional<std::string> pointer;  // nullopt: not looked at
  std::string says;
};

struct Case {
  std::string theme, name;
  nlohmann::json told;  // the members above, those of "base" included; "config" as it is given to the plugin
  Expectation expected, after_del;

  [[nodiscard]] std::string text(const char* member, const char* otherwise = "") const;
  [[nodiscard]] bool flag(const char* member) const { return told.value(member, false); }
};

std::vector<std::string> themes();
std::vector<Case> load_cases(const std::string& theme);

}  // namespace patchbay::test::hostile
