// SPDX-License-Identifier: Apache-2.0
// The attachment record: what one plugin is about to make for one attachment, written before the
// first change and removed after the last, on tmpfs:
//
//   /run/patchbay/<plugin>/<network>/<owner.file_name()>     JSON, mode 0600, directories 0700
//
// It makes DEL cheap and exact when configuration or namespace have changed. It is a hint: when it
// is missing, DEL finds everything by names and tags.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error_list.hpp"
#include "common/base/owner.hpp"
#include "common/contract/request.hpp"
#include "common/contract/result.hpp"
#include "common/firewall/intent.hpp"
#include "common/net/ip.hpp"
#include "common/net/mac.hpp"
#include "common/os/file.hpp"
#include "common/os/netns.hpp"

namespace patchbay::attach {

struct Record {
  Owner owner;
  std::string boot;  // boot ID
  std::string netns_path;
  std::optional<os::NetnsId> netns;
  std::string host_ifname;           // the host end of the cable; empty: none
  std::vector<net::Cidr> addresses;  // of the container, once known
  bool addresses_known = false;      // the list above is final
  bool masquerade = false, mac_spoof_check = false;
  std::optional<firewall::Backend> backend;  // that makes the rules, once chosen
  std::string ipam_type;                     // the IPAM plugin that was asked; empty: none
  std::vector<firewall::PortForward> port_forwards;
  // What it takes, beyond the above, to make the rules again; nullopt in records of versions before.
  std::optional<firewall::PortForwards> forwarding;  // how the ports are forwarded; without `families`
  std::optional<net::Mac> mac;                       // the one that the spoof check lets in
  std::string cable;                                 // veth: the name of the direct cable
  std::optional<firewall::Forwarding> acceptance;    // firewall: how it is accepted; without `addresses`
  std::vector<std::string> isolated_ports;           // firewall
};

inline constexpr const char* kRunDirectory = "/run/patchbay";

class Records {
 public:
  // As found on disk, for audits: what is not readable as a record is there without one.
  struct File {
    std::string network, name;
    std::optional<Record> record;
    std::optional<os::FileTime> written;
  };
  explicit Records(std::string plugin, std::string directory = kRunDirectory)
      : plugin_(std::move(plugin)), directory_(std::move(directory)) {}
  void write(const Record& record) const;
  void replace(const Record& record) const;  // one that was written before: saves finding that out
  // nullopt: none, or nothing that reads as one (then DEL goes by tags; a torn record is no reason to fail). Throws,
  // as list() and find_by_tag() do, where it may be readable the next time: io_failure.
  [[nodiscard]] std::optional<Record> find(const Owner& owner) const;
  void remove(const Owner& owner) const;
  // What a kill in the middle of replace() leaves.
  void remove_unfinished(const Owner& owner) const;
  [[nodiscard]] std::vector<Record> list(const std::string& network) const;
  // Of the same container, on other networks.
  [[nodiscard]] std::vector<Record> elsewhere(const Owner& owner) const;
  // GC: what is not of the valid, files among it that cannot be read as records (any more), such as kills leave.
  // What could not be read for the moment is left to the next GC; remove() throws its errors.
  struct Stale {
    std::vector<Record> records;
    std::vector<std::string> unreadable;
    ErrorList unread;
  };
  [[nodiscard]] Stale stale(const std::string& network, const Owners& valid) const;
  void remove(const std::string& network, const Stale& stale) const;
  [[nodiscard]] std::vector<File> files() const;  // of all networks
  // Whether there is such a record, of any network, that of `network` asked first: reads until there is. Throws when
  // it would be one that cannot be read for the moment.
  [[nodiscard]] bool any(const std::string& network, const std::function<bool(const Record&)>& is_it) const;
  void remove(const File& file) const;
  // By tag, in any network: for telling whether a competitor is alive.
  [[nodiscard]] std::optional<Record> find_by_tag(const std::string& tag) const;

 private:
  [[nodiscard]] os::Directory of(const std::string& network) const;
  std::string plugin_, directory_;
};

// A record for `request`, with boot, netns identity (nullopt: unknown) and owner filled in.
Record begin_record(const contract::Request& request, std::optional<os::NetnsId> netns);

// Which backend is to masquerade, as far as it can be told before there are addresses… To be asked before anything
// else is done: an executable that has to become its twin begins anew.
firewall::Backend choose_backend(std::optional<firewall::Backend> configured);
// …and the addresses that IPAM has handed out: those of IPv6 may want the other one.
void note_addresses(Record& record, const std::vector<contract::IpConfig>& ips,
                    std::optional<firewall::Backend> configured);

// The rules that its plugin made for this record; nullopt when it does not tell.
std::optional<firewall::Intents> intents_of(const Record& record);

// True when what this record stands for is provably dead: it is of another boot; its namespace is gone; or its
// cable is, while its path no longer leads to its namespace (whose number may be another's by now: the kernel
// uses them again).
bool is_dead(const Record& record);

}  // namespace patchbay::attach
