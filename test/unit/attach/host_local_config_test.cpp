// SPDX-License-Identifier: Apache-2.0
#include "common/attach/host_local_config.hpp"

#include <sys/stat.h>

#include "common/attach/resolv_conf.hpp"
#include "test/unit/attach/host_local_support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using nlohmann::json;
namespace host_local = attach::host_local;

namespace {

Asked asked(const json& ipam) { return {.config = host_local_config("/data", ipam)}; }

std::string sets_of(const Asked& asked) {
  std::string text;
  for (const auto& set : host_local::range_sets(asked.request())) {
    text += (text.empty() ? "" : " | ") + ipam::to_string(set);
  }
  return text;
}

Error refused(const Asked& asked) {
  return error_of([&] { host_local::range_sets(asked.request()); });
}

std::string requested(const Asked& asked) {
  std::string text;
  for (const net::Ip& ip : host_local::requested_addresses(asked.request())) text += ip.to_string() + " ";
  return text;
}

}  // namespace

TEST_CASE("ranges: those of the runtime, the single one, the list") {
  Asked all = asked(json::parse(R"({"subnet": "10.0.0.0/24", "rangeStart": "10.0.0.9", "rangeEnd": "10.0.0.20",
                                    "gateway": "10.0.0.5", "ranges": [[{"subnet": "fd00::/120"}]]})"));
  CHECK(sets_of(all) == "10.0.0.9-10.0.0.20 | fd00::1-fd00::ff");
  CHECK(host_local::range_sets(all.request())[0][0].gateway.to_string() == "10.0.0.5");
  all.config["runtimeConfig"]["ipRanges"] = json::parse(R"([[{"subnet": "10.1.0.0/24"}, {"subnet": "10.2.0.0/24"}]])");
  CHECK(sets_of(all) == "10.1.0.1-10.1.0.254,10.2.0.1-10.2.0.254 | 10.0.0.9-10.0.0.20 | fd00::1-fd00::ff");
  CHECK(sets_of(asked({{"SUBNET", "10.0.0.0/30"}, {"gateway", ""}, {"rangeStart", ""}})) == "10.0.0.1-10.0.0.2");
}

TEST_CASE("ranges that are refused, with their place") {
  struct Row {
    std::string ipam, summary, pointer;
  };
  const std::vector<Row> rows{
      {R"({})", "no IP ranges specified", "/ipam/ranges"},
      {R"({"rangeStart": "10.0.0.1"})", "no IP ranges specified", "/ipam/ranges"},
      {R"({"ranges": []})", "no IP ranges specified", "/ipam/ranges"},
      {R"({"ranges": [[]]})", "invalid range set 0: empty range set", "/ipam/ranges/0"},
      {R"({"ranges": [[{"subnet": "10.0.0.0/32"}]]})",
       "invalid range set 0: Network 10.0.0.0/32 too small to allocate from", "/ipam/ranges/0/0/subnet"},
      {R"({"subnet": "10.0.0.0/24", "ranges": [[{"subnet": "10.1.0.0/24"}, {"subnet": "10.2.0.1/24"}]]})",
       "invalid range set 1: Network has host bits set. For a subnet mask of length 24 the network address is "
       "10.2.0.0",
       "/ipam/ranges/0/1/subnet"},
      {R"({"subnet": "10.0.0.0/24", "gateway": "10.0.0.255"})",
       "invalid range set 0: gateway 10.0.0.255 is the broadcast address of 10.0.0.0/24", "/ipam/gateway"},
      {R"({"ranges": [[{"subnet": "10.0.0.0/24"}, {"subnet": "fd00::/64"}]]})",
       "invalid range set 0: mixed address families", "/ipam/ranges"},
      {R"({"subnet": "10.0.0.0/24", "ranges": [[{"subnet": "10.0.0.0/16"}]]})", "range set 0 overlaps with 1",
       "/ipam/ranges"},
  };
  for (const Row& row : rows) {
    const Error error = refused(asked(json::parse(row.ipam)));
    CHECK(error.code() == Code::invalid_config);
    CHECK(error.summary() == row.summary);
    CHECK(error.pointer() == row.pointer);
  }
  Asked without = asked({});
  without.config.erase("ipam");
  CHECK(refused(without).summary() == "IPAM config missing 'ipam' key");
  CHECK(refused(asked(json::parse(R"({"subnet": 5})"))).code() == Code::decode_failure);
  CHECK(refused(asked(json::parse(R"({"subnet": "10.0.0.0"})"))).pointer() == "/ipam/subnet");
}

