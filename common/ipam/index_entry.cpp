// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/index_entry.hpp"

#include <charconv>

namespace patchbay::ipam {
namespace {

constexpr std::string_view kEnd = "end\n";

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// False when the value does not fit its key.
bool take(IndexEntry& entry, std::string_view key, std::string_view value) {
  if (key == "network") entry.owner.network = value;
  if (key == "container") entry.owner.container = value;
  if (key == "ifname") entry.owner.ifname = value;
  if (key == "boot") entry.boot = value;
  if (key == "netns") entry.netns_path = value;
  if (key == "netns-id") return (entry.netns = parse_netns_id(value)).has_value();
  if (key == "pid-namespace") {
    const auto number = parse_number(value);
    entry.pid_namespace = number.value_or(0);
    return number.has_value();
  }
  if (key == "address") {
    const auto ip = net::Ip::parse(value);
    if (ip) entry.addresses.push_back(*ip);
    return ip.has_value();
  }
  return true;
}

bool is_complete(const IndexEntry& entry) {
  return !entry.boot.empty() && !entry.owner.network.empty() && !entry.owner.container.empty() &&
         !entry.owner.ifname.empty() && !entry.addresses.empty();
}

}  // namespace

std::string to_string(const os::NetnsId& id) { return std::to_string(id.device) + ":" + std::to_string(id.inode); }

std::optional<os::NetnsId> parse_netns_id(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto device = parse_number(text.substr(0, colon));
  const auto inode = parse_number(text.substr(colon + 1));
  if (!device || !inode) return std::nullopt;
  return os::NetnsId{*device, *inode};
}

std::string IndexEntry::print() const {
  std::string text;
  const auto add = [&](std::string_view key, std::string_view value) {
    text.append(key).append(" ").append(value).append("\n");
  };
  add("network", owner.network);
  add("container", owner.container);
  add("ifname", owner.ifname);
  add("boot", boot);
  add("pid-namespace", std::to_string(pid_namespace));
  // A path with a newline in it does not fit a line; without its path no namespace is proven gone.
  if (netns && netns_path.find('\n') == std::string::npos) {
    add("netns", netns_path);
    add("netns-id", to_string(*netns));
  }
  for (const net::Ip& ip : addresses) add("address", ip.to_string());
  return text.append(kEnd);
}

bool IndexEntry::is_torn(std::string_view text) { return !text.ends_with(kEnd); }

std::optional<IndexEntry> IndexEntry::parse(std::string_view text) {
  IndexEntry entry;
  while (true) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line == kEnd.substr(0, kEnd.size() - 1)) break;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    if (!take(entry, line.substr(0, space), line.substr(space + 1))) return std::nullopt;
  }
  if (!is_complete(entry)) return std::nullopt;
  return entry;
}

}  // namespace patchbay::ipam
