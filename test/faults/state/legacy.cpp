// SPDX-License-Identifier: Apache-2.0
// Tables nat and filter of legacy iptables as the kernel holds them. A table comes into being when somebody looks at
// it: only those that are there already.
#include <netinet/in.h>
// after it, or they define the same
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sys/socket.h>

#include <cstring>
#include <fstream>

#include "common/os/unique_fd.hpp"
#include "test/faults/state/dump.hpp"
#include "test/faults/state/state.hpp"
#include "test/support/process.hpp"

namespace patchbay::faults {
namespace {

bool has(const char* names, const char* table) {
  std::ifstream file{names};
  for (std::string name; std::getline(file, name);) {
    if (name == table) return true;
  }
  return false;
}

// Entries with their counters taken out. Both families' entries begin alike but for the size of the address
// part, and the offsets that follow it.
template <typename Info, typename Entries, typename Entry>
void read_table(State& to, const std::string& what, const char* table, int family, int level) {
  const os::UniqueFd fd{socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW)};
  Info info{};
  std::strncpy(info.name, table, sizeof info.name - 1);
  socklen_t size = sizeof info;
  if (!fd || getsockopt(fd.get(), level, IPT_SO_GET_INFO, &info, &size) != 0) test::fail_errno("read a legacy table");
  std::vector<std::uint8_t> buffer(sizeof(Entries) + info.size);
  Entries request{};
  std::strncpy(request.name, table, sizeof request.name - 1);
  request.size = info.size;
  std::memcpy(buffer.data(), &request, sizeof request);
  size = static_cast<socklen_t>(buffer.size());
  if (getsockopt(fd.get(), level, IPT_SO_GET_ENTRIES, buffer.data(), &size) != 0) test::fail_errno("read rules");
  for (std::size_t at = sizeof(Entries); at + sizeof(Entry) <= buffer.size();) {
    Entry entry{};
    std::memcpy(&entry, &buffer[at], sizeof entry);
    if (entry.next_offset < sizeof entry) break;
    entry.counters = {};
    entry.comefrom = 0;
    std::memcpy(&buffer[at], &entry, sizeof entry);
    to.insert(what + shown(Bytes{&buffer[at], entry.next_offset}));
    at += entry.next_offset;
  }
}

}  // namespace

void read_legacy_tables(State& to) {
  for (const char* table : {"nat", "filter"}) {
    const std::string name = std::string{" "} + table + " ";
    if (has("/proc/thread-self/net/ip_tables_names", table)) {
      read_table<ipt_getinfo, ipt_get_entries, ipt_entry>(to, "iptables" + name, table, AF_INET, IPPROTO_IP);
    }
    if (has("/proc/thread-self/net/ip6_tables_names", table)) {
      read_table<ip6t_getinfo, ip6t_get_entries, ip6t_entry>(to, "ip6tables" + name, table, AF_INET6, IPPROTO_IPV6);
    }
  }
}

}  // namespace patchbay::faults
