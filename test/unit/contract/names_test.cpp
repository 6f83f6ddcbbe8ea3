// SPDX-License-Identifier: Apache-2.0
#include "common/contract/detail/verbatim_error.hpp"
#include "test/unit/contract/support.hpp"

using namespace patchbay::contract;
using patchbay::Code;
using patchbay::test::error_of;

TEST_CASE("Names that runtimes use are taken") {
  for (const char* id : {"a", "0", "cnitool-77383ca0a0715733ca6f", "A.b_c-d"}) CHECK_NOTHROW(validate_container_id(id));
  CHECK_NOTHROW(validate_container_id(std::string(253, 'a')));
  for (const char* name : {"eth0", "lo", "a", "net1.100", "fifteen-letters", "éth", "-", "allx", "..."}) {
    CAPTURE(name);
    CHECK_NOTHROW(validate_ifname(name));
  }
  for (const char* name : {"net", "k8s-pod-network", "10-x", "a.b"}) CHECK_NOTHROW(validate_network_name(name));
  for (const char* type : {"host-local", "static", "my ipam", "a..b"}) CHECK_NOTHROW(validate_plugin_type(type, "/x"));
}

TEST_CASE("Container IDs and network names are made of the specification's letters") {
  for (const char* name : {".a", "-a", "_a", "a/b", "a b", "a\n", "é", "a\"", "a;b", "../x"}) {
    CAPTURE(name);
    const auto id = error_of([&] { validate_container_id(name); });
    CHECK(id.code() == Code::invalid_environment);
    CHECK(id.summary() == "invalid characters in containerID");
    const auto network = error_of([&] { validate_network_name(name); });
    CHECK(network.code() == Code::invalid_config);
    CHECK(network.summary() == "invalid characters found in network name");
  }
  try {
    validate_network_name("a b");
    FAIL("nothing was thrown");
  } catch (const detail::VerbatimError& error) {
    CHECK(error.verbatim() == "a b");
  }
}

TEST_CASE("Empty and endless names are refused") {
  CHECK(error_of([] { validate_container_id(""); }).code() == Code::unknown_container);
  CHECK(error_of([] { validate_container_id(std::string(254, 'a')); }).code() == Code::invalid_environment);
  CHECK(error_of([] { validate_network_name(""); }).summary() == "missing network name");
  CHECK(error_of([] { validate_network_name(std::string(256, 'a')); }).code() == Code::invalid_config);
}

TEST_CASE("Interface names are those that the kernel and /proc/sys can bear") {
  struct Case {
    std::string name, says;
  };
  const std::string separators = "interface name contains / or : or whitespace characters";
  const std::string patterns = "interface name contains % or control characters";
  const auto test = GENERATE_COPY(values<Case>({{"", "interface name is empty"},
                                                {"sixteen-letters-", "interface name is too long"},
                                                {".", "interface name is . or .."},
                                                {"..", "interface name is . or .."},
                                                {"a/b", separators},
                                                {"eth0:1", separators},
                                                {"a b", separators},
                                                {"a\t", separators},
                                                {"a\u00a0", separators},
                                                {"a\u3000b", separators},
                                                {"eth%d", patterns},
                                                {"a\x01", patterns},
                                                {"a\x7f", patterns},
                                                {"all", "interface name is all or default"},
                                                {"default", "interface name is all or default"}}));
  CAPTURE(test.name);
  const auto error = error_of([&] { validate_ifname(test.name); });
  CHECK(error.code() == Code::invalid_environment);
  CHECK(error.summary() == test.says);
}

TEST_CASE("The type of a plugin is a file name and nothing else") {
  for (const char* type : {"", ".", "..", "/bin/sh", "../../sbin/reboot", "a/b", "a\n"}) {
    CAPTURE(type);
    const auto error = error_of([&] { validate_plugin_type(type, "/ipam/type"); });
    CHECK(error.code() == Code::invalid_config);
    CHECK(error.pointer() == "/ipam/type");
  }
  CHECK_THROWS(validate_plugin_type(std::string(256, 'a'), "/x"));
  CHECK_THROWS(validate_plugin_type(std::string_view{"a\0b", 3}, "/x"));
}
