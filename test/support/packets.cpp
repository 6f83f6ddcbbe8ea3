// SPDX-License-Identifier: Apache-2.0
// Real packets between namespaces. A socket belongs to the namespace it was born in (socket(2) there,
// everything else from here), so nothing has to be run inside.
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>

#include "common/os/retry.hpp"
#include "common/os/unique_fd.hpp"
#include "test/support/echo.hpp"
#include "test/support/process.hpp"
#include "test/support/server.hpp"
#include "test/support/state.hpp"

namespace patchbay::test {

namespace {

using namespace std::chrono_literals;
using os::retry_interrupted;
using os::UniqueFd;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] bool is_v4() const { return storage.ss_family == AF_INET; }
};

// Called inside the namespace: the zone of "fe80::1%eth0" is a name there.
Address resolve(const std::string& ip, int port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int failure = getaddrinfo(ip.c_str(), std::to_string(port).c_str(), &hints, &found); failure != 0)
    throw std::runtime_error{ip + ": " + gai_strerror(failure)};
  Address address;
  address.size = found->ai_addrlen;
  std::copy_n(reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen,
              reinterpret_cast<char*>(&address.storage));
  freeaddrinfo(found);
  return address;
}

bool wait_for(int fd, short events, std::chrono::steady_clock::time_point end) {
  pollfd event{fd, events, 0};
  const int ready = retry_interrupted([&] { return poll(&event, 1, milliseconds_until(end)); });
  if (ready < 0) fail_errno("poll");
  return ready > 0;
}

// Connected; nullopt when refused, unreachable or too late.
bool connected(int fd, const Address& peer, std::chrono::steady_clock::time_point end) {
  if (connect(fd, peer.get(), peer.size) == 0) return true;
  if (errno != EINPROGRESS || !wait_for(fd, POLLOUT, end)) return false;
  int failure = 0;
  socklen_t size = sizeof failure;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0;
}

std::string without_newline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

bool World::ping_once(const std::string& from, const std::string& to_ip, int milliseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{milliseconds};
  Address peer;
  UniqueFd socket;
  in(from, [&] {
    peer = resolve(to_ip, 0);
    socket.reset(open_echo_socket(peer.is_v4()));
  });
  // Connected, it hears nobody but the peer.
  if (connect(socket.get(), peer.get(), peer.size) != 0) return false;
  const auto request = echo_request(peer.is_v4());
  if (send(socket.get(), request.bytes.data(), request.bytes.size(), 0) < 0) return false;
  while (wait_for(socket.get(), POLLIN, end)) {
    unsigned char packet[256];
    const auto size = recv(socket.get(), packet, sizeof packet, 0);
    if (size < 0) return false;  // an ICMP error came back
    if (is_answer(request, {packet, static_cast<std::size_t>(size)})) return true;
  }
  return false;
}

bool World::ping(const std::string& from, const std::string& to_ip) {
  if (to_ip.find(':') == std::string::npos) return ping_once(from, to_ip);
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (milliseconds_until(end) > 0) {
    const auto next = std::chrono::steady_clock::now() + 100ms;
    if (ping_once(from, to_ip, 100)) return true;
    if (poll(nullptr, 0, milliseconds_until(next)) < 0 && errno != EINTR) fail_errno("poll");
  }
  return false;
}

std::optional<std::string> World::ask(const std::string& from, const std::string& protocol, const std::string& ip,
                                      int port, int milliseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{milliseconds};
  Address peer;
  UniqueFd socket;
  in(from, [&] {
    peer = resolve(ip, port);
    socket.reset(open_socket(peer.storage.ss_family, protocol));
  });
  if (!connected(socket.get(), peer, end)) return std::nullopt;
  if (protocol == "udp" && send(socket.get(), "?", 1, 0) < 0) return std::nullopt;
  std::string heard;
  while (!heard.ends_with('\n')) {
    char part[256];
    if (!wait_for(socket.get(), POLLIN, end)) return std::nullopt;
    const auto size = recv(socket.get(), part, sizeof part, 0);
    if (size <= 0) return std::nullopt;
    heard.append(part, static_cast<std::size_t>(size));
  }
  return without_newline(heard);
}

void World::serve(const std::string& name, const std::string& protocol, int port, const std::string& tag) {
  UniqueFd socket;
  in(name, [&] { socket.reset(open_server(protocol, port)); });
  const pid_t pid = fork();
  if (pid < 0) fail_errno("fork");
  if (pid == 0) serve_forever(socket.get(), protocol, tag);
  const std::lock_guard lock{state_->mutex};
  state_->processes[pid] = "";
}

void World::lan(const std::string& name, const std::string& node_cidr, const std::string& theirs_cidr) {
  const auto cable = "lan-" + name;
  netns(name);
  if (try_sh("ip link show dev " + cable).exit_code != 0) {
    sh("ip link add " + cable + " type veth peer name eth0 netns " + name);
    // Without duplicate detection of the link-local addresses, or IPv6 would start a second late.
    sh("echo 0 > /proc/sys/net/ipv6/conf/" + cable + "/accept_dad && ip link set " + cable + " up");
    sh_in(name, "echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad && ip link set eth0 up");
  }
  const auto nodad = [](const std::string& cidr) { return cidr.find(':') == std::string::npos ? "" : " nodad"; };
  sh("ip addr add " + node_cidr + " dev " + cable + nodad(node_cidr) + " && ip -n " + name + " addr add " +
     theirs_cidr + " dev eth0" + nodad(theirs_cidr));
}

}  // namespace patchbay::test
