// SPDX-License-Identifier: Apache-2.0
#include "common/attach/record.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>

#include "common/attach/record_format.hpp"
#include "common/base/error.hpp"
#include "common/base/error_list.hpp"
#include "common/firewall/firewall.hpp"
#include "common/ipam/namespaces.hpp"
#include "common/netlink/link.hpp"

namespace patchbay::attach {
namespace {

constexpr unsigned kDirectoryMode = 0700, kFileMode = 0600;
constexpr std::size_t kLargestRecord = 1U << 20U;  // 4,096 port mappings in two families fit

// What is at a record's name without being one: a link, a directory, a socket, a file that is far too large.
bool is_strange(const Error& error) { return error.error_number() == 0 || error.error_number() == ENXIO; }

// nullopt: none, a torn one, or something strange. What may be otherwise the next time is thrown, such as no
// descriptor to be had or a read error.
std::optional<Record> read_record(const os::Directory& directory, const std::string& name) {
  const auto parsed = [&](const std::string& text) {
    auto record = parse_record(text);
    return record && record->owner.file_name() == name ? std::move(record) : std::nullopt;
  };
  try {
    const auto text = directory.read(name, kLargestRecord);
    if (!text) return std::nullopt;
    if (auto record = parsed(*text)) return record;
    const auto whole = directory.read_whole(name, kLargestRecord);  // a read that came short looks torn
    return whole ? parsed(*whole) : std::nullopt;
  } catch (const Error& error) {
    if (!is_strange(error)) throw;
    return std::nullopt;
  }
}

// "network/container/ifname", not the short form of a long one.
std::optional<std::string> network_in(const std::string& tag) {
  if (tag.empty() || tag.front() == '#') return std::nullopt;
  return tag.substr(0, tag.find('/'));
}

// Under whatever name. It outlives its namespace by the moment that the kernel needs to take it down.
bool has_host_end(const Record& record) {
  wire::Socket socket;
  if (netlink::links::find(socket, record.host_ifname)) return true;
  const auto all = netlink::links::list(socket);
  return std::any_of(all.begin(), all.end(), [&](const auto& link) { return link.alias == record.owner.tag(); });
}

bool matches(const Owner& owner, const std::string& tag) {
  return owner.tag() == tag || Owner{owner.network, owner.container, "*"}.tag() == tag;
}

}  // namespace

os::Directory Records::of(const std::string& network) const {
  return os::Directory::at(directory_ + "/" + plugin_ + "/" + network, kDirectoryMode);
}

// In place the first time. It is written before anything is changed, so a kill while it is leaves what
// a kill just before leaves, nothing: a torn record reads as none, and the next DEL removes the file.
// From then on there is something to be told of, and it is replaced whole.
void Records::write(const Record& record) const {
  const os::Directory directory = of(record.owner.network);
  if (!directory.create_in_place(record.owner.file_name(), print_record(record), kFileMode)) replace(record);
}

void Records::replace(const Record& record) const {
  of(record.owner.network).replace(record.owner.file_name(), print_record(record), kFileMode);
}

std::optional<Record> Records::find(const Owner& owner) const {
  auto record = read_record(of(owner.network), owner.file_name());
  return record && record->owner == owner ? std::move(record) : std::nullopt;
}

void Records::remove(const Owner& owner) const { of(owner.network).remove(owner.file_name()); }

void Records::remove_unfinished(const Owner& owner) const {
  of(owner.network).remove(os::Directory::temporary_of(owner.file_name()));
}

std::vector<Record> Records::list(const std::string& network) const {
  const os::Directory directory = of(network);
  std::vector<Record> records;
  for (const std::string& name : directory.list()) {
    if (auto record = read_record(directory, name)) records.push_back(std::move(*record));
  }
  return records;
}

std::vector<Record> Records::elsewhere(const Owner& owner) const {
  std::vector<Record> found;
  const std::string networks = directory_ + "/" + plugin_;
  // Every directory within adds a link to the two that it has: usual nodes have one network.
  struct stat status {};
  if (stat(networks.c_str(), &status) == 0 && status.st_nlink == 3) return found;
  for (const std::string& network : os::Directory::at(networks, kDirectoryMode).directories()) {
    if (network == owner.network) continue;
    for (Record& record : list(network)) {
      if (record.owner.container == owner.container) found.push_back(std::move(record));
    }
  }
  return found;
}

Records::Stale Records::stale(const std::string& network, const Owners& valid) const {
  const os::Directory directory = of(network);
  const auto files = sorted_file_names(valid);
  auto kept = files;  // with what replace() of an ADD that is under way writes to
  std::ranges::transform(files, std::back_inserter(kept), os::Directory::temporary_of);
  std::ranges::sort(kept);
  Stale stale;
  for (const std::string& name : directory.list_all()) {
    if (std::ranges::binary_search(kept, name)) continue;
    stale.unread.attempt("read " + name, [&] {
      auto record = name.starts_with(os::kTemporaryPrefix) ? std::nullopt : read_record(directory, name);
      if (record) {
        stale.records.push_back(std::move(*record));
      } else {
        stale.unreadable.push_back(name);
      }
    });
  }
  return stale;
}

void Records::remove(const std::string& network, const Stale& stale) const {
  ErrorList failures = stale.unread;
  for (const Record& record : stale.records) failures.attempt("remove a stale record", [&] { remove(record.owner); });
  for (const std::string& name : stale.unreadable) {
    failures.attempt("remove a torn record", [&] { of(network).remove(name); });
  }
  failures.throw_if_any();
}

std::vector<Records::File> Records::files() const {
  std::vector<File> files;
  for (const std::string& network : os::Directory::at(directory_ + "/" + plugin_, kDirectoryMode).directories()) {
    const os::Directory directory = of(network);
    for (const std::string& name : directory.list()) {
      const auto written = directory.modified(name);
      std::optional<Record> record;
      try {
        record = read_record(directory, name);
      } catch (const Error&) {  // listed all the same
      }
      files.push_back({network, name, std::move(record), written});
    }
  }
  return files;
}

bool Records::any(const std::string& network, const std::function<bool(const Record&)>& is_it) const {
  ErrorList unread;
  const auto in = [&](const std::string& name) {
    const os::Directory directory = of(name);
    const auto names = directory.list();
    return std::any_of(names.begin(), names.end(), [&](const std::string& file) {
      bool is = false;
      unread.attempt("read " + file, [&] {
        const auto record = read_record(directory, file);
        is = record && is_it(*record);
      });
      return is;
    });
  };
  if (in(network)) return true;
  const auto others = os::Directory::at(directory_ + "/" + plugin_, kDirectoryMode).directories();
  const bool elsewhere =
      std::any_of(others.begin(), others.end(), [&](const std::string& name) { return name != network && in(name); });
  if (!elsewhere) unread.throw_if_any();
  return elsewhere;
}

void Records::remove(const File& file) const { of(file.network).remove(file.name); }

std::optional<Record> Records::find_by_tag(const std::string& tag) const {
  if (const auto owner = Owner::parse_tag(tag); owner && owner->ifname != "*") return find(*owner);
  const auto network = network_in(tag);
  const auto networks =
      network ? std::vector{*network} : os::Directory::at(directory_ + "/" + plugin_, kDirectoryMode).directories();
  std::optional<Record> found;
  for (const std::string& name : networks) {
    for (Record& record : list(name)) {
      if (!matches(record.owner, tag)) continue;
      found = std::move(record);
      if (!is_dead(*found)) return found;  // of several interfaces, one that lives decides
    }
  }
  return found;
}

Record begin_record(const contract::Request& request, std::optional<os::NetnsId> netns) {
  return {.owner = request.owner, .boot = os::boot_id(), .netns_path = request.netns, .netns = netns};
}

firewall::Backend choose_backend(std::optional<firewall::Backend> configured) {
  static constexpr net::Family kFirst[] = {net::Family::v4};
  return firewall::choose(configured, kFirst);
}

void note_addresses(Record& record, const std::vector<contract::IpConfig>& ips,
                    std::optional<firewall::Backend> configured) {
  static constexpr net::Family kSecond[] = {net::Family::v6};
  bool any_v6 = false;
  for (const contract::IpConfig& ip : ips) {
    record.addresses.push_back(ip.address);
    any_v6 = any_v6 || !ip.address.ip.is_v4();
  }
  record.addresses_known = true;
  if (any_v6 && record.masquerade && record.backend != firewall::Backend::iptables) {
    record.backend = firewall::choose(configured, kSecond);
  }
}

std::optional<firewall::Intents> intents_of(const Record& record) {
  const bool mac_is_lost = record.mac_spoof_check && !record.mac;
  const bool ports_are_lost = !record.port_forwards.empty() && !record.forwarding;
  if (!record.addresses_known || mac_is_lost || ports_are_lost) return std::nullopt;
  firewall::Intents intents;
  if (record.masquerade) intents.masquerade = firewall::Masquerade{record.addresses};
  if (record.mac_spoof_check) intents.mac_spoof = {.host_ifname = record.host_ifname, .mac = *record.mac};
  if (!record.port_forwards.empty()) {
    intents.port_forwards = record.forwarding;
    intents.port_forwards->families = record.port_forwards;
  }
  if (record.acceptance) {
    intents.forwarding = record.acceptance;
    intents.forwarding->addresses = record.addresses;
  }
  if (!record.isolated_ports.empty()) intents.isolation = firewall::PortIsolation{record.isolated_ports};
  return intents;
}

bool is_dead(const Record& record) {
  try {
    if (record.boot != os::boot_id()) return true;
    if (!record.netns) return false;
    if (record.host_ifname.empty()) return os::provably_gone(*record.netns, record.netns_path);
    // The path first: links are told by a kernel that may be busy with others.
    return ipam::namespace_at(record.netns_path) != record.netns && !has_host_end(record);
  } catch (const Error&) {
    return false;  // in doubt
  }
}

}  // namespace patchbay::attach
