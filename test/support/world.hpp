// SPDX-License-Identifier: Apache-2.0
// A node of one's own: every in-namespace test begins with `World world;`.
//
// The constructor takes this process into new network and mount namespaces (and, without root, a
// user namespace): the fake host. /run, /var/lib/cni and /etc/cni are empty tmpfs, lo is up, /sys
// shows the new namespace; `iptables` in PATH is the legacy one, whatever the machine's alternatives say.
// Nothing of the machine's own network is visible or touched.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace patchbay::test {

struct Ran {
  int exit_code = -1;
  std::string out, err;
  [[nodiscard]] nlohmann::json json() const;  // of out; fails the test when it is no JSON
};

// What a runtime would pass to a plugin.
struct Call {
  std::string plugin;  // "bridge"; looked up in `path`
  std::string command = "ADD";
  nlohmann::json config;
  std::string container = "c1";
  std::string netns;  // path; World::netns(name)
  std::string ifname = "eth0";
  std::string args;                      // CNI_ARGS
  std::string path = PATCHBAY_BIN;       // CNI_PATH
  std::vector<std::string> environment;  // additional "NAME=value"; a "NAME" alone is taken away
};

struct Program;  // process.hpp

class World {
 public:
  World();
  ~World();  // ends every process that it started
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // From here on this is a node whose iptables is that of "legacy" or "nft".
  void set_iptables(const std::string& variant);
  // For tests of all backends: "iptables-nft" makes it such a node. How a configuration calls the backend.
  std::string prepare_for(const std::string& backend);

  // Creates (on first use) a network namespace bound at /run/netns/<name>, lo up; returns its path.
  std::string netns(const std::string& name);
  void remove_netns(const std::string& name);  // unmounts and unlinks it: the container is gone

  Ran call(const Call& call);  // runs a plugin
  // When set, call() leaves the running to it, so that plugins can be run under what measures them.
  std::function<Ran(const Call&, const Program&)> runner;
  nlohmann::json add(Call call);  // ADD; the test fails (with the error) unless it succeeds
  // /bin/sh -c in the fake host, or inside a namespace made by netns(). sh() fails the test on a
  // non-zero exit; try_sh() does not.
  std::string sh(const std::string& command);
  Ran try_sh(const std::string& command);
  std::string sh_in(const std::string& name, const std::string& command);
  Ran try_sh_in(const std::string& name, const std::string& command);
  void in(const std::string& name, const std::function<void()>& work);  // this process, setns and back
  // A process that stays until the World ends (or stop()); `ready` is awaited in its output when not empty.
  int background(const std::string& name_or_empty, const std::string& command, const std::string& ready = {});
  std::string output(int pid);  // what it wrote so far, stdout and stderr
  // Waits until it has written `text`; false after `milliseconds`, or when it ends without.
  bool wait_for_output(int pid, const std::string& text, int milliseconds = 5000);
  void stop(int pid);  // ends it; its output stays

  // --- packets -------------------------------------------------------------------------------------
  // An echo request from namespace `from` ("" = host), answered within 2 s by the address itself; over
  // IPv6 repeated meanwhile, because an address may still be tentative.
  bool ping(const std::string& from, const std::string& to_ip);
  bool ping_once(const std::string& from, const std::string& to_ip, int milliseconds = 2000);  // exactly one request
  // A server in namespace `name` ("" = host) that answers every TCP connection, UDP datagram or SCTP
  // association on `port` with "<tag> <source address it saw>". Returns when it listens. IPv4 and IPv6.
  void serve(const std::string& name, const std::string& protocol, int port, const std::string& tag);
  // What such a server says to us; nullopt when nobody answers within `milliseconds`.
  std::optional<std::string> ask(const std::string& from, const std::string& protocol, const std::string& ip, int port,
                                 int milliseconds = 1500);
  // A host beyond the node: namespace `name`, connected by a cable to the fake host. Addresses as
  // "192.0.2.1/24" on our side and "192.0.2.2/24" on theirs; either family, may be called again. The
  // ends are "lan-<name>" here and "eth0" there; routes are the test's business.
  void lan(const std::string& name, const std::string& node_cidr, const std::string& theirs_cidr);

  // --- everything that a DEL must restore -------------------------------------------------------------
  // Links, addresses, routes, neighbours that are permanent, rules, queues, nft ruleset, legacy iptables
  // rules, leases, records, conntrack entries of forwarded ports - of the host and (when it exists) of
  // every namespace. Normalised: no counters, handles, ages, indices, carrier, nor anything that the
  // kernel makes of an address in its own time (link-local, local and multicast IPv6 routes).
  // By topic, one object a line, sorted. Compare with ==, or show difference().
  std::map<std::string, std::string> snapshot();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Lines that only one of two snapshots has, as "- line" and "+ line" under their topic; "" when equal:
//   CHECK(difference(before, world.snapshot()) == "");
std::string difference(const std::map<std::string, std::string>& before,
                       const std::map<std::string, std::string>& after);

bool is_root();  // of the initial user namespace
// Kernel features that some machines lack; the reason when absent, for PATCHBAY_SKIP.
std::optional<std::string> lacks_vlan_filtering();
std::optional<std::string> lacks_legacy_iptables();
std::optional<std::string> lacks_nftables();
std::optional<std::string> lacks_sctp();

// A bridge + host-local configuration to start from, as most tests need it.
nlohmann::json bridge_config(const std::string& network = "net", const std::string& subnet = "10.10.0.0/24",
                             const std::string& version = "1.1.0");

}  // namespace patchbay::test
