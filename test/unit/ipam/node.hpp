// SPDX-License-Identifier: Apache-2.0
// A node that lives through a history, and a model of it: who is alive, where, and what can be proven of
// the others. Everything that must never happen, and everything that must be possible, is asked after
// every event.
#pragma once

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "common/ipam/store.hpp"
#include "test/unit/ipam/history.hpp"
#include "test/unit/ipam/store_files.hpp"
#include "test/unit/ipam/support.hpp"

namespace patchbay::test {

class Node {
 public:
  Node(std::string directory, std::uint32_t seed, std::string& story);

  // Throws std::runtime_error when the store and the model part.
  void live_through(const Event& event);
  // The end of the history: a reboot, after which the past stands in nobody's way, and then DEL and GC
  // of everything, after which nothing is left.
  void end();

 private:
  struct Attachment {
    std::vector<net::Ip> addresses;
    std::uint64_t inode = 0;  // of its namespace; 0: added by the reference suite
    bool damaged = false;     // its leases no longer say all of this
  };
  // An ADD of this boot: from where it was seen, so that one can tell whether its death can be proven.
  struct Attempt {
    std::uint64_t inode, view;
  };

  // --- what happens (node.cpp) -------------------------------------------------------------------------
  void add(const Owner& owner);
  void add_until(const Owner& owner, unsigned stroke);
  void del(const Owner& owner);
  void del_until(const Owner& owner, unsigned stroke);
  void check(const Owner& owner);
  void collect(const std::string& network);
  void reclaim(const std::string& network);
  void vanish(const Owner& owner);
  void reference_add(const Owner& owner);
  void reference_del(const Owner& owner);
  void empty_lease(const std::string& network);
  void set_aside(const std::string& network);
  void tear(const std::string& network);
  void reboot();
  void power_cut(const Owner& owner);
  void lose_power(const std::string& network, const StoreFiles::Files& before);

  // --- what must be so (node_model.cpp) ------------------------------------------------------------------
  void require_lives() const;
  void require_fresh(const Owner& owner, const std::vector<net::Ip>& addresses) const;
  void require_exhausted(const std::string& network) const;
  void require_refusal(const Owner& owner) const;
  void require_released(const Owner& owner, const Attachment& was) const;
  void require_collected(const std::string& network) const;
  [[nodiscard]] bool is_excused(const std::string& network, const net::Ip& ip) const;
  [[nodiscard]] bool is_in_use(const std::string& network, const net::Ip& ip) const;
  [[nodiscard]] bool may_be_alive(const Owner& owner) const;
  [[nodiscard]] bool may_be_claimed(const std::string& network) const;

  [[nodiscard]] ipam::Store store(const std::string& network) const;
  [[nodiscard]] StoreFiles files(const std::string& network) const { return {directory_, network}; }
  [[nodiscard]] bool is_known(const Owner& owner) const { return alive_.contains(owner) || half_.contains(owner); }
  void say(const std::string& line) { story_ += line + "\n"; }
  unsigned pick(unsigned count) { return std::uniform_int_distribution<unsigned>{0, count - 1}(random_); }
  // The step at which the coming call is killed; 0, mostly: it is not.
  unsigned stroke() { return pick(4) == 0 ? 1 + pick(24) : 0; }
  void bury(const Owner& owner);

  std::string directory_;
  std::string& story_;
  std::mt19937 random_;
  std::vector<ipam::RangeSet> sets_;
  std::uint64_t inode_ = 100;
  std::map<Owner, Attachment> alive_;
  std::map<Owner, std::uint64_t> half_;  // a call was killed: attached or not; their namespaces
  std::map<Owner, std::vector<Attempt>> attempts_;
  std::map<std::string, std::set<net::Ip>> beyond_proof_;  // whose traces were destroyed, by network
  std::set<std::string> unmarked_;                         // networks that a power cut took the boot marker of
};

std::string to_string(const Owner& owner);
std::string to_string(const std::vector<net::Ip>& addresses);
[[noreturn]] void wrong(const std::string& what);

}  // namespace patchbay::test
