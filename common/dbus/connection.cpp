// SPDX-License-Identifier: Apache-2.0
#include "common/dbus/connection.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "common/base/error.hpp"
#include "common/os/retry.hpp"

namespace patchbay::dbus {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kUsualSocket = "/run/dbus/system_bus_socket", kUnixPath = "unix:path=";
constexpr const char* kBus = "org.freedesktop.DBus";
constexpr std::size_t kLongestLine = 512;

std::string socket_path() {
  const char* configured = std::getenv("DBUS_SYSTEM_BUS_ADDRESS");
  std::string_view address = configured == nullptr ? std::string_view{} : configured;
  if (!address.starts_with(kUnixPath)) return std::string{kUsualSocket};
  address.remove_prefix(kUnixPath.size());
  return std::string{address.substr(0, address.find_first_of(",;"))};
}

MethodCall of_bus(std::string member, std::vector<std::string> arguments = {}) {
  return {.destination = kBus,
          .path = "/org/freedesktop/DBus",
          .interface = kBus,
          .member = std::move(member),
          .arguments = std::move(arguments)};
}

void await(int fd, short events, const os::Deadline& deadline) {
  pollfd waiting{.fd = fd, .events = events, .revents = 0};
  const int ready = os::retry_interrupted([&] { return poll(&waiting, 1, deadline.poll_timeout()); });
  if (ready < 0) throw system_error(Code::io_failure, "wait for the system bus", errno);
  if (ready == 0) throw Error{Code::try_again, "nothing was heard over the system bus in time"};
}

bool would_block() { return errno == EAGAIN; }

// nullopt: nobody is there.
std::optional<os::UniqueFd> connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  path.copy(address.sun_path, path.size());
  os::UniqueFd fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd) throw system_error(Code::io_failure, "open a socket", errno);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (os::retry_interrupted([&] { return connect(fd.get(), generic, sizeof address); }) == 0) return fd;
  if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR) return std::nullopt;
  throw system_error(would_block() ? Code::try_again : Code::not_available, "connect to the system bus", errno);
}

}  // namespace

bool has_system_bus() { return access(socket_path().c_str(), F_OK) == 0; }

std::optional<Connection> Connection::to_system_bus(const os::Deadline& deadline) {
  auto fd = connect_to(socket_path());
  if (!fd) return std::nullopt;
  Connection connection{std::move(*fd), deadline};
  connection.introduce();
  return connection;
}

// The kernel tells the bus who we are; it need not be told in words, which in a user namespace would be other ones.
// Everything is sent at once, as a server must expect: one round trip less.
void Connection::introduce() {
  static constexpr std::string_view kWords = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"sv;
  send({kWords.begin(), kWords.end()});
  if (receive_line() != "DATA" || !receive_line().starts_with("OK ")) {
    throw Error{Code::not_available, "the system bus does not let us in"};
  }
  const Message welcome = call(of_bus("Hello"));
  if (!welcome.error.empty()) {
    throw Error{Code::not_available, "the system bus does not let us in"}.reason(0,
                                                                                 welcome.error + ": " + welcome.text);
  }
}

Message Connection::call(const MethodCall& call) {
  send(encode(call, ++serial_));
  for (;;) {
    Message message = receive_message();
    const bool answers = message.type == Message::Type::reply || message.type == Message::Type::error;
    if (!answers || message.reply_to != serial_) continue;
    if (message.type == Message::Type::error && message.error.empty()) message.error = "an error without a name";
    if (message.type == Message::Type::reply) message.error.clear();
    return message;
  }
}

bool Connection::has_owner(const std::string& name) { return call(of_bus("NameHasOwner", {name})).flag; }

void Connection::send(const Bytes& bytes) const {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto more = os::retry_interrupted(
        [&] { return ::send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL); });
    if (more < 0 && !would_block()) throw system_error(Code::io_failure, "speak to the system bus", errno);
    if (more < 0) await(fd_.get(), POLLOUT, deadline_);
    if (more > 0) sent += static_cast<std::size_t>(more);
  }
}

void Connection::receive() {
  std::array<std::uint8_t, 4096> some{};
  for (;;) {
    if (deadline_.passed()) throw Error{Code::try_again, "nothing was heard over the system bus in time"};
    const auto size = os::retry_interrupted([&] { return recv(fd_.get(), some.data(), some.size(), 0); });
    if (size == 0) throw Error{Code::io_failure, "the system bus has ended the connection"};
    if (size > 0) {
      inbox_.insert(inbox_.end(), some.begin(), some.begin() + size);
      return;
    }
    if (!would_block()) throw system_error(Code::io_failure, "listen to the system bus", errno);
    await(fd_.get(), POLLIN, deadline_);
  }
}

std::string Connection::receive_line() {
  static constexpr std::string_view kEnd = "\r\n";
  for (;;) {
    const auto end = std::search(inbox_.begin(), inbox_.end(), kEnd.begin(), kEnd.end());
    if (end != inbox_.end()) {
      std::string line{inbox_.begin(), end};
      inbox_.erase(inbox_.begin(), end + static_cast<std::ptrdiff_t>(kEnd.size()));
      return line;
    }
    if (inbox_.size() > kLongestLine) throw Error{Code::decode_failure, "the system bus speaks another protocol"};
    receive();
  }
}

Message Connection::receive_message() {
  while (inbox_.size() < kPrefix) receive();
  const std::size_t size = size_of_message(inbox_);
  while (inbox_.size() < size) receive();
  Message message = decode({inbox_.data(), size});
  inbox_.erase(inbox_.begin(), inbox_.begin() + static_cast<std::ptrdiff_t>(size));
  return message;
}

}  // namespace patchbay::dbus
