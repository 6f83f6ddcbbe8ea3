// SPDX-License-Identifier: Apache-2.0
#include "common/attach/static_addresses.hpp"

#include "test/unit/attach/host_local_support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using nlohmann::json;
namespace static_addresses = attach::static_addresses;

namespace {

json config(json ipam, const std::string& version = "1.1.0") {
  ipam["type"] = "static";
  return {{"cniVersion", version}, {"name", "net"}, {"type", "bridge"}, {"ipam", std::move(ipam)}};
}

Asked asked(json ipam, const std::string& args = "") { return {.config = config(std::move(ipam)), .args = args}; }

const json kOne = json::parse(R"({"addresses": [{"address": "10.1.2.3/24", "gateway": "10.1.2.1"}]})");

std::string given(const Asked& asked) {
  std::string text;
  for (const auto& ip : static_addresses::addresses(asked.request())) {
    text += ip.address.to_string() + (ip.gateway ? " by " + ip.gateway->to_string() : "") + "; ";
  }
  return text;
}

Error refused(const Asked& asked) {
  return error_of([&] { static_addresses::add(asked.request()); });
}

}  // namespace

TEST_CASE("static: configured addresses, then those of CNI_ARGS with their gateways") {
  CHECK(given(asked(kOne)) == "10.1.2.3/24 by 10.1.2.1; ");
  CHECK(given(asked(kOne, "IP=10.2.0.5/16,fd00::5/64;GATEWAY=fd00::1,10.2.0.1")) ==
        "10.1.2.3/24 by 10.1.2.1; 10.2.0.5/16 by 10.2.0.1; fd00::5/64 by fd00::1; ");
  CHECK(given(asked(kOne, "GATEWAY=10.1.2.9")) == "10.1.2.3/24 by 10.1.2.1; ");
  CHECK(given(asked(json::parse(R"({"addresses": [{"address": "10.1.2.3/32", "gateway": "169.254.1.1"}]})"))) ==
        "10.1.2.3/32 by 169.254.1.1; ");
}

TEST_CASE("static: args.cni.ips replaces them, runtimeConfig.ips replaces all") {
  Asked all = asked(kOne, "IP=10.2.0.5/16");
  all.config["args"]["cni"]["ips"] = {"10.3.0.5/16"};
  CHECK(given(all) == "10.3.0.5/16; ");
  all.config["runtimeConfig"]["ips"] = {"10.4.0.5/16", "fd04::5/64"};
  CHECK(given(all) == "10.4.0.5/16; fd04::5/64; ");
}

TEST_CASE("static: what no container can have is refused, where it stands") {
  const auto pointer = [](const char* addresses) {
    return refused(asked({{"addresses", json::parse(addresses)}})).pointer();
  };
  CHECK(pointer(R"([{"address": "10.1.2.3"}])") == "/ipam/addresses/0/address");
  CHECK(pointer(R"([{"address": "10.1.2.3/24"}, {"gateway": "10.1.2.1"}])") == "/ipam/addresses/1/address");
  CHECK(pointer(R"([{"address": "0.0.0.0/24"}])") == "/ipam/addresses/0/address");
  CHECK(pointer(R"([{"address": "127.0.0.1/8"}])") == "/ipam/addresses/0/address");
  CHECK(pointer(R"([{"address": "255.255.255.255/24"}])") == "/ipam/addresses/0/address");
  CHECK(pointer(R"([{"address": "ff02::1/64"}])") == "/ipam/addresses/0/address");
  CHECK(pointer(R"([{"address": "10.1.2.3/24", "gateway": "fd00::1"}])") == "/ipam/addresses/0/gateway");
  CHECK(pointer(R"([{"address": "10.1.2.3/24"}, {"address": "10.1.2.3/16"}])") == "/ipam/addresses");
  CHECK(pointer("[]") == "/ipam/addresses");

  CHECK(refused(asked(kOne, "IP=10.2.0.5")).code() == Code::invalid_environment);
  CHECK(refused(asked(kOne, "IP=10.2.0.5/16,")).code() == Code::invalid_environment);
  CHECK(refused(asked(kOne, "IP=10.2.0.5/16;GATEWAY=10.2")).code() == Code::invalid_environment);
  CHECK(refused(asked(kOne, "COLOUR=red")).code() == Code::invalid_environment);
  Asked runtime = asked(kOne);
  runtime.config["runtimeConfig"]["ips"] = {"10.4.0.5/16", "10.4.0.6"};
  CHECK(refused(runtime).pointer() == "/runtimeConfig/ips/1");
}

TEST_CASE("static: old results have room for one address of each family") {
  Asked two = asked(json::parse(R"({"addresses": [{"address": "10.1.2.3/24"}, {"address": "10.1.2.4/24"}]})"));
  CHECK(given(two) == "10.1.2.3/24; 10.1.2.4/24; ");
  two.config["cniVersion"] = "0.2.0";
  CHECK(refused(two).pointer() == "/ipam/addresses");
  two.config["ipam"]["addresses"][1]["address"] = "fd00::4/64";
  CHECK(given(two) == "10.1.2.3/24; fd00::4/64; ");
}

TEST_CASE("static: routes and dns pass into the result") {
  json ipam = kOne;
  ipam["routes"] = json::parse(R"([{"dst": "0.0.0.0/0"}, {"dst": "10.9.0.0/16", "gw": "10.1.2.9"}])");
  ipam["dns"] = json::parse(R"({"nameservers": ["10.1.2.53"], "search": ["a.example"]})");
  const auto result = static_addresses::add(asked(ipam).request());
  CHECK(result.routes.size() == 2);
  CHECK(result.dns.nameservers == std::vector<std::string>{"10.1.2.53"});
  CHECK(result.dns.search == std::vector<std::string>{"a.example"});
}

TEST_CASE("static: CHECK misses an address, and sees another gateway") {
  Asked check{.command = contract::Command::check, .config = config(kOne)};
  const auto with = [&](const char* ips) {
    check.config["prevResult"] = {{"cniVersion", "1.1.0"}, {"ips", json::parse(ips)}};
    static_addresses::check(check.request());
  };
  CHECK_NOTHROW(with(R"([{"address": "10.1.2.3/24", "gateway": "10.1.2.1"}, {"address": "fd00::1/64"}])"));
  CHECK(error_of([&] { with(R"([{"address": "10.1.2.3/24", "gateway": "10.1.2.2"}])"); }).code() == Code::drift);
  CHECK(error_of([&] { with(R"([{"address": "10.1.2.4/24", "gateway": "10.1.2.1"}])"); }).code() == Code::drift);
  check.config.erase("prevResult");
  CHECK(error_of([&] { static_addresses::check(check.request()); }).code() == Code::invalid_config);
}

TEST_CASE("static: DEL and GC need nothing") {
  CHECK_NOTHROW(static_addresses::del(asked({{"addresses", "nonsense"}}).request()));
  CHECK_NOTHROW(static_addresses::gc(asked({{"addresses", "nonsense"}}).request()));
}
