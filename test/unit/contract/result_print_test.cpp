// SPDX-License-Identifier: Apache-2.0
// What we print against what the reference's library prints: results.golden.
#include <fstream>
#include <map>

#include "common/contract/result.hpp"
#include "test/unit/contract/support.hpp"

using namespace patchbay::contract;
using patchbay::Code;
using patchbay::net::Cidr;
using patchbay::net::Ip;
using patchbay::test::error_of;

namespace {

using Golden = std::map<std::string, std::string>;  // "dual 1.1.0" to its text

Golden read_golden() {
  std::ifstream file{PATCHBAY_SOURCE "/test/unit/contract/results.golden"};
  Golden golden;
  std::string* text = nullptr;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("=== ")) {
      text = &golden[line.substr(4)];
    } else if (text != nullptr) {
      *text += (text->empty() ? "" : "\n") + line;
    }
  }
  return golden;
}

Cidr cidr(const char* text) { return Cidr::parse(text).value(); }
Ip ip(const char* text) { return Ip::parse(text).value(); }

Result dual() {
  return {.interfaces = {{.name = "cni0", .mac = "02:56:9c:ab:07:ce"},
                         {.name = "veth0123456789a", .mac = "ba:9b:de:f9:4b:7a"},
                         {.name = "eth0", .mac = "36:0c:4b:83:01:1c", .sandbox = "/var/run/netns/c1"}},
          .ips = {{.address = cidr("10.77.0.2/24"), .gateway = ip("10.77.0.1"), .interface = 2},
                  {.address = cidr("fd77::2/64"), .gateway = ip("fd77::1"), .interface = 2},
                  {.address = cidr("10.78.0.2/24"), .interface = 2}},
          .routes = {{.dst = cidr("0.0.0.0/0"), .gw = ip("10.77.0.1")},
                     {.dst = cidr("::/0"), .gw = ip("fd77::1")},
                     {.dst = cidr("192.0.2.0/24"),
                      .gw = ip("10.77.0.9"),
                      .mtu = 1400,
                      .advmss = 1360,
                      .priority = 7,
                      .table = 100,
                      .scope = 0},
                     {.dst = cidr("198.51.100.0/24"), .table = 0, .scope = 253}},
          .dns = {.nameservers = {"10.77.0.1", "fd77::1"},
                  .search = {"a.example", "b.example"},
                  .options = {"ndots:5"},
                  .domain = "example.org"}};
}

std::map<std::string, Result> fixtures() {
  const std::string sandbox = "/var/run/netns/c1";
  return {{"dual", dual()},
          {"layer2", {.interfaces = {{.name = "eth0", .mac = "36:0c:4b:83:01:1c", .sandbox = sandbox}}}},
          {"loopback",
           {.interfaces = {{.name = "lo", .mac = "00:00:00:00:00:00", .sandbox = sandbox}},
            .ips = {{.address = cidr("127.0.0.1/8"), .interface = 0}, {.address = cidr("::1/128"), .interface = 0}}}},
          {"ipam",
           {.ips = {{.address = cidr("2001:db8::5/64"), .gateway = ip("2001:db8::1")}},
            .routes = {{.dst = cidr("10.0.0.0/8")}, {.dst = cidr("2001:db8:1::/48"), .mtu = 1280}},
            .dns = {.search = {"x"}}}},
          {"empty", {}},
          {"hostile", {.interfaces = {{.name = "a<b>&\"\\/\b\f\n\r\t\x01\x7f\u2028é", .sandbox = "/ü"}}}},
          {"fields",
           {.interfaces = {{.name = "net1",
                            .mac = "36:0c:4b:83:01:1c",
                            .mtu = 9000,
                            .sandbox = "/n",
                            .socket_path = "/run/s",
                            .pci_id = "0000:01:02.3"}}}}};
}

std::string print_or_error(const Result& result, const Version& version) {
  try {
    return result.print(version);
  } catch (const patchbay::Error& error) {
    return "ERROR " + error.summary();
  }
}

}  // namespace

TEST_CASE("Results are printed byte for byte as the reference prints them, in every version") {
  Golden golden = read_golden();
  REQUIRE(golden.size() == 7 * kSupportedVersions.size());
  // The one reviewed difference: an interface has an MTU from version 1.1.0 of the specification on,
  // the reference's library would print one in 1.0.0 (its plugins never have any).
  std::string& fields = golden["fields 1.0.0"];
  const std::string line = "            \"mtu\": 9000,\n";
  REQUIRE(fields.find(line) != std::string::npos);
  fields.erase(fields.find(line), line.size());

  for (const auto& [name, result] : fixtures()) {
    for (const auto text : kSupportedVersions) {
      const std::string key = name + " " + std::string{text};
      CAPTURE(key);
      REQUIRE(golden.contains(key));
      CHECK(print_or_error(result, *Version::parse(text)) == golden[key]);
    }
  }
}

TEST_CASE("What was printed is read back as it was") {
  for (const auto& [name, result] : fixtures()) {
    for (const char* text : {"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"}) {
      CAPTURE(name, text);
      const Version version = *Version::parse(text);
      const Result again = Result::parse(Json::parse(result.print(version)), version);
      if (name != "fields" || version == Version{1, 1, 0}) CHECK(again == result);
      CHECK(again.print(version) == result.print(version));
    }
  }
}

TEST_CASE("The old versions keep one address of each family, with its routes") {
  const Version version{0, 2, 0};
  const Result again = Result::parse(Json::parse(dual().print(version)), version);
  REQUIRE(again.ips.size() == 2);
  CHECK(again.ips[0] == IpConfig{.address = cidr("10.77.0.2/24"), .gateway = ip("10.77.0.1")});
  CHECK(again.ips[1] == IpConfig{.address = cidr("fd77::2/64"), .gateway = ip("fd77::1")});
  CHECK(again.interfaces.empty());
  REQUIRE(again.routes.size() == 4);
  CHECK(again.routes[1] == Route{.dst = cidr("192.0.2.0/24"), .gw = ip("10.77.0.9")});
  CHECK(again.routes[3].dst == cidr("::/0"));
  CHECK(again.dns == dual().dns);
}

TEST_CASE("Without an address there is nothing to say in the old versions") {
  const auto error = error_of([] { static_cast<void>(Result{}.print({0, 1, 0})); });
  CHECK(error.code() == Code::incompatible_version);
  CHECK(error.summary() == "cannot convert: no valid IP addresses");
}
