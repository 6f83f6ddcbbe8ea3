// SPDX-License-Identifier: Apache-2.0
// Both ends are sockets of this process: a connection that the listener can accept has got through, and
// nobody needs to answer.
#include "test/faults/sweep/contact.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstring>

#include "common/os/unique_fd.hpp"
#include "test/support/process.hpp"
#include "test/support/server.hpp"

namespace patchbay::faults {
namespace {

using namespace std::chrono_literals;
using os::UniqueFd;
using test::World;

constexpr auto kPatience = 2000ms, kOneTry = 150ms;

struct Route {
  std::string from;  // namespace; "" is the host
  std::string address;
  int port;
};

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family = AF_INET;

  Address(const std::string& ip, int port) {
    sockaddr_in v4{
        .sin_family = AF_INET, .sin_port = htons(static_cast<std::uint16_t>(port)), .sin_addr = {}, .sin_zero = {}};
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = v4.sin_port;
    if (inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1) {
      std::memcpy(&storage, &v4, size = sizeof v4);
    } else if (inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr) == 1) {
      std::memcpy(&storage, &v6, size = sizeof v6);
      family = AF_INET6;
    } else {
      throw std::runtime_error{ip + " is no address"};
    }
  }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

UniqueFd client(World& world, const Route& route, const Address& to, const char* protocol) {
  UniqueFd fd;
  world.in(route.from, [&] { fd.reset(test::open_socket(to.family, protocol)); });
  return fd;
}

bool becomes_readable(const UniqueFd& fd, std::chrono::milliseconds patience) {
  pollfd entry{.fd = fd.get(), .events = POLLIN, .revents = 0};
  return poll(&entry, 1, static_cast<int>(patience.count())) > 0 && (entry.revents & POLLIN) != 0;
}

bool connects(World& world, const Route& route, const UniqueFd& server) {
  const Address to{route.address, route.port};
  const UniqueFd caller = client(world, route, to, "tcp");
  if (connect(caller.get(), to.get(), to.size) != 0 && errno != EINPROGRESS) return false;
  return becomes_readable(server, kOneTry);
}

bool exchanges(World& world, const Route& route, const UniqueFd& server) {
  const Address to{route.address, route.port};
  const UniqueFd caller = client(world, route, to, "udp");
  if (connect(caller.get(), to.get(), to.size) != 0 || send(caller.get(), "?", 1, 0) != 1) return false;
  if (!becomes_readable(server, kOneTry)) return false;
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  std::array<char, 8> data{};
  if (recvfrom(server.get(), data.data(), data.size(), 0, reinterpret_cast<sockaddr*>(&peer), &size) != 1) return false;
  if (sendto(server.get(), "!", 1, 0, reinterpret_cast<const sockaddr*>(&peer), size) != 1) return false;
  return becomes_readable(caller, kOneTry);
}

using Probe = bool (*)(World&, const Route&, const UniqueFd&);

bool gets_through(World& world, const Route& route, const std::string& who, const char* protocol, Probe probe) {
  UniqueFd server;
  world.in(who, [&] { server.reset(test::open_server(protocol, kServedPort)); });
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!probe(world, route, server)) {
    if (test::milliseconds_until(end) == 0) return false;
    poll(nullptr, 0, 5);
  }
  return true;
}

std::vector<Route> routes_to(const Case& of, const std::string& who,
                             const std::map<std::string, nlohmann::json>& results) {
  if (of.contact == Contact::by_loopback) return {{.from = who, .address = "127.0.0.1", .port = kServedPort}};
  if (of.contact == Contact::by_host_port) {
    const int port = who == "blue" ? kBluePort : kRedPort;
    std::vector<Route> routes{{.from = "", .address = kGateway4, .port = port}};
    if (of.v6) routes.push_back({.from = "", .address = kGateway6, .port = port});
    return routes;
  }
  if (of.contact != Contact::by_cable || who == "blue") return {};  // its other end is who is asked for
  const std::string address = results.at(who).at("ips").at(0).at("address");
  return {{.from = "blue", .address = address.substr(0, address.find('/')), .port = kServedPort}};
}

}  // namespace

bool is_in_contact(World& world, const Case& of, const std::string& who,
                   const std::map<std::string, nlohmann::json>& results) {
  for (const Route& route : routes_to(of, who, results)) {
    if (!gets_through(world, route, who, "tcp", connects)) return false;
    if (!gets_through(world, route, who, "udp", exchanges)) return false;
  }
  return true;
}

}  // namespace patchbay::faults
