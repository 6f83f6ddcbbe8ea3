// SPDX-License-Identifier: Apache-2.0
// connect serve PORT: accepts and closes, until it is ended; prints "ready" when it listens.
// connect measure ADDRESS PORT MILLISECONDS: new connections one after another, each reset, so that no
// port waits; prints "COUNT FAILED SECONDS MIN_us P10_us MEDIAN_us P90_us CPU_us" (of one connection).
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(2);
}

sockaddr_in address_of(const char* ip, const char* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  if (inet_pton(AF_INET, ip, &address.sin_addr) != 1) die("address");
  return address;
}

const sockaddr* general(const sockaddr_in& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

template <class Value>
void option(int socket, int name, const Value& value) {
  if (setsockopt(socket, SOL_SOCKET, name, &value, sizeof value) != 0) die("setsockopt");
}

int make_socket() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) die("socket");
  return socket;
}

int serve(const char* port) {
  const int socket = make_socket();
  option(socket, SO_REUSEADDR, 1);
  const auto address = address_of("0.0.0.0", port);
  if (bind(socket, general(address), sizeof address) != 0 || listen(socket, 4096) != 0) die("listen");
  std::puts("ready");
  std::fflush(stdout);
  for (;;) {
    const int accepted = accept(socket, nullptr, nullptr);
    if (accepted >= 0) close(accepted);
  }
}

double own_cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

// Microseconds that connect() took; negative when it failed.
double connect_once(const sockaddr_in& address) {
  const int socket = make_socket();
  option(socket, SO_LINGER, linger{1, 0});
  option(socket, SO_SNDTIMEO, timeval{0, 500'000});
  const auto start = Clock::now();
  const bool connected = connect(socket, general(address), sizeof address) == 0;
  const std::chrono::duration<double, std::micro> took = Clock::now() - start;
  close(socket);
  return connected ? took.count() : -1;
}

int measure(const char* ip, const char* port, int milliseconds) {
  const auto address = address_of(ip, port);
  std::vector<double> took;
  int failed = 0;
  // The first finds no neighbour entry on the way yet; it belongs to no figure.
  for (int tries = 0; tries < 10 && connect_once(address) < 0; ++tries) continue;
  const double cpu = own_cpu();
  const auto start = Clock::now();
  while (Clock::now() - start < std::chrono::milliseconds(milliseconds)) {
    const double once = connect_once(address);
    if (once < 0) {
      ++failed;
    } else {
      took.push_back(once);
    }
  }
  const std::chrono::duration<double> seconds = Clock::now() - start;
  const double each = (own_cpu() - cpu) / std::max(1.0, static_cast<double>(took.size()));
  std::sort(took.begin(), took.end());
  const auto quantile = [&](double part) {
    return took.empty() ? 0.0 : took[static_cast<std::size_t>(part * static_cast<double>(took.size() - 1))];
  };
  std::printf("%zu %d %.3f %.2f %.2f %.2f %.2f %.2f\n", took.size(), failed, seconds.count(), quantile(0),
              quantile(0.1), quantile(0.5), quantile(0.9), each);
  return took.empty() ? 1 : 0;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view mode = count > 1 ? arguments[1] : "";
  if (mode == "serve" && count == 3) return serve(arguments[2]);
  if (mode == "measure" && count == 5) return measure(arguments[2], arguments[3], std::atoi(arguments[4]));
  std::fputs("usage: connect serve PORT | connect measure ADDRESS PORT MILLISECONDS\n", stderr);
  return 2;
}
