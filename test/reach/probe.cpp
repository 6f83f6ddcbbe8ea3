// SPDX-License-Identifier: Apache-2.0
#include "test/reach/probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "common/os/unique_fd.hpp"
#include "test/support/process.hpp"
#include "test/support/server.hpp"

namespace patchbay::test::reach {

namespace {

struct Conversation {
  os::UniqueFd socket;  // none when it is over
  std::string heard;
};

bool connect_to(int socket, const std::string& ip, int port) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET, v6.sin6_family = AF_INET6;
  v4.sin_port = v6.sin6_port = htons(static_cast<std::uint16_t>(port));
  const bool is_v4 = inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1;
  if (!is_v4 && inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr) != 1) throw std::runtime_error{ip + " is no address"};
  const int result = is_v4 ? connect(socket, reinterpret_cast<const sockaddr*>(&v4), sizeof v4)
                           : connect(socket, reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  return result == 0 || errno == EINPROGRESS;
}

Conversation begin(World& world, const Question& question) {
  Conversation begun;
  const int family = question.to.find(':') == std::string::npos ? AF_INET : AF_INET6;
  world.in(question.from, [&] { begun.socket.reset(open_socket(family, question.protocol)); });
  if (!connect_to(begun.socket.get(), question.to, question.port) ||
      (question.protocol == "udp" && send(begun.socket.get(), "?", 1, 0) < 0))
    begun.socket.reset();
  return begun;
}

// Servers speak first and in one line; an error or an end without it is no answer.
void listen_to(Conversation& conversation) {
  char part[256];
  const auto size = recv(conversation.socket.get(), part, sizeof part, 0);
  if (size < 0 && errno == EAGAIN) return;
  conversation.heard.append(part, size > 0 ? static_cast<std::size_t>(size) : 0);
  const bool whole = conversation.heard.ends_with('\n');
  if (size > 0 && !whole) return;
  if (whole) conversation.heard.pop_back();
  if (!whole) conversation.heard.clear();
  conversation.socket.reset();  // the next one is waiting for the server
}

}  // namespace

std::vector<std::string> ask(World& world, const std::vector<Question>& questions, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  std::vector<Conversation> all;
  for (const Question& question : questions) all.push_back(begin(world, question));
  while (std::ranges::any_of(all, [](const Conversation& one) { return static_cast<bool>(one.socket); })) {
    std::vector<pollfd> events;
    for (const Conversation& one : all) events.push_back({one.socket.get(), POLLIN, 0});
    const int ready = poll(events.data(), events.size(), milliseconds_until(end));
    if (ready < 0 && errno != EINTR) fail_errno("poll");
    if (ready == 0) break;
    for (std::size_t i = 0; ready > 0 && i < all.size(); ++i)
      if (events[i].revents != 0) listen_to(all[i]);
  }
  std::vector<std::string> answers;
  for (Conversation& one : all) answers.push_back(one.socket ? "" : std::move(one.heard));
  return answers;
}

}  // namespace patchbay::test::reach
