// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/node/verdict.hpp"

#include <algorithm>

#include "common/base/error.hpp"

namespace patchbay::cli {
namespace {

using Says = Testimony::Says;

// Longer than any ADD takes, with all that it waits for.
constexpr std::chrono::minutes kSettling{3};

Testimony alive() { return {Says::alive, {}}; }
Testimony nothing() { return {Says::nothing, {}}; }
Testimony dead(std::string why) { return {Says::dead, std::move(why)}; }

std::string gone_text(const std::string& path) {
  return path.empty() ? "its network namespace is gone" : "network namespace " + path + " is gone";
}

Testimony by_namespace(const Facts& facts, const std::string& boot, const std::optional<os::NetnsId>& netns,
                       const std::string& path) {
  if (boot != facts.boot) return dead("of another boot");
  if (!netns) return nothing();
  return facts.gone(*netns, path) ? dead(gone_text(path)) : alive();
}

// The host's interfaces of a result are a bridge, perhaps, and the cable's end. That a namespace has gone
// from its path proves little; that its cable has gone with it, enough.
bool cable_is_gone(const Facts& facts, const contract::Json& result) {
  bool any_absent = false;
  for (const contract::Json& interface : result.list("interfaces")) {
    if (!interface.text_or("sandbox", "").empty()) continue;
    const netlink::Link* link = find_link(facts, interface.text_or("name", ""));
    if (link != nullptr && link->kind != "bridge" && link->kind != "vlan") return false;
    any_absent = any_absent || link == nullptr;
  }
  return any_absent;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::live:
      return "live";
    case Verdict::stale:
      return "stale";
    case Verdict::unknown:
      return "unknown";
    case Verdict::foreign:
      break;
  }
  return "foreign";
}

Judgement judge(const std::vector<Testimony>& testimonies) {
  const auto find = [&](Says says) { return std::ranges::find(testimonies, says, &Testimony::says); };
  if (find(Says::alive) != testimonies.end()) return {Verdict::live, {}};
  const auto death = find(Says::dead);
  if (death != testimonies.end()) return {Verdict::stale, death->why};
  return {Verdict::unknown, "nothing tells whether its container lives"};
}

std::vector<std::string> host_names(const Owner& owner) {
  constexpr unsigned kCandidates = 8;  // as many as ADD tries
  std::vector<std::string> names;
  for (unsigned candidate = 0; candidate < kCandidates; ++candidate) names.push_back(owner.host_ifname(candidate));
  return names;
}

const netlink::Link* find_link(const Facts& facts, const std::string& name) {
  const auto found = std::ranges::find(facts.links, name, &netlink::Link::name);
  return found == facts.links.end() ? nullptr : &*found;
}

Testimony testify(const Facts& facts, const attach::Record& record) {
  return by_namespace(facts, record.boot, record.netns, record.netns_path);
}

Testimony testify(const Facts& facts, const ipam::IndexEntry& entry, bool proves) {
  return proves ? by_namespace(facts, entry.boot, entry.netns, entry.netns_path) : nothing();
}

Testimony testify(const Facts& facts, const CacheEntry& entry, const std::vector<os::NetnsId>& known) {
  const auto& [owner, path, args, capabilities] = entry.attachment;
  if (path.empty()) return nothing();
  try {
    const auto there = facts.netns_at(path);
    if (there) {
      const bool is_another = !known.empty() && std::ranges::find(known, *there) == known.end();
      return is_another && !facts.has_interface(path, owner.ifname) ? nothing() : alive();
    }
    return entry.result && cable_is_gone(facts, *entry.result) ? dead(gone_text(path)) : nothing();
  } catch (const Error&) {
    return alive();  // in doubt
  }
}

Testimony testify(const netlink::Link& host_end) { return host_end.peer_elsewhere ? alive() : nothing(); }

std::optional<std::string> why_unplugged(const Facts& facts, const attach::Records::File& file) {
  const attach::Record& record = *file.record;
  if (record.host_ifname.empty() || record.netns_path.empty() || !record.cable.empty()) return std::nullopt;
  const std::string tag = record.owner.tag();
  const auto names = host_names(record.owner);
  const bool has_host_end = std::ranges::any_of(facts.links, [&](const netlink::Link& link) {
    return link.alias == tag || link.name == record.host_ifname || std::ranges::find(names, link.name) != names.end();
  });
  if (has_host_end) return std::nullopt;
  try {
    if (!facts.netns_at(record.netns_path)) return gone_text(record.netns_path);
    const bool is_inside = facts.has_interface(record.netns_path, record.owner.ifname);
    return is_settled(facts, file.written) && !is_inside ? std::optional{"its interface is gone"} : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // in doubt
  }
}

bool is_settled(const Facts& facts, const std::optional<os::FileTime>& written) {
  return written && facts.now - *written > kSettling;
}

}  // namespace patchbay::cli
