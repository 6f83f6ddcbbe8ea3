// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/condition.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "common/firewall/detail/condition_reader.hpp"

namespace patchbay::firewall {
namespace {

using Reader = detail::ConditionReader;

constexpr const char* kIptablesWords =
    "[!] -s|-d CIDR, [!] -i|-o NAME[+], -m mark [!] --mark VALUE[/MASK], each of -s, -d, -i and -o once";
constexpr const char* kNftWords =
    "ip|ip6 saddr|daddr [!=] CIDR, iifname|oifname [!=] NAME[*], meta mark [!=] VALUE, one after the other";

// --- iptables --------------------------------------------------------------------------------------

struct Option {
  Condition::Field field;
  std::string_view brief, full;
};

constexpr Option kOptions[] = {
    {Condition::Field::source, "-s", "--source"},
    {Condition::Field::source, "-s", "--src"},
    {Condition::Field::destination, "-d", "--destination"},
    {Condition::Field::destination, "-d", "--dst"},
    {Condition::Field::in_interface, "-i", "--in-interface"},
    {Condition::Field::out_interface, "-o", "--out-interface"},
};

// "-s" "X", "-sX", "--source" "X" or "--source=X", as getopt_long(3) has it.
std::optional<std::string> option_value(Reader& reader, const Option& option) {
  const std::string_view word = reader.peek();
  if (word == option.brief || word == option.full) {
    const std::string name = reader.take("an option");
    return reader.take("the value of " + name);
  }
  std::size_t name = 0;
  if (word.starts_with(option.full) && word.substr(option.full.size()).starts_with('=')) name = option.full.size() + 1;
  if (name == 0 && !option.brief.empty() && word.starts_with(option.brief)) name = option.brief.size();
  if (name == 0) return std::nullopt;
  return reader.take("an option").substr(name);
}

bool read_option(Reader& reader, Condition& condition) {
  for (const Option& option : kOptions) {
    const auto value = option_value(reader, option);
    if (!value) continue;
    condition.field = option.field;
    if (option.field == Condition::Field::source || option.field == Condition::Field::destination) {
      condition.subnet = reader.subnet(*value);
    } else {
      condition.interface = reader.interface(*value);
    }
    return true;
  }
  return false;
}

bool read_mark(Reader& reader, Condition& condition) {
  static constexpr Option kMark{Condition::Field::mark, "", "--mark"};
  if (!reader.peek().starts_with("--mark")) return false;
  const auto value = option_value(reader, kMark);
  if (!value) return false;
  const std::size_t slash = value->find('/');
  condition.field = Condition::Field::mark;
  condition.mark = reader.mark(std::string_view{*value}.substr(0, slash));
  if (slash != std::string::npos) condition.mask = reader.mark(std::string_view{*value}.substr(slash + 1));
  return true;
}

// The match must be named before its option is used.
bool read_match_name(Reader& reader) {
  static constexpr Option kMatch{Condition::Field::mark, "-m", "--match"};
  const bool is_match = reader.peek().starts_with("-m") || reader.peek().starts_with("--match");
  const auto name = is_match ? option_value(reader, kMatch) : std::nullopt;
  if (!name) return false;
  if (*name != "mark") throw reader.refused("match \"" + *name + "\"");
  return true;
}

std::vector<Condition> parse_iptables(Reader& reader) {
  std::vector<Condition> conditions;
  bool mark_due = false;  // one --mark for each -m mark
  while (!reader.at_end()) {
    if (!mark_due && read_match_name(reader)) {
      mark_due = true;
      continue;
    }
    Condition condition;
    condition.negated = reader.skip("!");
    const std::string word{reader.peek()};
    const bool found = read_option(reader, condition) || (mark_due && read_mark(reader, condition));
    if (!found) throw reader.refused("\"" + word + "\"");
    const bool once = condition.field != Condition::Field::mark;
    if (!once) mark_due = false;
    for (const Condition& before : conditions) {
      if (once && before.field == condition.field) throw reader.refused("\"" + word + "\" a second time");
    }
    conditions.push_back(std::move(condition));
  }
  if (mark_due) throw reader.refused("-m mark without --mark");
  return conditions;
}

// --- nft -------------------------------------------------------------------------------------------

std::string unquoted(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

void read_operator(Reader& reader, Condition& condition) {
  condition.negated = reader.skip("!=");
  if (!condition.negated) reader.skip("==");
}

void read_nft_address(Reader& reader, Condition& condition, const std::string& protocol) {
  if (protocol != (reader.family() == net::Family::v4 ? "ip" : "ip6"))
    throw reader.refused("\"" + protocol + "\" is of the other family");
  const std::string field = reader.take("saddr or daddr");
  if (field != "saddr" && field != "daddr") throw reader.refused("\"" + field + "\"");
  condition.field = field == "saddr" ? Condition::Field::source : Condition::Field::destination;
  read_operator(reader, condition);
  condition.subnet = reader.subnet(reader.take("a subnet"));
}

Condition read_nft(Reader& reader) {
  Condition condition;
  std::string word = reader.take("a condition");
  if (word == "ip" || word == "ip6") {
    read_nft_address(reader, condition, word);
    return condition;
  }
  const bool meta = word == "meta";
  if (meta) word = reader.take("mark, iifname or oifname");
  if (word == "iifname" || word == "oifname") {
    condition.field = word == "iifname" ? Condition::Field::in_interface : Condition::Field::out_interface;
    read_operator(reader, condition);
    condition.interface = reader.interface(unquoted(reader.take("an interface name")));
  } else if (meta && word == "mark") {
    condition.field = Condition::Field::mark;
    read_operator(reader, condition);
    condition.mark = reader.mark(reader.take("a mark"));
  } else {
    throw reader.refused("\"" + word + "\"");
  }
  return condition;
}

std::vector<Condition> parse_nft(Reader& reader) {
  std::vector<Condition> conditions;
  while (!reader.at_end()) conditions.push_back(read_nft(reader));
  return conditions;
}

}  // namespace

Syntax syntax_of(const std::vector<std::string>& words) {
  const auto parts = detail::split_words(words);
  const bool iptables = !parts.empty() && (parts.front().front() == '-' || parts.front().front() == '!');
  return iptables ? Syntax::iptables : Syntax::nft;
}

std::vector<Condition> parse_conditions(const std::vector<std::string>& words, net::Family family,
                                        const std::string& pointer) {
  const bool iptables = syntax_of(words) == Syntax::iptables;
  Reader reader{words, family, pointer, iptables ? kIptablesWords : kNftWords};
  return iptables ? parse_iptables(reader) : parse_nft(reader);
}

}  // namespace patchbay::firewall
