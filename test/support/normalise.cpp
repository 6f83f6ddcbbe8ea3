// SPDX-License-Identifier: Apache-2.0
#include "test/support/normalise.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace patchbay::test::normalise {

namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;

Lines split(const std::string& text) {
  std::istringstream in{text};
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string join(const Lines& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

std::string sorted(Lines lines) {
  std::sort(lines.begin(), lines.end());
  return join(lines);
}

json parse(const std::string& text) {
  if (text.find_first_not_of(" \n") == std::string::npos) return json::array();
  auto parsed = json::parse(text, nullptr, false);
  if (!parsed.is_array()) throw std::runtime_error{"no JSON array: " + text};
  return parsed;
}

// Numbers given by chance, counters and timers; and carrier, which the kernel reports up to a second
// late (net/core/link_watch.c), with all that depends on it.
const std::set<std::string> kVolatile{"ifindex",
                                      "tso_max_size",  // of a bridge: whatever its ports left it
                                      "tso_max_segs",
                                      "link_index",
                                      "link_netnsid",
                                      "stats",
                                      "stats64",
                                      "operstate",
                                      "valid_life_time",
                                      "preferred_life_time",
                                      "tentative",
                                      "hello_timer",
                                      "tcn_timer",
                                      "topology_change_timer",
                                      "gc_timer",
                                      "topology_change",
                                      "topology_change_detected",
                                      "message_age_timer",
                                      "forward_delay_timer",
                                      "hold_timer",
                                      "designated_port",
                                      "designated_cost",
                                      "no",
                                      "id",
                                      "expires",
                                      "used",
                                      "age",
                                      "handle"};
const std::set<std::string> kVolatileFlags{"NO-CARRIER", "LOWER_UP", "M-DOWN", "RUNNING", "linkdown", "dead"};

void strip(json& value) {
  if (value.is_array())
    for (auto& element : value) strip(element);
  if (!value.is_object()) return;
  for (const auto& key : kVolatile) value.erase(key);
  if (const auto qdisc = value.value("qdisc", json{}); qdisc == "noop" || qdisc == "noqueue") value.erase("qdisc");
  if (value.contains("info_slave_data")) value["info_slave_data"].erase("state");
  if (value.contains("flags"))
    std::erase_if(value["flags"].get_ref<json::array_t&>(), [](const json& flag) {
      return flag.is_string() && kVolatileFlags.contains(flag.get<std::string>());
    });
  for (auto& [key, element] : value.items()) strip(element);
}

std::string line_of(json object) {
  strip(object);
  return object.dump();
}

bool is_link_local(const json& object, const char* key) {
  return object.value(key, std::string{}).starts_with("fe80:");
}

// Made by the kernel for an IPv6 address or interface, some of it by a worker, later.
bool follows_from_address(const json& route) {
  const auto type = route.value("type", std::string{});
  const bool v6 = route.value("dst", std::string{}).find(':') != std::string::npos;
  return is_link_local(route, "dst") || type == "multicast" || (v6 && (type == "local" || type == "anycast"));
}

// Where the text in `open` braces ends; quoted braces do not count.
std::size_t closing_brace(const std::string& text, std::size_t from) {
  bool quoted = false;
  for (auto at = from; at < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (text[at] == '}' && !quoted) return at;
  }
  throw std::runtime_error{"unbalanced ruleset:\n" + text};
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\n");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

Lines elements(const std::string& text) {
  Lines all{""};
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) {
      all.emplace_back();
    } else {
      all.back() += c;
    }
  }
  std::transform(all.begin(), all.end(), all.begin(), trimmed);
  std::sort(all.begin(), all.end());
  return all;
}

// A hash set lists its elements in any order: one line each, sorted.
std::string with_sorted_elements(std::string ruleset) {
  const std::string opening = "elements = {";
  for (auto at = ruleset.find(opening); at != std::string::npos; at = ruleset.find(opening, at)) {
    const auto end = closing_brace(ruleset, at + opening.size());
    std::string lines;
    for (const auto& element : elements(ruleset.substr(at + opening.size(), end - at - opening.size())))
      lines += "\n\t\telement " + element;
    ruleset.replace(at, end + 1 - at, lines);
    at += lines.size();
  }
  return ruleset;
}

// ":INPUT ACCEPT [0:0]" says nothing; ":CNI-X - [0:0]" says that the chain is there.
bool is_untouched_chain(const std::string& line) {
  return line.starts_with(':') && line.find(" ACCEPT ") != std::string::npos;
}

}  // namespace

std::string objects(const std::string& text) {
  Lines lines;
  for (const auto& object : parse(text)) {
    const auto kind = object.value("kind", std::string{});
    if (kind != "noop" && kind != "noqueue") lines.push_back(line_of(object));
  }
  return sorted(lines);
}

std::string addresses(const std::string& text) {
  Lines lines;
  for (const auto& link : parse(text))
    for (const auto& address : link.value("addr_info", json::array()))
      if (!address.empty() && !is_link_local(address, "local"))
        lines.push_back(link.value("ifname", std::string{}) + " " + line_of(address));
  return sorted(lines);
}

std::string routes(const std::string& text) {
  Lines lines;
  for (const auto& route : parse(text))
    if (!follows_from_address(route)) lines.push_back(line_of(route));
  return sorted(lines);
}

std::string nft(const std::string& ruleset) {
  std::vector<Lines> blocks;  // each with its name in front of every line
  std::string table, block;
  for (const auto& line : split(with_sorted_elements(ruleset))) {
    const auto text = trimmed(line);
    if (text.empty() || text == "}" || text.starts_with('#')) continue;
    const bool opens = text.ends_with(" {");
    const auto name = opens ? text.substr(0, text.size() - 2) : text;
    if (opens && !line.starts_with('\t')) {
      block = table = name;
      blocks.push_back({table});
    } else if (opens) {
      block = table + " / " + name;
      blocks.push_back({block});
    } else {
      blocks.back().push_back(block + " / " + text);
    }
  }
  std::sort(blocks.begin(), blocks.end());
  std::string all;
  for (const auto& lines : blocks) all += join(lines);
  return all;
}

std::string iptables(const std::string& save) {
  std::string table;
  Lines lines;
  for (const auto& line : split(save)) {
    if (line.starts_with('*')) table = line.substr(1);
    if (line.empty() || line.starts_with('#') || line.starts_with('*') || line == "COMMIT") continue;
    if (!is_untouched_chain(line)) lines.push_back(table + " " + line.substr(0, line.rfind(" [")));
  }
  return join(lines);
}

std::string conntrack(const std::string& list) {
  Lines lines;
  for (const auto& line : split(list)) {
    std::istringstream words{line};
    std::string entry, word;
    words >> entry;
    while (words >> word)
      if (word.find('=') != std::string::npos && !word.starts_with("use=") && !word.starts_with("id="))
        entry += " " + word;
    if (!entry.empty()) lines.push_back(entry);
  }
  return sorted(lines);
}

}  // namespace patchbay::test::normalise
