// SPDX-License-Identifier: Apache-2.0
// Leases on disk, in the reference suite's format, so that either suite can take over a node:
//
//   <dataDir>/<network>/lock                 flock(2), mode 0750
//   <dataDir>/<network>/10.1.2.3             "<container>\r\n<ifname>"; legacy: "<container>". Mode 0400
//                                            for ours, which nobody ever changes; the reference's: 0600
//   <dataDir>/<network>/last_reserved_ip.0   the last address handed out of range set 0
//
// and beside it, where the reference never looks, what it lacks:
//
//   <dataDir>/.patchbay/<network>/<owner.file_name()>   index entry: boot ID, netns path and identity,
//                                                       owner in clear, addresses held (index_entry.hpp)
//   <dataDir>/.patchbay/<network>/boot                  a link to the ID of the boot in which dead leases
//                                                       were last reclaimed
//
// The index makes ADD and DEL independent of the number of leases. It is a hint, never an
// authority: an address belongs to whom its lease file names. docs/adr/0005-lease-store.md
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/owner.hpp"
#include "common/ipam/detail/last_address.hpp"
#include "common/ipam/index_entry.hpp"
#include "common/ipam/lease_file.hpp"
#include "common/ipam/namespaces.hpp"
#include "common/net/ip.hpp"
#include "common/os/file.hpp"
#include "common/os/netns.hpp"

namespace patchbay::ipam {

// What a lease is for, beyond its owner: what proves later that it is dead.
struct Tenant {
  Owner owner;
  std::string netns_path;
  std::optional<os::NetnsId> netns;  // nullopt: not known (no CNI_NETNS)
};

// What the machine says about life and death. Tests tell their own story.
struct Environment {
  std::string (*boot_id)() = os::boot_id;
  std::uint64_t (*pid_namespace)() = own_pid_namespace;
  bool (*provably_gone)(const os::NetnsId&, const std::string& path) = nullptr;  // nullptr: an os::NetnsCensus
  std::optional<os::NetnsId> (*namespace_at)(const std::string& path) = ipam::namespace_at;
};

class Store {
 public:
  // Takes the lock (5 s, then try_again naming the holder) and holds it until destruction.
  // `find` (DEL, CHECK, GC, STATUS): nullopt when the network has no store; nothing is created.
  static Store open(const std::string& data_dir, const std::string& network, const Environment& environment = {});
  static std::optional<Store> find(const std::string& data_dir, const std::string& network,
                                   const Environment& environment = {});
  // The networks that have a store in there.
  static std::vector<std::string> networks(const std::string& data_dir);

  // --- one address ---------------------------------------------------------------------------------
  struct Lease {
    net::Ip ip;
    std::string container, ifname;  // ifname empty: legacy
  };
  // One system call. A torn lease (empty) is nobody's, so its address is free - unless the index knows
  // somebody who may be alive and says that it is his.
  [[nodiscard]] bool is_free(const net::Ip& ip) const;
  [[nodiscard]] std::optional<Lease> lease(const net::Ip& ip) const;  // who holds it
  [[nodiscard]] std::optional<net::Ip> last_reserved(std::size_t set_index);

  // --- one attachment ------------------------------------------------------------------------------
  struct Claim {
    net::Ip ip;
    std::size_t set_index;
  };
  // What the index knows of an owner; the whole truth only when all that it says is true.
  struct Holdings {
    std::optional<IndexEntry> entry;
    std::vector<net::Ip> addresses;  // those of the entry that are its owner's
    bool complete = false;
  };
  [[nodiscard]] Holdings holdings(const Owner& owner) const;  // one read, and one per address
  // All or none. Throws try_again when one of them is not free. `previous` is what the index says of
  // the tenant, for who has asked already.
  void reserve(const Tenant& tenant, const std::vector<Claim>& claims, const std::optional<IndexEntry>& previous);
  void reserve(const Tenant& tenant, const std::vector<Claim>& claims);
  // Addresses held by this owner, by index or, for leases of the reference suite, by scanning.
  // `scan` false: only what the index knows.
  [[nodiscard]] std::vector<net::Ip> held_by(const Owner& owner, bool scan) const;
  // By the index: what this owner holds is left over from another boot, or from a namespace that is gone.
  [[nodiscard]] bool is_dead(const Owner& owner) const;
  // Addresses of the entry, and of nobody else's, whose leases are damaged: torn, or ours without telling
  // whose (damage.cpp).
  [[nodiscard]] std::vector<net::Ip> damaged(const IndexEntry& entry) const;
  // Frees what the entry of somebody dead speaks of, and nothing else. Returns how many.
  std::size_t bury(const IndexEntry& entry);
  void release(const Owner& owner);

