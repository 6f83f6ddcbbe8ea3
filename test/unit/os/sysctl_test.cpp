// SPDX-License-Identifier: Apache-2.0
#include "common/os/sysctl.hpp"

#include <unistd.h>

#include "test/unit/os/scratch.hpp"

using namespace std::string_literals;
using patchbay::Code;
using patchbay::test::contains;
using patchbay::test::error_of;
namespace sysctl = patchbay::os::sysctl;

TEST_CASE("a setting is read without its newline") {
  const auto type = sysctl::find("kernel/ostype");
  CHECK(type == "Linux");
  CHECK(sysctl::find("net/ipv4/ip_forward"));
}

TEST_CASE("an absent setting is no error") {
  CHECK_FALSE(sysctl::find("net/ipv4/no_such_setting"));
  CHECK_FALSE(sysctl::find("net/ipv4/conf/no-such-if/rp_filter"));
  CHECK_FALSE(sysctl::find("net/ipv4/ip_forward/below"));
  CHECK_FALSE(sysctl::ensure("net/ipv4/no_such_setting", "1"));
}

TEST_CASE("a setting that is as it should be is not written") {
  // Nobody may write this one.
  CHECK(sysctl::ensure("kernel/ostype", "Linux"));
  CHECK(sysctl::ensure("kernel/ostype", " Linux\n"));
}

TEST_CASE("a setting that cannot be made so says which, what it is and what it should be") {
  const auto error = error_of([] { sysctl::ensure("kernel/ostype", "Plan 9"); });
  CHECK(error.code() == Code::sysctl_refused);
  CHECK(contains(error.summary(), "kernel/ostype"));
  CHECK(contains(error.summary(), "\"Linux\""));
  CHECK(contains(error.summary(), "\"Plan 9\""));
  CHECK(error.error_number() != 0);
}

TEST_CASE("a setting that nobody may write can be set to what it is") {
  CHECK(sysctl::set("kernel/ostype", " Linux\n"));
  CHECK_FALSE(sysctl::set("net/ipv4/no_such_setting", "1"));
  const auto error = error_of([] { sysctl::set("kernel/ostype", "Plan 9"); });
  CHECK(error.code() == Code::sysctl_refused);
  CHECK(contains(error.summary(), "\"Linux\""));
  CHECK(error.error_number() != 0);
}

TEST_CASE("values in columns are compared by column") {
  auto range = sysctl::find("net/ipv4/ip_local_port_range").value();
  const auto tab = range.find('\t');
  REQUIRE(tab != std::string::npos);
  range[tab] = ' ';
  CHECK(sysctl::ensure("net/ipv4/ip_local_port_range", range));
}

TEST_CASE("a key stays below /proc/sys") {
  for (const std::string& key :
       {""s, "/"s, "/kernel/ostype"s, "kernel//ostype"s, "kernel/"s, "../self/comm"s, "net/../kernel/ostype"s,
        "net/ipv4/conf/../ip_forward"s, "./kernel/ostype"s, "kernel/."s, "kernel/.."s, "kernel/ostype\0"s}) {
    CAPTURE(key);
    CHECK(error_of([&] { sysctl::find(key); }).code() == Code::internal);
    CHECK(error_of([&] { sysctl::ensure(key, "1"); }).code() == Code::internal);
    CHECK(error_of([&] { sysctl::set(key, "1"); }).code() == Code::internal);
  }
}
