// SPDX-License-Identifier: Apache-2.0
// Random lives of a node, checked against a model of who is alive: whatever happens - deaths without
// DEL, reboots, the reference suite taking turns, torn files, GC - no live address is ever freed or
// handed out twice, and what is provably dead stands in nobody's way.
#include <map>
#include <random>

#include "common/ipam/allocate.hpp"
#include "test/unit/ipam/support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using ipam::Store;

namespace {

constexpr unsigned kHistories = 10'000, kSteps = 16, kContainers = 7;

class Node {
 public:
  Node(std::string directory, unsigned seed) : directory_(std::move(directory)), random_(seed) {}

  void step() {
    const std::string container = "c" + std::to_string(pick(kContainers));
    switch (pick(12)) {
      case 0:
      case 1:
      case 2:
        add(container);
        break;
      case 3:
        reference_add(container);
        break;
      case 4:
        del(container);
        break;
      case 5:
        reference_del(container);
        break;
      case 6:
      case 7:
        forget(container);  // no DEL is sent
        break;
      case 8:
        store().reclaim_dead();
        break;
      case 9:
        collect();
        break;
      case 10:
        tear();
        break;
      default:
        rarely();
        break;
    }
    for (const auto& [name, address] : alive_) {
      if (content_of(path(address)) != name + "\r\neth0") FAIL(name << " has lost " << address.to_string());
    }
  }

  void end() {  // nothing is left that no DEL or GC could remove
    for (unsigned i = 0; i < kContainers; ++i) del("c" + std::to_string(i));
    collect();
    CHECK(store().taken().empty());
  }

 private:
  [[nodiscard]] Store store() const { return Store::open(directory_, "net", Machine::environment()); }
  [[nodiscard]] std::string path(const net::Ip& ip) const { return directory_ + "/net/" + ip.to_string(); }
  unsigned pick(unsigned count) { return std::uniform_int_distribution<unsigned>{0, count - 1}(random_); }

  void add(const std::string& container) {
    if (alive_.contains(container)) return;
    try {
      Store store = this->store();
      const auto tenant = Machine::tenant(container, ++inode_);
      const auto got = ipam::allocate(store, tenant, sets_, {}).at(0).address.ip;
      for (const auto& [name, address] : alive_) {
        if (address == got) FAIL(container << " got the address of " << name);
      }
      alive_[container] = got;
      inodes_[container] = inode_;
      views_[got] = Machine::pid_namespace;
    } catch (const Error& error) {
      if (error.code() == Code::address_unavailable) return;  // of an attachment whose death is not proven
      REQUIRE(error.code() == Code::pool_exhausted);
      for (const net::Ip& ip : all()) {
        if (!in_use(ip) && !in_doubt(ip)) FAIL(ip.to_string() << " is free, or its holder provably dead");
      }
    }
  }
  // The reference's ADD and DEL: lease files only.
  void reference_add(const std::string& container) {
    if (alive_.contains(container)) return;
    static_cast<void>(store());
    for (const net::Ip& ip : all()) {
      if (std::filesystem::exists(path(ip))) continue;
      std::ofstream{path(ip)} << container << "\r\neth0";
      alive_[container] = ip;
      inodes_.erase(container);
      views_[ip] = kReference;
      return;
    }
  }
  void reference_del(const std::string& container) {
    for (const net::Ip& ip : all()) {
      if (content_of(path(ip)) != container + "\r\neth0") continue;
      std::filesystem::remove(path(ip));
    }
    forget(container);
  }
  void del(const std::string& container) {
    store().release({"net", container, "eth0"});
    forget(container);
    const auto held = store().held_by({"net", container, "eth0"}, false);
    CHECK(held.empty());
  }
  void forget(const std::string& container) {
    if (inodes_.contains(container)) Machine::alive.erase({4, inodes_[container]});
    inodes_.erase(container);
    alive_.erase(container);
  }
  void collect() {
    Owners valid;
    for (const auto& [name, address] : alive_) valid.push_back({"net", name, "eth0"});
    store().keep_only(valid);
  }
  void tear() {
    static_cast<void>(store());
    const auto addresses = all();
    const net::Ip ip = addresses[pick(static_cast<unsigned>(addresses.size()))];
    if (!std::filesystem::exists(path(ip))) std::ofstream{path(ip)};
  }
  void rarely() {
    if (pick(2) == 0) {  // a reboot: nobody survives it
      Machine::boot += "+";
      while (!alive_.empty()) forget(alive_.begin()->first);
      std::erase_if(views_, [](const auto& one) { return one.second != kReference; });
    } else {  // leases are made and judged from different PID namespaces
      Machine::pid_namespace = 1 + pick(2);
    }
  }

  [[nodiscard]] bool in_use(const net::Ip& ip) const {
    return std::any_of(alive_.begin(), alive_.end(), [&](const auto& one) { return one.second == ip; });
  }
  // Whoever held it may have died, but from here nobody can prove that.
  [[nodiscard]] bool in_doubt(const net::Ip& ip) const {
    const auto view = views_.find(ip);
    return view != views_.end() && view->second != Machine::pid_namespace && std::filesystem::exists(path(ip));
  }
  [[nodiscard]] std::vector<net::Ip> all() const {
    std::vector<net::Ip> addresses;
    for (unsigned last = 2; last <= 6; ++last) addresses.push_back(ip("10.0.0.0").plus(last));
    return addresses;
  }

  std::string directory_;
  std::mt19937 random_;
  std::vector<ipam::RangeSet> sets_{set_of("10.0.0.0/29")};
  std::uint64_t inode_ = 100;
  std::map<std::string, net::Ip> alive_;         // who lives, and where
  std::map<std::string, std::uint64_t> inodes_;  // the namespaces of those that we have added
  static constexpr std::uint64_t kReference = 0;
  std::map<net::Ip, std::uint64_t> views_;  // the PID namespace from which its last lease was made
};

}  // namespace

TEST_CASE("no history frees a live address or hands it out twice") {
  // In memory where possible: a disk would take minutes.
  if (access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 0);
  const Scratch scratch;
  for (unsigned seed = 0; seed < kHistories; ++seed) {
    CAPTURE(seed);
    const Machine machine;
    const std::string directory = scratch / std::to_string(seed);
    Node node{directory, seed};
    for (unsigned i = 0; i < kSteps; ++i) node.step();
    node.end();
    std::filesystem::remove_all(directory);
  }
}
