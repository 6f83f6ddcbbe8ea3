// SPDX-License-Identifier: Apache-2.0
#include "test/support/fake_bus.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "common/dbus/detail/reader.hpp"
#include "common/dbus/detail/writer.hpp"
#include "test/support/process.hpp"

namespace patchbay::test {
namespace {

using dbus::detail::Reader;
using dbus::detail::Writer;

bool read_exactly(int fd, std::uint8_t* to, std::size_t size) {
  while (size > 0) {
    const auto got = recv(fd, to, size, 0);
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

// The member and the arguments of a call, which decode() has no use for.
std::pair<std::string, std::vector<std::string>> parse_call(const dbus::Bytes& bytes) {
  Reader from{bytes};
  from.skip(12);
  const std::size_t end = from.number() + 16;
  std::string member, signature;
  while (from.position() < end) {
    from.align(8);
    const int field = from.byte();
    const std::string type = from.signature();
    const std::string value = type == "g" ? from.signature() : from.text();
    if (field == 3) member = value;
    if (field == 8) signature = value;
  }
  from.align(8);
  std::vector<std::string> arguments;
  for (std::size_t i = 0; i < signature.size(); ++i) arguments.push_back(from.text());
  return {member, arguments};
}

void converse(int fd, const FakeBus::Call& call) {
  if (!greet(fd)) return;
  for (dbus::Bytes bytes = read_message(fd); !bytes.empty(); bytes = read_message(fd)) {
    std::uint32_t serial = 0;
    std::memcpy(&serial, &bytes[8], sizeof serial);
    const auto [member, arguments] = parse_call(bytes);
    const Answer answer = member == "Hello" ? Answer{.error = {}, .text = ":1.7", .flag = {}} : call(member, arguments);
    if (!write_all(fd, encode_answer(serial, answer))) return;
  }
}

}  // namespace

dbus::Bytes encode_answer(std::uint32_t serial, const Answer& answer) {
  Writer fields, body, message;
  const auto field = [&](std::uint8_t code, const char* type) {
    fields.align(8);
    fields.byte(code);
    fields.signature(type);
  };
  field(5, "u");
  fields.number(serial);
  if (!answer.error.empty()) field(4, "s"), fields.text(answer.error);
  if (answer.flag) field(8, "g"), fields.signature("b"), body.number(*answer.flag ? 1 : 0);
  if (!answer.text.empty()) field(8, "g"), fields.signature("s"), body.text(answer.text);
  const dbus::Bytes call = dbus::encode({}, 1);  // for its byte order
  message.byte(call.front());
  message.byte(answer.error.empty() ? 2 : 3);
  message.byte(0);
  message.byte(1);
  message.number(static_cast<std::uint32_t>(body.bytes().size()));
  message.number(serial + 100);
  message.number(static_cast<std::uint32_t>(fields.bytes().size()));
  message.append(fields.bytes());
  message.align(8);
  message.append(body.bytes());
  return message.bytes();
}

bool greet(int fd) {
  std::string words;
  while (!words.ends_with("BEGIN\r\n")) {
    std::uint8_t byte = 0;
    if (!read_exactly(fd, &byte, 1)) return false;
    words += static_cast<char>(byte);
  }
  static const std::string kWelcome = "DATA\r\nOK 0123456789abcdef0123456789abcdef\r\n";
  return write_all(fd, {kWelcome.begin(), kWelcome.end()}) &&
         words == std::string{"\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n", 29};
}

dbus::Bytes read_message(int fd) {
  dbus::Bytes bytes(dbus::kPrefix);
  if (!read_exactly(fd, bytes.data(), bytes.size())) return {};
  const std::size_t size = dbus::size_of_message(bytes);
  bytes.resize(size);
  if (!read_exactly(fd, bytes.data() + dbus::kPrefix, size - dbus::kPrefix)) return {};
  return bytes;
}

bool write_all(int fd, const dbus::Bytes& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto more = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (more <= 0) return false;
    sent += static_cast<std::size_t>(more);
  }
  return true;
}

FakeBus::FakeBus(Call call, const std::string& path)
    : FakeBus(Serve{[call = std::move(call)](int fd) { converse(fd, call); }}, path) {}

void FakeBus::listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  listener_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (bind(listener_.get(), generic, sizeof address) != 0 || listen(listener_.get(), 8) != 0) fail_errno("be a bus");
}

FakeBus::FakeBus(Serve serve, const std::string& path) {
  if (path.empty()) {
    std::string pattern = "/tmp/patchbay-bus-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) fail_errno("make a directory for a bus");
    directory_ = pattern;
    listen_at(directory_ + "/bus");
    if (setenv("DBUS_SYSTEM_BUS_ADDRESS", ("unix:path=" + directory_ + "/bus").c_str(), 1) != 0)
      fail_errno("name the bus");
  } else {
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
    listen_at(path);
  }
  // Signals are for who waits for them: SIGCHLD in this thread would be lost.
  sigset_t all{}, before{};
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread{[listener = listener_.get(), serve = std::move(serve)] {
    for (;;) {
      const os::UniqueFd client{accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)};
      if (!client) return;
      serve(client.get());
    }
  }};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

FakeBus::~FakeBus() {
  shutdown(listener_.get(), SHUT_RDWR);  // accept(2) returns
  thread_.join();
  if (directory_.empty()) return;
  unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
  std::filesystem::remove_all(directory_);
}

}  // namespace patchbay::test
