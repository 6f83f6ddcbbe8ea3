// SPDX-License-Identifier: Apache-2.0
// Whether an attachment lives: every trace of it testifies, and in doubt it does.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/attach/record.hpp"
#include "common/ipam/index_entry.hpp"
#include "common/netlink/link.hpp"
#include "tools/patchbay/cache.hpp"

namespace patchbay::cli {

enum class Verdict : std::uint8_t {
  live,
  stale,    // provably of nobody that lives
  unknown,  // nothing tells: to be left alone
  foreign,  // not ours
};
std::string_view to_string(Verdict verdict);

struct Judgement {
  Verdict verdict = Verdict::unknown;
  std::string why;  // of what is not live
  bool operator==(const Judgement&) const = default;
};

struct Testimony {
  enum class Says : std::uint8_t { alive, dead, nothing } says = Says::nothing;
  std::string why;  // of `dead`
  bool operator==(const Testimony&) const = default;
};

// One that says alive outweighs all others; without any that says something, nothing is known.
Judgement judge(const std::vector<Testimony>& testimonies);

// What the machine says. Tests tell their own story.
struct Facts {
  std::string boot;
  os::FileTime now;
  std::function<bool(const os::NetnsId&, const std::string& path)> gone;  // provably
  // Which network namespace is at the path; nullopt: none. Throws when that cannot be told.
  std::function<std::optional<os::NetnsId>(const std::string& path)> netns_at;
  // Whether there is such an interface in that namespace; true when that cannot be told.
  std::function<bool(const std::string& path, const std::string& ifname)> has_interface;
  std::vector<netlink::Link> links;  // of the host
  bool keeps_records = true;         // otherwise nothing is proven by there being no record
};
const netlink::Link* find_link(const Facts& facts, const std::string& name);
// What the host end of an owner's cable may be called.
std::vector<std::string> host_names(const Owner& owner);

Testimony testify(const Facts& facts, const attach::Record& record);
// `proves`: boots and namespaces of this machine mean something to the store (Store::may_reclaim).
Testimony testify(const Facts& facts, const ipam::IndexEntry& entry, bool proves);
// `known`: the namespaces that records and index name for the same attachment.
Testimony testify(const Facts& facts, const CacheEntry& entry, const std::vector<os::NetnsId>& known);
// Of an end that carries the attachment's tag: a cable ends with either of its namespaces.
Testimony testify(const netlink::Link& host_end);

// The cable of this record is not there any more, at neither end, and no ADD can be about to make it: then
// nobody uses what the attachment had, whatever lives on. Says why; nullopt when it is not so. (It also proves
// a namespace gone whose number the kernel has given to a new one since.)
std::optional<std::string> why_unplugged(const Facts& facts, const attach::Records::File& file);

// Files that were written so long ago that nobody can still be at it, nor an ADD that began with them.
bool is_settled(const Facts& facts, const std::optional<os::FileTime>& written);

}  // namespace patchbay::cli
