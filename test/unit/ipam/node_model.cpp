// SPDX-License-Identifier: Apache-2.0
// What must be so after every event of a history, and in its end.
#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "common/ipam/allocate.hpp"
#include "common/ipam/lease_file.hpp"
#include "common/ipam/walk.hpp"
#include "test/unit/ipam/node.hpp"

namespace patchbay::test {
namespace {

using ipam::LeaseFile;

constexpr const char* kNetworks[] = {"blue", "red"};

}  // namespace

std::string to_string(const Owner& owner) { return owner.tag(); }

std::string to_string(const std::vector<net::Ip>& addresses) {
  std::string text;
  for (const net::Ip& ip : addresses) text += (text.empty() ? "" : ", ") + ip.to_string();
  return text.empty() ? "nothing" : text;
}

void wrong(const std::string& what) { throw std::runtime_error{what}; }

// Nobody loses his lease.
void Node::require_lives() const {
  for (const auto& [owner, attached] : alive_) {
    if (attached.damaged) continue;
    for (const net::Ip& ip : attached.addresses) {
      const auto file = StoreFiles::read(files(owner.network).lease(ip));
      if (!file || file->content != owner.container + "\r\n" + owner.ifname) {
        wrong(to_string(owner) + " has lost " + ip.to_string());
      }
    }
  }
}

bool Node::is_in_use(const std::string& network, const net::Ip& ip) const {
  return std::any_of(alive_.begin(), alive_.end(), [&](const auto& one) {
    const auto& addresses = one.second.addresses;
    return one.first.network == network && std::find(addresses.begin(), addresses.end(), ip) != addresses.end();
  });
}

// No address is handed out twice.
void Node::require_fresh(const Owner& owner, const std::vector<net::Ip>& addresses) const {
  for (const net::Ip& ip : addresses) {
    if (is_in_use(owner.network, ip)) wrong("ADD handed out " + ip.to_string() + ", which is in use");
  }
}

// Some call of this boot made it, and whoever has it lives, or cannot be proven dead from here.
bool Node::may_be_alive(const Owner& owner) const {
  const auto known = attempts_.find(owner);
  return known != attempts_.end() && std::any_of(known->second.begin(), known->second.end(), [](const Attempt& it) {
           return Machine::alive.contains({4, it.inode}) || it.view != Machine::pid_namespace;
         });
}

bool Node::may_be_claimed(const std::string& network) const {
  return std::any_of(attempts_.begin(), attempts_.end(),
                     [&](const auto& one) { return one.first.network == network && may_be_alive(one.first); });
}

// There is a reason why this address may not be handed out.
bool Node::is_excused(const std::string& network, const net::Ip& ip) const {
  const auto file = StoreFiles::read(files(network).lease(ip));
  if (!file) return false;
  if (is_in_use(network, ip)) return true;
  const LeaseFile lease = LeaseFile::parse(file->content);
  if (lease.kind == LeaseFile::Kind::torn) return may_be_claimed(network);
  if (file->mode != ipam::kLeaseMode) return true;  // the reference's, and nobody can know; or set aside
  const auto lost = beyond_proof_.find(network);
  if (unmarked_.contains(network) || (lost != beyond_proof_.end() && lost->second.contains(ip))) return true;
  const Owner named{network, lease.container, lease.ifname};
  return attempts_.contains(named) ? may_be_alive(named) : may_be_claimed(network);  // unless it has been cut short
}

// What is provably dead stands in nobody's way.
void Node::require_exhausted(const std::string& network) const {
  std::string free;
  for (const ipam::RangeSet& set : sets_) {
    bool all_excused = true;
    ipam::Walk walk{set, std::nullopt};
    while (const auto candidate = walk.next()) {
      if (is_excused(network, candidate->ip)) continue;
      all_excused = false;
      free += " " + candidate->ip.to_string();
    }
    if (all_excused) return;
  }
  wrong("ADD found none, though nobody who may be alive has" + free);
}

void Node::require_refusal(const Owner& owner) const {
  if (!may_be_alive(owner)) wrong("ADD was refused for the sake of a predecessor who is dead");
}

// DEL leaves nothing. But an attachment of ours does not look for what the reference suite had leased to
// the same before, and never heard of again (docs/adr/0005-lease-store.md).
void Node::require_released(const Owner& owner, const Attachment& was) const {
  const auto store = ipam::Store::find(directory_, owner.network, Machine::environment());
  for (const net::Ip& ip : store ? store->held_by(owner, true) : std::vector<net::Ip>{}) {
    const auto lease = StoreFiles::read(files(owner.network).lease(ip));
    const bool nameless = LeaseFile::parse(lease->content).kind == LeaseFile::Kind::legacy;  // one that was cut short
    const bool of_reference = !was.addresses.empty() && was.inode == 0;
    if (lease->mode == ipam::kLeaseMode || (of_reference && !nameless)) wrong("DEL left the lease " + ip.to_string());
  }
  if (StoreFiles::read(files(owner.network).entry(owner))) wrong("DEL left an index entry");
  const auto lost = beyond_proof_.find(owner.network);
  for (const net::Ip& ip : was.addresses) {
    const bool has_proof = lost == beyond_proof_.end() || !lost->second.contains(ip);
    const auto lease = StoreFiles::read(files(owner.network).lease(ip));
    if (lease && has_proof && !may_be_claimed(owner.network)) wrong("DEL left " + ip.to_string());
  }
}

// GC leaves what is valid, and what is not for us to take: that which is set aside, or reads like it.
void Node::require_collected(const std::string& network) const {
  for (const auto& [path, file] : files(network).all()) {
    const auto ip = net::Ip::parse(std::filesystem::path{path}.filename().string());
    if (!ip || is_in_use(network, *ip)) continue;
    const LeaseFile lease = LeaseFile::parse(file.content);
    // All that names somebody valid is his, even if he has more than he uses.
    const bool of_valid = std::any_of(alive_.begin(), alive_.end(), [&](const auto& one) {
      const bool nameless = lease.kind == LeaseFile::Kind::legacy;
      return one.first.network == network && one.first.container == lease.container &&
             (nameless || one.first.ifname == lease.ifname);
    });
    // And what is torn may be his.
    const bool may_be_his = lease.kind == LeaseFile::Kind::torn && may_be_claimed(network);
    if (lease.kind != LeaseFile::Kind::other && !of_valid && !may_be_his) wrong("GC left " + ip->to_string());
  }
}

void Node::end() {
  reboot();
  for (const std::string network : kNetworks) store(network).reclaim_dead();
  reboot();  // where a power cut took the boot marker, the one before has set it again
  for (const std::string network : kNetworks) {
    const Owner last{network, "last", "eth0"};
    add_until(last, 0);
    for (const auto& [path, file] : files(network).all()) {
      const auto ip = net::Ip::parse(std::filesystem::path{path}.filename().string());
      const bool past = ip && file.mode == ipam::kLeaseMode && !is_in_use(network, *ip);
      const bool garbled = LeaseFile::parse(file.content).kind == LeaseFile::Kind::other;
      if (past && !garbled) wrong("the past still has " + ip->to_string());
    }
    del_until(last, 0);
    store(network).keep_only({});
    require_collected(network);
    for (const auto& [path, file] : files(network).all()) {
      const std::string name = std::filesystem::path{path}.filename();
      const bool stays = name == "lock" || name == "boot" || name.starts_with("last_reserved_ip.");
      if (!stays && LeaseFile::parse(file.content).kind != LeaseFile::Kind::other) wrong(path + " is left over");
    }
  }
}

}  // namespace patchbay::test
