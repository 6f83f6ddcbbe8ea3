// SPDX-License-Identifier: Apache-2.0
// Conversations with a bus, and with what only looks like one.
#include "common/dbus/connection.hpp"

#include <sys/socket.h>

#include "common/base/error.hpp"
#include "test/support/catch.hpp"
#include "test/support/fake_bus.hpp"

using namespace patchbay;
using namespace patchbay::dbus;
using patchbay::test::Answer;
using patchbay::test::encode_answer;
using patchbay::test::FakeBus;
using patchbay::test::greet;
using patchbay::test::read_message;
using patchbay::test::write_all;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kShort{200}, kLong{5000};

Code failure(milliseconds patience) {
  try {
    auto bus = Connection::to_system_bus(os::Deadline::in(patience));
    REQUIRE(bus);
    static_cast<void>(bus->has_owner("a.b"));
  } catch (const Error& error) {
    return error.code();
  }
  FAIL("nothing failed");
  return Code::internal;
}

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace

TEST_CASE("a call is made and its answer heard") {
  FakeBus fake{FakeBus::Call{[](const std::string& member, const std::vector<std::string>& arguments) -> Answer {
    if (member == "NameHasOwner") return {.error = {}, .text = {}, .flag = arguments.at(0) == "a.b"};
    if (member == "Fail") return {.error = "a.b.Failed", .text = "because", .flag = {}};
    return {.error = {}, .text = arguments.at(0) + arguments.at(1), .flag = {}};
  }}};
  CHECK(has_system_bus());
  auto bus = Connection::to_system_bus(os::Deadline::in(kLong));
  REQUIRE(bus);
  CHECK(bus->has_owner("a.b"));
  CHECK_FALSE(bus->has_owner("a.c"));
  MethodCall call{.destination = "a.b", .path = "/a", .interface = "a.b", .member = "Join", .arguments = {"x", ""}};
  CHECK(bus->call(call).text == "x");
  call.member = "Fail";
  const Message refused = bus->call(call);
  CHECK(refused.error == "a.b.Failed");
  CHECK(refused.text == "because");
}

TEST_CASE("what is no answer to us is passed over") {
  FakeBus fake{FakeBus::Serve{[](int fd) {
    if (!greet(fd)) return;
    for (std::uint32_t serial = 1; !read_message(fd).empty(); ++serial) {
      Bytes signal = encode_answer(serial, {.error = {}, .text = "signal", .flag = {}});
      signal[1] = 4;
      const Bytes others = encode_answer(serial + 7, {.error = {}, .text = {}, .flag = false});
      if (!write_all(fd, signal) || !write_all(fd, others)) return;
      for (const std::uint8_t byte : encode_answer(serial, {.error = {}, .text = {}, .flag = true})) {
        if (!write_all(fd, {byte})) return;  // in as many pieces as there can be
      }
    }
  }}};
  auto bus = Connection::to_system_bus(os::Deadline::in(kLong));
  REQUIRE(bus);
  CHECK(bus->has_owner("a.b"));
}

TEST_CASE("where there is no bus, nobody is asked") {
  setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/at/all,guid=1;tcp:host=x", 1);
  CHECK_FALSE(has_system_bus());
  CHECK_FALSE(Connection::to_system_bus(os::Deadline::in(kShort)));
  unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}

TEST_CASE("a bus that falls silent is not waited for beyond the deadline") {
  const bool lets_in = GENERATE(false, true);
  FakeBus fake{FakeBus::Serve{[lets_in](int fd) {
    if (lets_in && !greet(fd)) return;
    std::uint8_t byte = 0;
    while (recv(fd, &byte, 1, 0) > 0) {
    }
  }}};
  const auto before = std::chrono::steady_clock::now();
  CHECK(failure(kShort) == Code::try_again);
  CHECK(std::chrono::steady_clock::now() - before < kLong);
}

TEST_CASE("a bus that talks without end is not listened to beyond the deadline") {
  FakeBus fake{FakeBus::Serve{[](int fd) {
    if (!greet(fd)) return;
    Bytes signal = encode_answer(1, {.error = {}, .text = "signal", .flag = {}});
    signal[1] = 4;
    while (write_all(fd, signal)) {
    }
  }}};
  CHECK(failure(kShort) == Code::try_again);
}

TEST_CASE("garbage, refusals and huge messages are errors") {
  struct Bad {
    const char* what;
    Bytes words, messages;
    Code code;
  };
  const Bytes welcome = bytes_of("DATA\r\nOK 0123\r\n");
  Bytes huge = encode_answer(1, {.error = {}, .text = "x", .flag = {}});
  huge[4] = huge[5] = huge[6] = 0xff;
  for (const Bad& bad :
       {Bad{"http", bytes_of("HTTP/1.1 400 Bad Request\r\n\r\n"), {}, Code::not_available},
        Bad{"refusal", bytes_of("DATA\r\nREJECTED EXTERNAL\r\n"), {}, Code::not_available},
        Bad{"endless line", Bytes(5000, 'x'), {}, Code::decode_failure}, Bad{"nothing", {}, {}, Code::io_failure},
        Bad{"garbage", welcome, Bytes(64, 0xa5), Code::decode_failure},
        Bad{"huge", welcome, huge, Code::decode_failure},
        Bad{"no hello", welcome, encode_answer(1, {.error = "a.b.C", .text = "full", .flag = {}}), Code::not_available},
        Bad{"half a message", welcome, bytes_of("l"), Code::io_failure}}) {
    INFO(bad.what);
    FakeBus fake{FakeBus::Serve{[&bad](int fd) {
      Bytes all = bad.words;
      all.insert(all.end(), bad.messages.begin(), bad.messages.end());
      if (!write_all(fd, all)) return;
      shutdown(fd, SHUT_WR);
      std::uint8_t byte = 0;
      while (recv(fd, &byte, 1, 0) > 0) {
      }
    }}};
    CHECK(failure(kLong) == bad.code);
  }
}
