// SPDX-License-Identifier: Apache-2.0
// floor bridge | floor portmap: called as a CNI plugin is, for ADD and DEL.
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "test/bench/floor/floor.hpp"
#include "test/bench/floor/netlink.hpp"

namespace floor_limit {

Ipv4 parse_ipv4(std::string_view text) {
  char copy[INET_ADDRSTRLEN] = {};
  text.copy(copy, sizeof copy - 1, 0);
  copy[std::strspn(copy, "0123456789.")] = 0;
  Ipv4 address{};
  if (inet_pton(AF_INET, copy, address.data()) != 1) fail("address", EINVAL);
  return address;
}

std::string_view Request::text(std::string_view key) const {
  const auto found = config.find(key);
  if (found == std::string_view::npos) return {};
  const auto start = config.find_first_not_of('"', found + key.size());
  return config.substr(start, config.find_first_of("\",}", start) - start);
}

Ipv4 Request::address() const { return parse_ipv4(text("\"address\":")); }

namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void print_result(const Request& request, const Ipv4& address) {
  char text[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, address.data(), text, sizeof text);
  std::printf(
      "{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"%.*s\",\"sandbox\":\"%.*s\"}],"
      "\"ips\":[{\"address\":\"%s/16\",\"interface\":0}]}",
      static_cast<int>(request.ifname.size()), request.ifname.data(), static_cast<int>(request.netns.size()),
      request.netns.data(), text);
}

std::string host_end(const Request& request) { return "fl" + std::string{request.container.substr(0, 12)}; }

bool wants_masquerade(const Request& request) { return request.text("\"ipMasq\":") == "true"; }

void add_to_bridge(const Request& request) {
  const Ipv4 subnet = parse_ipv4(request.text("\"subnet\":"));
  const Ipv4 gateway{subnet[0], subnet[1], subnet[2], static_cast<std::uint8_t>(subnet[3] + 1)};
  const Ipv4 address = reserve(request.text("\"name\":"), subnet, request.container, request.ifname);
  const unsigned bridge_index = if_nametoindex(std::string{request.text("\"bridge\":")}.c_str());
  const int netns = open(std::string{request.netns}.c_str(), O_RDONLY | O_CLOEXEC);
  if (bridge_index == 0 || netns < 0) fail("bridge or namespace", errno);
  const int socket = open_socket(NETLINK_ROUTE);
  const Cable cable = create_veth(socket, host_end(request), static_cast<int>(bridge_index), netns, request.ifname);
  if (wants_masquerade(request)) masquerade(true, address);
  const bool default_route = request.config.find("0.0.0.0/0") != std::string_view::npos;
  configure_container(netns, cable.container_index, address, 16, default_route ? &gateway : nullptr);
  print_result(request, address);
}

std::vector<HostPort> ports_of(const Request& request) {
  std::vector<HostPort> ports;
  Request rest = request;
  const auto number = [&](std::string_view key) {
    const auto digits = rest.text(key);
    std::uint16_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  };
  for (constexpr std::string_view kKey = "\"hostPort\":";;) {
    const auto found = rest.config.find(kKey);
    if (found == std::string_view::npos) return ports;
    rest.config.remove_prefix(found);
    ports.push_back({IPPROTO_TCP, number(kKey), number("\"containerPort\":")});
    rest.config.remove_prefix(kKey.size());
  }
}

std::string read_stdin() {
  std::string text(65536, '\0');
  std::size_t used = 0;
  for (ssize_t size = 1; size > 0 && used < text.size(); used += static_cast<std::size_t>(size)) {
    size = read(STDIN_FILENO, text.data() + used, text.size() - used);
    if (size < 0) fail("stdin", errno);
  }
  text.resize(used);
  return text;
}

}  // namespace

void bridge(const Request& request) {
  if (request.add) return add_to_bridge(request);
  const Ipv4 address = request.address();
  if (wants_masquerade(request)) masquerade(false, address);
  remove_veth(host_end(request));
  release(request.text("\"name\":"), address);
}

void portmap(const Request& request) {
  publish(request.add, ports_of(request), request.address());
  if (request.add) {
    const auto previous = request.config.substr(request.config.find("\"prevResult\":") + 13);
    std::printf("%.*s", static_cast<int>(previous.size() - 1), previous.data());  // it is the last member
  }
}

}  // namespace floor_limit

int main(int count, char** arguments) {
  using namespace floor_limit;
  const std::string config = read_stdin();
  const Request request{.add = variable("CNI_COMMAND") == "ADD",
                        .container = variable("CNI_CONTAINERID"),
                        .netns = variable("CNI_NETNS"),
                        .ifname = variable("CNI_IFNAME"),
                        .config = config};
  const std::string_view role = count > 1 ? arguments[1] : "";
  if (role == "bridge") {
    bridge(request);
  } else if (role == "portmap") {
    portmap(request);
  } else {
    fail("neither bridge nor portmap", EINVAL);
  }
  return 0;
}
