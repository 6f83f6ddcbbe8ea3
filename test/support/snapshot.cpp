// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "test/support/normalise.hpp"
#include "test/support/state.hpp"

namespace patchbay::test {

namespace {

namespace fs = std::filesystem;
using Snapshot = std::map<std::string, std::string>;

struct Topic {
  const char* name;
  const char* command;
  std::string (*normalise)(const std::string& output);
};

// A legacy table comes into being when somebody looks at it: only those that are there already.
// nft speaks of tables of the nf_tables iptables as well.
const std::array kTopics{
    Topic{"links", "ip -j -d link show", normalise::objects},
    Topic{"addresses", "ip -j addr show", normalise::addresses},
    Topic{"routes", "ip -j -4 route show table all", normalise::routes},
    Topic{"routes6", "ip -j -6 route show table all", normalise::routes},
    Topic{"rules", "ip -j -4 rule show", normalise::objects},
    Topic{"rules6", "ip -j -6 rule show", normalise::objects},
    Topic{"neighbours", "ip -j neigh show nud permanent", normalise::objects},
    Topic{"proxies", "ip -j neigh show proxy", normalise::objects},
    Topic{"queues", "tc -j qdisc show", normalise::objects},
    Topic{"vlans", "bridge -j vlan show", normalise::objects},
    Topic{"nft", "nft -s list ruleset || ! nft --check add table ip probe 2>/dev/null", normalise::nft},
    Topic{"iptables", "! grep -qs . /proc/net/ip_tables_names || iptables-legacy-save", normalise::iptables},
    Topic{"ip6tables", "! grep -qs . /proc/net/ip6_tables_names || ip6tables-legacy-save", normalise::iptables},
    // Of UDP: a stale one would swallow what is meant for the next owner of the port.
    Topic{"forwarded connections",
          "conntrack -L -f ipv4 -p udp -g 2>/dev/null && conntrack -L -f ipv6 -p udp -g 2>/dev/null",
          normalise::conntrack},
};

constexpr char kSeparator = '\036';

// One shell for all commands; the first that fails fails the test.
std::string script() {
  std::string text;
  for (const auto& topic : kTopics)
    text += std::string{"{ "} + topic.command + "; } || { echo '" + topic.name +
            " cannot be read' >&2; exit 1; }; printf '\\036'\n";
  return text;
}

// Not leases: locks, the allocator's memory, the boot that it remembers.
bool is_bookkeeping(const fs::path& file) {
  const auto name = file.filename().string();
  return name == "lock" || name == "boot" || name.ends_with(".lock") || name.starts_with("last_reserved_ip.");
}

std::string content(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

void add_files(Snapshot& all, const char* root) {
  if (!fs::exists(root)) return;
  for (const auto& entry : fs::recursive_directory_iterator{root})
    if (!entry.is_directory() && !is_bookkeeping(entry.path()))
      all["file " + entry.path().string()] = entry.is_regular_file() ? content(entry.path()) : "(no regular file)";
}

void add_namespace(Snapshot& all, const std::string& name, const std::string& output) {
  std::istringstream sections{output};
  for (const auto& topic : kTopics) {
    std::string section;
    if (!std::getline(sections, section, kSeparator)) throw std::runtime_error{"snapshot of " + name + " is cut short"};
    const auto text = topic.normalise(section);
    if (!text.empty()) all[(name.empty() ? "host" : name) + " " + topic.name] = text;
  }
}

std::multiset<std::string> lines_of(const Snapshot& snapshot, const std::string& topic) {
  std::multiset<std::string> lines;
  const auto found = snapshot.find(topic);
  std::istringstream text{found == snapshot.end() ? "" : found->second};
  for (std::string line; std::getline(text, line);) lines.insert(line);
  return lines;
}

std::string lines_missing(const std::multiset<std::string>& here, const std::multiset<std::string>& there,
                          const char* sign) {
  std::string text;
  std::vector<std::string> only;
  std::set_difference(here.begin(), here.end(), there.begin(), there.end(), std::back_inserter(only));
  for (const auto& line : only) text += sign + line + "\n";
  return text;
}

}  // namespace

std::map<std::string, std::string> World::snapshot() {
  std::set<std::string> names;
  {
    const std::lock_guard lock{state_->mutex};
    names = state_->namespaces;
  }
  names.insert("");
  Snapshot all;
  for (const auto& name : names) add_namespace(all, name, sh_in(name, script()));
  add_files(all, "/run/patchbay");
  add_files(all, "/var/lib/cni");
  return all;
}

std::string difference(const Snapshot& before, const Snapshot& after) {
  std::set<std::string> topics;
  for (const auto& [topic, text] : before) topics.insert(topic);
  for (const auto& [topic, text] : after) topics.insert(topic);
  std::string all;
  for (const auto& topic : topics) {
    const auto old_lines = lines_of(before, topic), new_lines = lines_of(after, topic);
    auto text = lines_missing(old_lines, new_lines, "- ") + lines_missing(new_lines, old_lines, "+ ");
    const auto was = before.find(topic), is = after.find(topic);
    const bool both = was != before.end() && is != after.end();
    if (text.empty() && both && was->second != is->second) text = "in another order, now:\n" + is->second;
    if (text.empty() && !both) text = was == before.end() ? "+ (empty)\n" : "- (empty)\n";
    if (!text.empty()) all += topic + ":\n" + text;
  }
  return all;
}

}  // namespace patchbay::test
