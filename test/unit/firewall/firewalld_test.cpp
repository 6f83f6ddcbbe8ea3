// SPDX-License-Identifier: Apache-2.0
// What is asked of firewalld, and what its answers mean.
#include "common/firewall/firewalld/firewalld.hpp"

#include <functional>

#include "common/base/error.hpp"
#include "test/support/catch.hpp"
#include "test/support/fake_firewalld.hpp"

using namespace patchbay;
using namespace patchbay::firewall::firewalld;
using patchbay::test::Answer;
using patchbay::test::FakeBus;
using patchbay::test::FakeFirewalld;

namespace {

using Zones = FakeFirewalld::Zones;

std::vector<net::Cidr> addresses(std::initializer_list<const char*> texts) {
  std::vector<net::Cidr> list;
  for (const char* text : texts) list.push_back(*net::Cidr::parse(text));
  return list;
}

Error failure(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing failed");
  return {Code::internal, ""};
}

}  // namespace

TEST_CASE("firewalld: addresses become sources and cease to be") {
  FakeFirewalld fake;
  const auto both = addresses({"10.1.0.2/24", "fd00::2/64"});
  CHECK(add_sources("trusted", both) == both);
  CHECK(fake.zones() == Zones{{"10.1.0.2/32", "trusted"}, {"fd00::2/128", "trusted"}});
  CHECK(add_sources("trusted", both).empty());
  CHECK(missing("trusted", both).empty());
  remove_sources("trusted", both);
  CHECK(fake.zones().empty());
  CHECK(missing("trusted", both).size() == 2);
  CHECK_NOTHROW(remove_sources("trusted", both));
}

TEST_CASE("firewalld: all or none") {
  FakeFirewalld fake;
  const Zones before{{"10.1.0.3/32", "trusted"}, {"fd00::bad/128", "internal"}};
  fake.set_zones(before);
  const Error error = failure([] {
    add_sources("trusted", addresses({"10.1.0.2/24", "10.1.0.3/24", "fd00::bad/64"}));
  });
  CHECK(error.code() == Code::firewall_refused);
  CHECK(error.details().find("another zone") != std::string::npos);
  CHECK(fake.zones() == before);  // what was there is not ours to take out
  CHECK_NOTHROW(remove_sources("trusted", addresses({"fd00::bad/64"})));
  CHECK(fake.zones() == before);
}

TEST_CASE("firewalld: a zone that does not exist is named") {
  FakeFirewalld fake;
  const auto one = addresses({"10.1.0.2/24"});
  const Error error = failure([&] { add_sources("nowhere", one); });
  CHECK(error.code() == Code::invalid_config);
  CHECK(error.pointer() == "/firewalldZone");
  CHECK(missing("nowhere", one).size() == 1);
  CHECK_NOTHROW(remove_sources("nowhere", one));
  CHECK(failure([] { require("nowhere"); }).code() == Code::not_available);
  CHECK_NOTHROW(require("trusted"));
}

TEST_CASE("firewalld: nobody there, or nobody who answers us") {
  const auto one = addresses({"10.1.0.2/24"});
  const std::string name =
      GENERATE("org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.AccessDenied");
  const bool nobody = name.ends_with("Unknown");
  FakeBus bus{FakeBus::Call{[name](const std::string&, const std::vector<std::string>&) -> Answer {
    return {.error = name, .text = "no", .flag = {}};
  }}};
  CHECK(failure([&] { add_sources("trusted", one); }).code() ==
        (nobody ? Code::not_available : Code::firewall_refused));
  CHECK(missing("trusted", one).size() == 1);
  if (nobody) CHECK_NOTHROW(remove_sources("trusted", one));
  if (!nobody) CHECK(failure([&] { remove_sources("trusted", one); }).code() == Code::firewall_refused);
}

TEST_CASE("firewalld: without a bus there is none") {
  setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere", 1);
  const auto one = addresses({"10.1.0.2/24"});
  CHECK_FALSE(runs_here());
  CHECK(failure([&] { add_sources("trusted", one); }).code() == Code::not_available);
  CHECK(missing("trusted", one).size() == 1);
  CHECK_NOTHROW(remove_sources("trusted", one));
  unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}