TEST_CASE("a hostile number of ranges is refused at once") {
  json set = json::array();
  for (int i = 0; i < 10'000; ++i) set.push_back({{"subnet", "10.0.0.0/24"}});
  CHECK(refused(asked({{"ranges", {set}}})).code() == Code::invalid_config);
}

TEST_CASE("old results have room for one address of each family") {
  Asked two = asked(json::parse(R"({"ranges": [[{"subnet": "10.0.0.0/24"}], [{"subnet": "10.1.0.0/24"}]]})"));
  CHECK_NOTHROW(sets_of(two));
  two.config["cniVersion"] = "0.2.0";
  CHECK(refused(two).summary() == "CNI version 0.2.0 does not support more than 1 address per family");
  two.config["ipam"]["ranges"] = json::parse(R"([[{"subnet": "10.0.0.0/24"}], [{"subnet": "fd00::/64"}]])");
  CHECK_NOTHROW(sets_of(two));
}

TEST_CASE("requested addresses add up") {
  Asked all = asked({});
  CHECK(requested(all).empty());
  all.args = "IgnoreUnknown=1;K8S_POD_NAME=x;IP=10.0.0.9/24";
  all.config["args"]["cni"]["ips"] = {"10.0.0.8", "fd00::8/64"};
  all.config["runtimeConfig"]["ips"] = {"10.0.0.7/32"};
  CHECK(requested(all) == "10.0.0.9 10.0.0.8 fd00::8 10.0.0.7 ");
}

TEST_CASE("requested addresses that are none") {
  const auto error = [](const Asked& asked) {
    return error_of([&] { host_local::requested_addresses(asked.request()); });
  };
  Asked asked_for = asked({});
  asked_for.args = "IP=zz";
  CHECK(error(asked_for).code() == Code::invalid_environment);
  CHECK(std::string{error(asked_for).what()} == "invalid IP address zz");
  asked_for.args = "COLOUR=blue";
  CHECK(error(asked_for).code() == Code::invalid_environment);
  asked_for.args.clear();
  asked_for.config["args"]["cni"]["ips"] = {"10.0.0.1", "10.0.0.1/33"};
  CHECK(error(asked_for).pointer() == "/args/cni/ips/1");
  asked_for.config["args"]["cni"]["ips"] = json::array({5});
  CHECK(error(asked_for).code() == Code::decode_failure);
}

TEST_CASE("the data directory") {
  const auto path = [](const json& data_dir) {
    Asked asked{.config = {{"cniVersion", "1.0.0"}, {"name", "net"}, {"ipam", {{"dataDir", data_dir}}}}};
    return host_local::data_dir(asked.request());
  };
  CHECK(path(nullptr) == "/var/lib/cni/networks");
  CHECK(path("") == "/var/lib/cni/networks");
  CHECK(path("/srv/leases//") == "/srv/leases");
  CHECK(error_of([&] { path("leases"); }).pointer() == "/ipam/dataDir");
  CHECK(error_of([&] { path("../leases"); }).code() == Code::invalid_config);
}

TEST_CASE("routes and dns go into the result as they are") {
  const Scratch scratch;
  const std::string resolv_conf = scratch.file("resolv.conf", "nameserver 192.0.2.53\n");
  const auto result = host_local::fixed_result(
      asked({{"routes", {{{"dst", "0.0.0.0/0"}, {"gw", "10.0.0.9"}}, {{"dst", "fd01::/64"}, {"mtu", 1400}}}},
             {"resolvConf", resolv_conf}})
          .request());
  REQUIRE(result.routes.size() == 2);
  CHECK(result.routes[0].gw->to_string() == "10.0.0.9");
  CHECK(result.routes[1].mtu == 1400);
  CHECK(result.dns.nameservers == std::vector<std::string>{"192.0.2.53"});
}

TEST_CASE("a relative resolvConf is refused") {
  const Asked relative = asked({{"resolvConf", "resolv.conf"}});
  CHECK(error_of([&] { host_local::fixed_result(relative.request()); }).pointer() == "/ipam/resolvConf");
}

TEST_CASE("resolv.conf") {
  const auto dns = attach::parse_resolv_conf(
      "# a comment\n; another\n\n"
      "nameserver 192.0.2.1 ignored\n\tnameserver\t2001:db8::1 \r\n"
      "domain example.com other\ndomain example.net\n"
      "search a.example b.example\nsearch c.example\n"
      "options ndots:5 rotate\n"
      "sortlist 192.0.2.0\nnameserver\nsearch\n#nameserver 192.0.2.9\noptions edns0");
  CHECK(dns.nameservers == std::vector<std::string>{"192.0.2.1", "2001:db8::1"});
  CHECK(dns.domain == "example.net");
  CHECK(dns.search == std::vector<std::string>{"a.example", "b.example", "c.example"});
  CHECK(dns.options == std::vector<std::string>{"ndots:5", "rotate", "edns0"});
  CHECK(attach::parse_resolv_conf("").empty());
}

TEST_CASE("a resolv.conf that cannot be one") {
  const Scratch scratch;
  const auto error = [](const std::string& path) {
    return error_of([&] { attach::read_resolv_conf(path, "/ipam/resolvConf"); });
  };
  CHECK(error(scratch / "none").code() == Code::io_failure);
  CHECK(error(scratch / "none").pointer() == "/ipam/resolvConf");
  REQUIRE(mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  CHECK(error(scratch / "fifo").code() == Code::io_failure);
  CHECK(error(scratch.path()).code() == Code::io_failure);
  CHECK(error(scratch.file("huge", std::string(100'000, '\n'))).code() == Code::io_failure);
  std::filesystem::create_symlink(scratch.file("real", "nameserver 192.0.2.1\n"), scratch / "link");
  CHECK(attach::read_resolv_conf(scratch / "link", "").nameservers.size() == 1);
}
