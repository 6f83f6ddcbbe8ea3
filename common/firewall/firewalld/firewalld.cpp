// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/firewalld/firewalld.hpp"

#include <chrono>
#include <utility>

#include "common/base/error.hpp"
#include "common/base/error_list.hpp"
#include "common/dbus/connection.hpp"
#include "common/firewall/iptables/iptables.hpp"
#include "common/firewall/nftables/requests.hpp"

namespace patchbay::firewall::firewalld {
namespace {

using iptables::Variant;

constexpr const char* kIptablesChain = "FORWARD_direct";  // made at the start with FirewallBackend=iptables
constexpr const char* kName = "org.fedoraproject.FirewallD1";
constexpr std::chrono::seconds kPatience{5};

std::string source_of(const net::Cidr& address) { return net::Cidr::host(address.ip).to_string(); }

// What firewalld says when it refuses: "INVALID_ZONE: nowhere", or the code alone.
bool says(const dbus::Message& answer, std::string_view code) {
  return !answer.error.empty() && answer.text.find(code) != std::string::npos;
}

// Nobody has the name, or nobody of that name can be found.
bool is_nobody(const dbus::Message& answer) {
  return answer.error == "org.freedesktop.DBus.Error.ServiceUnknown" ||
         answer.error == "org.freedesktop.DBus.Error.NameHasNoOwner";
}

Error not_running() {
  return std::move(Error{Code::not_available, "firewalld is not running"}
                       .expected(std::string{kName} + " on the system bus")
                       .hint("start it, or leave \"backend\" out of the configuration of \"firewall\""));
}

// What an answer that is no success means to whoever wanted the address in the zone.
Error refusal(const dbus::Message& answer, const std::string& zone) {
  if (is_nobody(answer)) return not_running();
  if (says(answer, "INVALID_ZONE")) {
    return std::move(Error{Code::invalid_config, "firewalld has no zone \"" + zone + "\""}
                         .at("/firewalldZone")
                         .hint("\"firewall-cmd --get-zones\" lists them"));
  }
  Error error{Code::firewall_refused, "firewalld refuses"};
  error.reason(0, answer.error + ": " + answer.text);
  if (says(answer, "ZONE_CONFLICT")) error.hint("the address is a source of another zone already");
  if (answer.error == "org.freedesktop.DBus.Error.AccessDenied" || says(answer, "NOT_AUTHORIZED"))
    error.hint("the bus or polkit must let root speak to firewalld");
  return error;
}

class Zone {
 public:
  // nullopt: there is no bus, and so no firewalld.
  static std::optional<Zone> find(const std::string& name) {
    auto bus = dbus::Connection::to_system_bus(os::Deadline::in(kPatience));
    if (!bus) return std::nullopt;
    return Zone{std::move(*bus), name};
  }
  static Zone at(const std::string& name) {
    auto zone = find(name);
    if (!zone) throw not_running();
    return std::move(*zone);
  }

  dbus::Message ask(const char* method, const net::Cidr& address) {
    return with_context(std::string{"ask firewalld for "} + method + " of " + source_of(address), [&] {
      return bus_.call({.destination = kName,
                        .path = "/org/fedoraproject/FirewallD1",
                        .interface = std::string{kName} + ".zone",
                        .member = method,
                        .arguments = {name_, source_of(address)}});
    });
  }

 private:
  Zone(dbus::Connection bus, std::string name) : bus_(std::move(bus)), name_(std::move(name)) {}
  dbus::Connection bus_;
  std::string name_;
};

bool has_table() {
  wire::Socket kernel{wire::Socket::Family::netfilter};
  return kernel.query(nftables::get_table("firewalld"), [](const wire::Reply&) {}) == 0;
}

bool is_on_bus() {
  auto bus = dbus::Connection::to_system_bus(os::Deadline::in(kPatience));
  return bus && bus->has_owner(kName);
}

}  // namespace

bool runs_here() {
  if (!dbus::has_system_bus()) return false;
  if (has_table() || iptables::has_filter_chain(Variant::nf_tables, kIptablesChain)) return is_on_bus();
  // Legacy tables are read as a whole only: the bus is quicker.
  if (!iptables::is_legacy_in_use(kBothFamilies) || !is_on_bus()) return false;
  iptables::prepare_filters();
  return iptables::has_filter_chain(Variant::legacy, kIptablesChain);
}

std::optional<std::string> unavailable() {
  try {
    if (is_on_bus()) return std::nullopt;
    return not_running().summary();
  } catch (const Error& error) {
    return error.summary();
  }
}

void require(const std::string& zone) {
  static const net::Cidr kAny = net::Cidr::host(*net::Ip::parse("192.0.2.1"));
  with_context("the firewalld backend cannot work", [&] {
    const dbus::Message answer = Zone::at(zone).ask("querySource", kAny);
    if (answer.error.empty()) return;
    const Error why = refusal(answer, zone);
    throw Error{Code::not_available, why.summary()}.hint(why.details());
  });
}

std::vector<net::Cidr> add_sources(const std::string& zone, const std::vector<net::Cidr>& addresses) {
  std::vector<net::Cidr> added;
  if (addresses.empty()) return added;
  Zone there = Zone::at(zone);
  for (const net::Cidr& address : addresses) {
    const dbus::Message answer = there.ask("addSource", address);
    if (says(answer, "ZONE_ALREADY_SET")) continue;
    if (!answer.error.empty()) {
      for (const net::Cidr& undo : added) static_cast<void>(there.ask("removeSource", undo));  // best effort
      throw std::move(refusal(answer, zone).context("add " + source_of(address) + " to zone " + zone));
    }
    added.push_back(address);
  }
  return added;
}

std::vector<std::string> missing(const std::string& zone, const std::vector<net::Cidr>& addresses) {
  std::vector<std::string> words;
  if (addresses.empty()) return words;
  auto there = Zone::find(zone);
  if (!there) return {not_running().summary()};
  for (const net::Cidr& address : addresses) {
    const dbus::Message answer = there->ask("querySource", address);
    if (!answer.error.empty()) return {refusal(answer, zone).summary()};
    if (!answer.flag) words.push_back("firewalld's zone " + zone + " lacks source " + source_of(address));
  }
  return words;
}

void remove_sources(const std::string& zone, const std::vector<net::Cidr>& addresses) {
  if (addresses.empty()) return;
  auto there = Zone::find(zone);
  if (!there) return;
  ErrorList failures;
  for (const net::Cidr& address : addresses) {
    failures.attempt("remove " + source_of(address) + " from zone " + zone, [&] {
      const dbus::Message answer = there->ask("removeSource", address);
      const bool is_gone = answer.error.empty() || is_nobody(answer) || says(answer, "UNKNOWN_SOURCE") ||
                           says(answer, "INVALID_ZONE") || says(answer, "ZONE_CONFLICT");
      if (!is_gone) throw refusal(answer, zone);
    });
  }
  failures.throw_if_any();
}

}  // namespace patchbay::firewall::firewalld
