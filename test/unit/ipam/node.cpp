// SPDX-License-Identifier: Apache-2.0
#include "test/unit/ipam/node.hpp"

#include <filesystem>
#include <stdexcept>

#include "common/ipam/allocate.hpp"
#include "common/ipam/walk.hpp"
#include "test/unit/ipam/doom.hpp"

namespace patchbay::test {
namespace {

using Kind = Event::Kind;
using ipam::Store;

// One ID is the beginning of another, as are interfaces': a lease that is cut short may read as somebody's.
constexpr std::array kContainers{"c1", "c10", "c2", "c3", "c4"};
constexpr std::array kInterfaces{"eth0", "eth0", "eth0", "eth1", "eth10"};
constexpr std::array kNetworks{"blue", "red", "red"};

struct Outcome {
  bool killed = false;
  std::optional<Error> error;
};

template <typename Call>
Outcome run_until(unsigned stroke, const Call& call) {
  const Doom doom{stroke};
  Outcome outcome;
  try {
    call();
  } catch (const Error& error) {
    outcome.error = error;
  }
  outcome.killed = doom.struck();
  return outcome;
}

std::string killed_text(unsigned stroke) { return stroke == 0 ? "" : ", killed at step " + std::to_string(stroke); }

}  // namespace

Node::Node(std::string directory, std::uint32_t seed, std::string& story)
    : directory_(std::move(directory)), story_(story), sets_{set_of("10.0.0.0/29")} {
  if (seed % 3 == 0) sets_.push_back(set_of("fd00::/125"));
}

Store Node::store(const std::string& network) const { return Store::open(directory_, network, Machine::environment()); }

void Node::live_through(const Event& event) {
  random_.seed(event.choices);
  const Owner owner{kNetworks[pick(kNetworks.size())], kContainers[pick(kContainers.size())],
                    kInterfaces[pick(kInterfaces.size())]};
  switch (event.kind) {
    case Kind::add:
      if (!is_known(owner)) add(owner);
      break;
    case Kind::del:
      del(owner);
      break;
    case Kind::check:
      check(owner);
      break;
    case Kind::collect:
      collect(owner.network);
      break;
    case Kind::reclaim:
      reclaim(owner.network);
      break;
    case Kind::vanish:
      vanish(owner);
      break;
    case Kind::reference_add:
      if (!is_known(owner)) reference_add(owner);
      break;
    case Kind::reference_del:
      reference_del(owner);
      break;
    case Kind::reference_killed:
      empty_lease(owner.network);
      break;
    case Kind::set_aside:
      set_aside(owner.network);
      break;
    case Kind::tear:
      tear(owner.network);
      break;
    case Kind::reboot:
      reboot();
      break;
    case Kind::power_cut:
      power_cut(owner);
      break;
    case Kind::other_view:
      Machine::pid_namespace = 1 + pick(2);
      say("we are in PID namespace " + std::to_string(Machine::pid_namespace));
      break;
  }
  require_lives();
}

void Node::add(const Owner& owner) { add_until(owner, stroke()); }

void Node::add_until(const Owner& owner, unsigned stroke) {
  Attachment attached{.addresses = {}, .inode = ++inode_};
  const ipam::Tenant tenant{owner, "/run/netns/x", os::NetnsId{4, attached.inode}};
  Machine::alive.insert(*tenant.netns);
  const Outcome outcome = run_until(stroke, [&] {
    Store store = this->store(owner.network);
    for (const auto& one : ipam::allocate(store, tenant, sets_, {})) attached.addresses.push_back(one.address.ip);
  });
  say("ADD " + to_string(owner) + killed_text(stroke) + ": " +
      (outcome.error ? outcome.error->summary() : to_string(attached.addresses)));
  if (!outcome.error) {
    require_fresh(owner, attached.addresses);
    alive_[owner] = attached;
  } else if (outcome.killed) {
    half_[owner] = attached.inode;
  } else {
    Machine::alive.erase(*tenant.netns);
    if (outcome.error->code() == Code::address_unavailable) return require_refusal(owner);
    if (outcome.error->code() == Code::pool_exhausted) return require_exhausted(owner.network);
    wrong("ADD failed");
  }
  attempts_[owner].push_back({attached.inode, Machine::pid_namespace});
}

void Node::bury(const Owner& owner) {
  if (const auto at = alive_.find(owner); at != alive_.end()) Machine::alive.erase({4, at->second.inode});
  if (const auto at = half_.find(owner); at != half_.end()) Machine::alive.erase({4, at->second});
  alive_.erase(owner);
  half_.erase(owner);
}

void Node::del(const Owner& owner) { del_until(owner, stroke()); }

void Node::del_until(const Owner& owner, unsigned stroke) {
  const Attachment was = alive_.contains(owner) ? alive_[owner] : Attachment{};
  const Outcome outcome = run_until(stroke, [&] {
    if (auto store = Store::find(directory_, owner.network, Machine::environment())) store->release(owner);
  });
  say("DEL " + to_string(owner) + killed_text(stroke) + (outcome.error ? ": " + outcome.error->summary() : ""));
  if (outcome.error && !outcome.killed) wrong("DEL failed");
  if (outcome.error) {  // the runtime has given the container up all the same
    if (alive_.erase(owner) > 0) half_[owner] = was.inode;
    return;
  }
  bury(owner);
  attempts_.erase(owner);
  require_released(owner, was);
}

void Node::check(const Owner& owner) {
  const auto at = alive_.find(owner);
  const auto store = Store::find(directory_, owner.network, Machine::environment());
  if (at == alive_.end() || at->second.damaged) return;
  auto held = store ? store->held_by(owner, true) : std::vector<net::Ip>{};
  std::sort(held.begin(), held.end());
  say("CHECK " + to_string(owner) + ": " + to_string(held));
  if (held != at->second.addresses) wrong("CHECK does not find what ADD handed out");
}

void Node::collect(const std::string& network) {
  Owners valid;
  for (const auto& [owner, attached] : alive_) {
    if (owner.network == network) valid.push_back(owner);
  }
  const unsigned stroke = this->stroke();
  const Outcome outcome = run_until(stroke, [&] { store(network).keep_only(valid); });
  say("GC of " + network + killed_text(stroke) + (outcome.error ? ": " + outcome.error->summary() : ""));
  if (outcome.error && !outcome.killed) wrong("GC failed");
  if (outcome.killed) return;
  std::erase_if(half_, [&](const auto& one) { return one.first.network == network; });
  std::erase_if(attempts_,
                [&](const auto& one) { return one.first.network == network && !alive_.contains(one.first); });
  unmarked_.erase(network);
  require_collected(network);
}

void Node::reclaim(const std::string& network) {
  const unsigned stroke = this->stroke();
  const Outcome outcome = run_until(stroke, [&] { store(network).reclaim_dead(); });
  say("the dead of " + network + " are reclaimed" + killed_text(stroke));
  if (outcome.error && !outcome.killed) wrong("reclaiming failed: " + outcome.error->summary());
}

void Node::vanish(const Owner& owner) {
  if (!is_known(owner)) return;
  say(to_string(owner) + " is gone, without DEL");
  bury(owner);
}

void Node::reference_add(const Owner& owner) {
  static_cast<void>(store(owner.network));
  for (const auto& [path, file] : files(owner.network).all()) {  // it refuses as well
    if (file.content == owner.container + "\r\n" + owner.ifname || file.content == owner.container) return;
  }
  Attachment attached;
  for (const ipam::RangeSet& set : sets_) {
    ipam::Walk walk{set, std::nullopt};
    auto candidate = walk.next();
    while (candidate && std::filesystem::exists(files(owner.network).lease(candidate->ip))) candidate = walk.next();
    if (!candidate) return;
    attached.addresses.push_back(candidate->ip);
  }
  for (const net::Ip& ip : attached.addresses) {
    StoreFiles::write(files(owner.network).lease(ip), {.content = owner.container + "\r\n" + owner.ifname});
  }
  say("the reference's ADD " + to_string(owner) + ": " + to_string(attached.addresses));
  alive_[owner] = attached;
}

void Node::reference_del(const Owner& owner) {
  for (const auto& [path, file] : files(owner.network).all()) {
    if (file.content == owner.container + "\r\n" + owner.ifname) StoreFiles::remove(path);
  }
  say("the reference's DEL " + to_string(owner));
  bury(owner);
}

}  // namespace patchbay::test
