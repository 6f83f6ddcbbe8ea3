// SPDX-License-Identifier: Apache-2.0
#include "test/reach/frame.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <span>

#include "common/os/unique_fd.hpp"
#include "test/support/process.hpp"

namespace patchbay::test::reach {

namespace {

using Bytes = std::vector<unsigned char>;

constexpr int kFirstPort = 40000;
constexpr unsigned char kSyn = 0x02, kSynAck = 0x12;

void put16(Bytes& to, unsigned value) {
  to.push_back(static_cast<unsigned char>(value >> 8U));
  to.push_back(static_cast<unsigned char>(value));
}

void put(Bytes& to, const void* from, std::size_t size) {
  const auto* start = static_cast<const unsigned char*>(from);
  to.insert(to.end(), start, start + size);
}

void set16(Bytes& in, std::size_t at, unsigned value) {
  in[at] = static_cast<unsigned char>(value >> 8U);
  in[at + 1] = static_cast<unsigned char>(value);
}

unsigned get16(std::span<const unsigned char> from, std::size_t at) {
  return unsigned{from[at]} << 8U | unsigned{from[at + 1]};
}

// RFC 1071
unsigned checksum(const Bytes& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += static_cast<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return ~sum & 0xffffU;
}

unsigned number_of(const std::string& protocol) { return protocol == "udp" ? IPPROTO_UDP : IPPROTO_TCP; }

Bytes segment(const Frame& frame, int source_port) {
  Bytes bytes;
  put16(bytes, static_cast<unsigned>(source_port));
  put16(bytes, static_cast<unsigned>(frame.port));
  if (frame.protocol == "udp") {
    put16(bytes, 9);  // length
    put16(bytes, 0);
    bytes.push_back('?');
    return bytes;
  }
  bytes.insert(bytes.end(), {0, 0, 0, 1, 0, 0, 0, 0, 5 << 4, kSyn});
  put16(bytes, 1000);  // window
  put16(bytes, 0);
  put16(bytes, 0);
  return bytes;
}

// Over the pseudo-header too, which is the same sum in both families.
void sign(Bytes& segment, const Frame& frame) {
  Bytes all;
  put(all, frame.source.data(), frame.source.size());
  put(all, frame.destination.data(), frame.destination.size());
  put16(all, number_of(frame.protocol));
  put16(all, static_cast<unsigned>(segment.size()));
  put(all, segment.data(), segment.size());
  set16(segment, frame.protocol == "udp" ? 6 : 16, checksum(all));
}

Bytes header(const Frame& frame, std::size_t payload) {
  Bytes bytes;
  if (!frame.source.is_v4()) {
    bytes = {0x60, 0, 0, 0};
    put16(bytes, static_cast<unsigned>(payload));
    bytes.push_back(static_cast<unsigned char>(number_of(frame.protocol)));
    bytes.push_back(64);
  } else {
    bytes = {0x45, 0};
    put16(bytes, static_cast<unsigned>(payload + 20));
    bytes.insert(bytes.end(), {0, 0, 0, 0, 64, static_cast<unsigned char>(number_of(frame.protocol)), 0, 0});
  }
  put(bytes, frame.source.data(), frame.source.size());
  put(bytes, frame.destination.data(), frame.destination.size());
  if (frame.source.is_v4()) set16(bytes, 10, checksum(bytes));
  return bytes;
}

// The frame's answer, when it is one to `source_port`.
std::optional<std::string> answer(std::span<const unsigned char> packet, const Frame& frame, int source_port) {
  const bool v4 = frame.source.is_v4();
  const std::size_t ip = ETH_HLEN, transport = ip + (v4 ? 20 : 40);
  const bool is_ours = packet.size() >= transport + 14 && get16(packet, 12) == (v4 ? ETH_P_IP : ETH_P_IPV6) &&
                       packet[ip + (v4 ? 9 : 6)] == number_of(frame.protocol) &&
                       get16(packet, transport) == static_cast<unsigned>(frame.port) &&
                       get16(packet, transport + 2) == static_cast<unsigned>(source_port);
  if (!is_ours) return std::nullopt;
  if (frame.protocol == "tcp") return packet[transport + 13] == kSynAck ? std::optional{"SYN-ACK"} : std::nullopt;
  const auto text = packet.subspan(transport + 8, get16(packet, transport + 4) - 8U);
  return std::string{text.begin(), text.end() - 1};  // without newline
}

os::UniqueFd open_packet_socket(World& world, const std::string& netns) {
  os::UniqueFd socket;
  world.in(netns, [&] {
    socket.reset(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL)));
    sockaddr_ll eth0{};
    eth0.sll_family = AF_PACKET;
    eth0.sll_protocol = htons(ETH_P_ALL);
    eth0.sll_ifindex = static_cast<int>(if_nametoindex("eth0"));
    if (!socket || bind(socket.get(), reinterpret_cast<const sockaddr*>(&eth0), sizeof eth0) != 0)
      fail_errno("packet socket");
  });
  return socket;
}

}  // namespace

Bytes bytes_of(const Frame& frame, int source_port) {
  Bytes bytes;
  put(bytes, frame.to.octets.data(), frame.to.octets.size());
  put(bytes, frame.from.octets.data(), frame.from.octets.size());
  put16(bytes, frame.source.is_v4() ? ETH_P_IP : ETH_P_IPV6);
  Bytes payload = segment(frame, source_port);
  sign(payload, frame);
  const Bytes head = header(frame, payload.size());
  put(bytes, head.data(), head.size());
  put(bytes, payload.data(), payload.size());
  return bytes;
}

std::vector<std::string> send(World& world, const std::string& from, const std::vector<Frame>& frames,
                              std::chrono::milliseconds patience) {
  static int next_port = kFirstPort;  // no two frames of a test belong to one connection
  const int first = next_port;
  next_port += static_cast<int>(frames.size());
  const auto socket = open_packet_socket(world, from);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Bytes bytes = bytes_of(frames[i], first + static_cast<int>(i));
    if (::send(socket.get(), bytes.data(), bytes.size(), 0) < 0) fail_errno("send a frame");
  }
  std::vector<std::string> answers(frames.size());
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    pollfd event{socket.get(), POLLIN, 0};
    const int ready = poll(&event, 1, milliseconds_until(end));
    if (ready < 0 && errno != EINTR) fail_errno("poll");
    if (ready == 0) return answers;
    unsigned char packet[2048];
    const auto size = recv(socket.get(), packet, sizeof packet, 0);
    for (std::size_t i = 0; size > 0 && i < frames.size(); ++i) {
      const auto heard = answer({packet, static_cast<std::size_t>(size)}, frames[i], first + static_cast<int>(i));
      if (heard) answers[i] = *heard;
    }
  }
}

net::Mac mac_of(World& world, const std::string& netns, const std::string& ifname) {
  ifreq request{};
  ifname.copy(request.ifr_name, IFNAMSIZ - 1);
  world.in(netns, [&] {
    const os::UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!socket || ioctl(socket.get(), SIOCGIFHWADDR, &request) != 0) fail_errno("MAC of " + ifname);
  });
  net::Mac mac;
  std::memcpy(mac.octets.data(), request.ifr_hwaddr.sa_data, mac.octets.size());
  return mac;
}

}  // namespace patchbay::test::reach
