// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "test/bench/floor/floor.hpp"
#include "test/bench/floor/netlink.hpp"

namespace floor_limit {

namespace {

constexpr const char* kLast = "last_reserved_ip.0";

int open_directory(std::string_view network) {
  char path[256];
  std::snprintf(path, sizeof path, "/var/lib/cni/networks/%.*s", static_cast<int>(network.size()), network.data());
  const int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) fail("leases", errno);
  return directory;
}

struct Text {
  char text[INET_ADDRSTRLEN] = {};
};

Text to_text(std::uint32_t address) {
  const std::uint32_t ordered = htonl(address);
  Text out;
  inet_ntop(AF_INET, &ordered, out.text, sizeof out.text);
  return out;
}

std::uint32_t last_reserved(int directory, std::uint32_t fallback) {
  const int file = openat(directory, kLast, O_RDONLY | O_CLOEXEC);
  char text[64];
  const ssize_t size = file < 0 ? 0 : read(file, text, sizeof text);
  if (file >= 0) close(file);
  // Without a lock, two writers at once may leave something in between.
  std::uint32_t ordered;
  if (size <= 0 || size == sizeof text) return fallback;
  text[size] = 0;
  return inet_pton(AF_INET, text, &ordered) == 1 ? ntohl(ordered) : fallback;
}

void write_file(int file, std::string_view text) {
  if (file < 0 || write(file, text.data(), text.size()) < 0) fail("lease", errno);
  close(file);
}

}  // namespace

Ipv4 reserve(std::string_view network, const Ipv4& subnet, std::string_view container, std::string_view ifname) {
  const int directory = open_directory(network);
  std::uint32_t ordered;
  std::memcpy(&ordered, subnet.data(), sizeof ordered);
  const std::uint32_t gateway = ntohl(ordered) + 1, end = gateway + 65'533;  // of a /16
  std::uint32_t address = last_reserved(directory, gateway);
  int lease = -1;
  do {
    address = address >= end ? gateway + 1 : address + 1;
    lease = openat(directory, to_text(address).text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  } while (lease < 0 && errno == EEXIST);
  char holder[256];
  const int size = std::snprintf(holder, sizeof holder, "%.*s\r\n%.*s", static_cast<int>(container.size()),
                                 container.data(), static_cast<int>(ifname.size()), ifname.data());
  write_file(lease, {holder, static_cast<std::size_t>(size)});
  write_file(openat(directory, kLast, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), to_text(address).text);
  close(directory);
  ordered = htonl(address);
  Ipv4 out;
  std::memcpy(out.data(), &ordered, out.size());
  return out;
}

void release(std::string_view network, const Ipv4& address) {
  const int directory = open_directory(network);
  std::uint32_t ordered;
  std::memcpy(&ordered, address.data(), sizeof ordered);
  if (unlinkat(directory, to_text(ntohl(ordered)).text, 0) != 0 && errno != ENOENT) fail("release", errno);
  close(directory);
}

}  // namespace floor_limit
