// SPDX-License-Identifier: Apache-2.0
// What a node suffers.
#include <algorithm>
#include <filesystem>

#include "common/ipam/walk.hpp"
#include "test/unit/ipam/node.hpp"

namespace patchbay::test {

// The first address of the first set that has no lease; nothing when all have.
void Node::empty_lease(const std::string& network) {
  static_cast<void>(store(network));
  ipam::Walk walk{sets_.front(), std::nullopt};
  while (const auto candidate = walk.next()) {
    const std::string path = files(network).lease(candidate->ip);
    if (std::filesystem::exists(path)) continue;
    say("the reference is killed, and leaves " + candidate->ip.to_string() + " of " + network + " empty");
    return StoreFiles::write(path, {});
  }
}

void Node::set_aside(const std::string& network) {
  static_cast<void>(store(network));
  const net::Ip ip = sets_.front().front().end;
  const std::string path = files(network).lease(ip);
  if (std::filesystem::exists(path)) return;
  say(ip.to_string() + " of " + network + " is set aside");
  StoreFiles::write(path, {.content = "# printer", .mode = 0644});
}

// A failing disk, under somebody who lives: his lease, or what the index says of him, but never both, as
// then nothing could be known of him. (What an administrator removes, he wants to be free.)
void Node::tear(const std::string& network) {
  std::vector<Owner> whole;
  for (const auto& [owner, attached] : alive_) {
    const bool ours = attached.inode != 0 && StoreFiles::read(files(network).entry(owner)).has_value();
    if (owner.network == network && ours && !attached.damaged) whole.push_back(owner);
  }
  if (whole.empty()) return;
  const Owner owner = whole[pick(static_cast<unsigned>(whole.size()))];
  Attachment& attached = alive_.at(owner);
  const bool lease = pick(2) == 0;
  const net::Ip ip = attached.addresses.front();
  const std::string path = lease ? files(network).lease(ip) : files(network).entry(owner);
  const auto file = StoreFiles::read(path).value();
  const auto size = pick(static_cast<unsigned>(file.content.size()));
  switch (pick(3)) {
    case 0:
      StoreFiles::write(path, StoreFiles::shortened(file, size));
      break;
    case 1:
      StoreFiles::write(path, StoreFiles::zeroed(file));
      break;
    default:
      StoreFiles::write(path, StoreFiles::garbled(file));
      break;
  }
  const std::string now = StoreFiles::read(path)->content;
  say(std::string{lease ? "the lease" : "the index entry"} + " of " + to_string(owner) + " is damaged: " +
      std::to_string(now.size()) + " bytes, \"" + (now[0] == '\0' || now[0] < ' ' ? "" : now.substr(0, 12)) + "\"");
  attached.damaged = true;
  if (!lease) beyond_proof_[network].insert(attached.addresses.begin(), attached.addresses.end());
}

void Node::reboot() {
  Machine::boot += "+";
  Machine::alive.clear();
  alive_.clear();
  half_.clear();
  attempts_.clear();
  for (auto& [network, addresses] : beyond_proof_) {
    if (!unmarked_.contains(network)) addresses.clear();  // nothing of ours is of this boot
  }
  unmarked_.clear();
  say("the node is rebooted");
}

// A call, of which some changes reach the disk and some do not; then what lay on it is damaged.
void Node::power_cut(const Owner& owner) {
  const auto before = files(owner.network).all();
  switch (pick(3)) {
    case 0:
      if (!is_known(owner)) add_until(owner, 0);
      break;
    case 1:
      del_until(owner, 0);
      break;
    default:
      collect(owner.network);
      break;
  }
  say("the power goes");
  lose_power(owner.network, before);
  reboot();
  // Without the marker nobody knows that no lease is of this boot.
  const auto marker = StoreFiles::read(files(owner.network).marker());
  if (!marker || !marker->is_link) unmarked_.insert(owner.network);
}

void Node::lose_power(const std::string& network, const StoreFiles::Files& before) {
  const StoreFiles store = files(network);
  for (const auto& [path, file] : store.all()) {
    const auto old = before.find(path);
    if ((old == before.end() || old->second != file) && pick(2) == 0) store.revert(before, path);
  }
  for (const auto& [path, file] : before) {  // removed, but not yet on the disk
    if (!StoreFiles::read(path) && pick(2) == 0) StoreFiles::write(path, file);
  }
  for (const auto& [path, file] : store.all()) {
    if (file.is_link || pick(4) != 0) continue;
    switch (pick(3)) {
      case 0:
        StoreFiles::write(path, StoreFiles::shortened(file, pick(static_cast<unsigned>(file.content.size() + 1))));
        break;
      case 1:
        StoreFiles::write(path, StoreFiles::zeroed(file));
        break;
      default:
        StoreFiles::remove(path);
        break;
    }
    say("  " + path.substr(directory_.size() + 1) + " is lost or torn");
  }
}

}  // namespace patchbay::test
