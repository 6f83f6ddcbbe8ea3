// SPDX-License-Identifier: Apache-2.0
// What the tests of the nftables backend share.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/firewall/nftables/nftables.hpp"
#include "test/support/catch.hpp"
#include "test/support/world.hpp"

namespace patchbay::test {

using firewall::Hints;
using firewall::HostPort;
using firewall::Intents;
using firewall::Kind;
using firewall::MacSpoofCheck;
using firewall::Masquerade;
using firewall::PortForward;
using firewall::PortForwards;
using firewall::Protocol;
namespace nftables = firewall::nftables;

inline const std::vector<Kind> kKinds = {Kind::masquerade, Kind::host_port, Kind::mac_spoof};

inline net::Cidr cidr(const std::string& text) { return net::Cidr::parse(text).value(); }

inline Owner owner(int number) { return {"net", "c" + std::to_string(number), "eth0"}; }

inline HostPort mapping(int host_port, const std::string& host_ip = {}, int container_port = 80) {
  return {Protocol::tcp, static_cast<std::uint16_t>(host_port),
          host_ip.empty() ? std::nullopt : net::Ip::parse(host_ip), static_cast<std::uint16_t>(container_port)};
}

inline Intents publish(const std::string& target, std::vector<HostPort> ports) {
  return {.port_forwards = PortForwards{.families = {{.container = cidr(target), .ports = std::move(ports)}}}};
}

// Masquerading, a port of its own and a spoof check, in both families.
inline Intents intents(int number) {
  Intents all;
  all.masquerade = Masquerade{
      {cidr("10.10.0." + std::to_string(number + 2) + "/16"), cidr("fd00:10::" + std::to_string(number + 2) + "/64")}};
  PortForwards forwards;
  for (const net::Cidr& address : all.masquerade->addresses) {
    forwards.families.push_back({.container = address, .ports = {mapping(8000 + number)}});
  }
  all.port_forwards = forwards;
  all.mac_spoof = MacSpoofCheck{"veth" + std::to_string(number), {{2, 0, 0, 0, 0, static_cast<std::uint8_t>(number)}}};
  return all;
}

inline Hints hints(const Intents& intents) {
  Hints known{.complete = true};
  if (intents.masquerade) known.addresses = intents.masquerade->addresses;
  if (intents.port_forwards) known.ports = intents.port_forwards->families;
  return known;
}

inline bool nobody_is_dead(const std::string& /*tag*/) { return false; }

// Until what was removed has expired: a tick of the kernel's clock.
inline void settle(World& world) {
  world.sh("for i in $(seq 500); do nft list ruleset | grep -q expires || exit 0; sleep 0.002; done; exit 1");
}

inline std::string ruleset(World& world) {
  settle(world);
  return world.sh("nft -s list ruleset");
}

// The tables with all that stays when the last attachment has gone.
inline std::string with_structure(World& world) {
  nftables::apply(owner(99), intents(99), nobody_is_dead);
  nftables::remove(owner(99), kKinds, {});
  return ruleset(world);
}

// `work` in `count` processes at the same time; how many of them failed.
inline int failures_in_parallel(int count, const std::function<void(int)>& work) {
  int gate[2];
  REQUIRE(pipe(gate) == 0);
  for (int number = 0; number < count; ++number) {
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid > 0) continue;
    close(gate[1]);
    char byte;
    if (read(gate[0], &byte, 1) < 0) _exit(2);  // until everybody is here
    try {
      work(number);
    } catch (const Error& error) {
      std::fprintf(stderr, "%s; %s\n", error.summary().c_str(), error.details().c_str());
      _exit(1);
    }
    _exit(0);
  }
  close(gate[0]);
  close(gate[1]);
  int failures = 0;
  for (int number = 0; number < count; ++number) {
    int status = 0;
    while (wait(&status) < 0 && errno == EINTR) {
    }
    if (status != 0) ++failures;
  }
  return failures;
}

inline std::string error_of(const std::function<void()>& work, Code code) {
  try {
    work();
  } catch (const Error& error) {
    CHECK(error.code() == code);
    return error.summary();
  }
  FAIL("no error");
  return {};
}

inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace patchbay::test