  // --- all of them -----------------------------------------------------------------------------------
  [[nodiscard]] std::vector<Lease> leases() const;   // a scan
  [[nodiscard]] std::vector<net::Ip> taken() const;  // sorted; only the directory is read
  // Addresses of leases that are provably dead: of another boot, of a namespace that is gone, or torn.
  [[nodiscard]] std::vector<net::Ip> reclaimable() const;
  // Frees them. Returns how many.
  std::size_t reclaim_dead();
  // GC: frees every lease of this network whose (container, ifname) is not among `valid`. A legacy
  // lease without ifname is kept when any valid attachment has its container.
  std::size_t keep_only(const Owners& valid);

  // --- file by file, for audits ------------------------------------------------------------------------
  struct LeaseState {
    net::Ip ip;
    LeaseFile file;
    bool ours = false;  // by its mode: not written by the reference suite
  };
  [[nodiscard]] std::vector<LeaseState> lease_files() const;
  // Compare and delete: false when the file says something else by now.
  bool remove(const LeaseState& lease);
  struct EntryState {
    std::string name;
    std::optional<IndexEntry> entry;  // nullopt: torn, or not understood
    bool torn = false;
  };
  [[nodiscard]] std::vector<EntryState> entries() const;
  void remove(const EntryState& entry);
  // Whether boots, namespaces and processes of this machine prove anything about these leases.
  [[nodiscard]] bool may_reclaim() const;

  // True once per boot: dead leases have not been reclaimed yet in this one.
  [[nodiscard]] bool first_use_since_boot() const;

 private:
  using IsGone = std::function<bool(const os::NetnsId&, const std::string& path)>;

  Store(os::Directory leases, os::Directory index, os::FileLock lock, const Environment& environment);
  [[nodiscard]] std::optional<IndexEntry> find_entry(const std::string& name) const;
  [[nodiscard]] std::optional<IndexEntry> find_entry(const Owner& owner) const;
  [[nodiscard]] std::vector<net::Ip> confirmed(const IndexEntry& entry) const;
  detail::LastAddress& last_address(std::size_t set_index);
  void create_lease(const net::Ip& ip, const Owner& owner);
  [[nodiscard]] IsGone is_gone() const;
  [[nodiscard]] bool is_dead(const IndexEntry& entry, const IsGone& gone) const;
  [[nodiscard]] bool is_superseded(const IndexEntry& entry, const std::vector<IndexEntry>& all) const;
  // What the index says, judged.
  struct Judgement {
    std::vector<IndexEntry> dead;
    std::vector<net::Ip> claimed;  // by all others; sorted
  };
  [[nodiscard]] Judgement judge() const;
  [[nodiscard]] std::vector<IndexEntry> readable_entries() const;
  [[nodiscard]] std::optional<unsigned> mode_of(const net::Ip& ip) const;  // of its lease; nullopt: none
  [[nodiscard]] bool is_ours(const net::Ip& ip) const;
  [[nodiscard]] bool is_damaged(const net::Ip& ip, const std::string& network) const;
  [[nodiscard]] std::vector<net::Ip> ours(const IndexEntry& entry) const;
  [[nodiscard]] std::vector<net::Ip> nobodys(const std::vector<net::Ip>& claimed) const;
  void forget_torn_entries();
  void forget_all_but(const Owners& valid);

  os::Directory leases_;
  os::Directory index_;  // by path; absent while only the reference suite has been here
  os::FileLock lock_;
  Environment environment_;
  std::map<std::size_t, detail::LastAddress> last_;  // those that have been asked for
};

}  // namespace patchbay::ipam
