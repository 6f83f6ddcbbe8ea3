// SPDX-License-Identifier: Apache-2.0
#include "test/support/echo.hpp"

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#include "test/support/process.hpp"

namespace patchbay::test {

namespace {

// RFC 1071
std::uint16_t checksum(std::span<const unsigned char> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += static_cast<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

// Type, code, checksum, identifier, sequence: the same eight octets in both families.
constexpr std::size_t kHeader = 8;

}  // namespace

int open_echo_socket(bool v4) {
  const int fd = v4 ? socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP)
                    : socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
  if (fd < 0) fail_errno("raw socket");
  return fd;
}

EchoRequest echo_request(bool v4) {
  static std::atomic<unsigned> counter{static_cast<unsigned>(getpid())};
  const auto id = static_cast<std::uint16_t>(++counter);
  std::vector<unsigned char> bytes(kHeader + 8, 0);
  bytes[0] = v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
  bytes[4] = static_cast<unsigned char>(id >> 8), bytes[5] = static_cast<unsigned char>(id);
  if (const auto sum = checksum(bytes); v4)  // ICMPv6: the kernel's work, RFC 3542 section 3.1
    bytes[2] = static_cast<unsigned char>(sum >> 8), bytes[3] = static_cast<unsigned char>(sum);
  return {v4, id, bytes};
}

bool is_answer(const EchoRequest& request, std::span<const unsigned char> packet) {
  if (request.v4) {  // comes with its IP header, raw(7)
    if (packet.empty()) return false;
    const std::size_t ip_header = (packet[0] & 0xfU) * 4U;
    if (packet.size() < ip_header) return false;
    packet = packet.subspan(ip_header);
  }
  return packet.size() >= kHeader && packet[0] == (request.v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) &&
         std::memcmp(&packet[4], &request.bytes[4], 4) == 0;
}

}  // namespace patchbay::test
