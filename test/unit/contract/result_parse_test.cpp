// SPDX-License-Identifier: Apache-2.0
#include "common/contract/detail/result_read.hpp"
#include "test/unit/contract/support.hpp"

using namespace patchbay::contract;
using patchbay::Code;
using patchbay::net::Cidr;
using patchbay::test::contains;
using patchbay::test::error_of;

namespace {

constexpr Version k110{1, 1, 0};
constexpr Version k040{0, 4, 0};
constexpr Version k020{0, 2, 0};

Result parse(const std::string& text, const Version& version = k110) {
  return Result::parse(Json::parse(text), version);
}

}  // namespace

TEST_CASE("A result need not hold anything") {
  for (const auto text : kSupportedVersions) CHECK(parse("{}", *Version::parse(text)) == Result{});
  CHECK(parse(R"({"cniVersion":"1.1.0","interfaces":null,"ips":[],"dns":{},"unknown":{"a":1}})") == Result{});
}

TEST_CASE("What does not fit is refused with its place") {
  struct Case {
    Version version;
    std::string text, pointer;
  };
  const auto test = GENERATE(values<Case>({
      {k110, R"([])", ""},
      {k110, R"({"interfaces":{}})", "/interfaces"},
      {k110, R"({"interfaces":[null]})", "/interfaces/0"},
      {k110, R"({"interfaces":[{}]})", "/interfaces/0/name"},
      {k110, R"({"interfaces":[{"name":5}]})", "/interfaces/0/name"},
      {k110, R"({"interfaces":[{"name":"a","mtu":-1}]})", "/interfaces/0/mtu"},
      {k110, R"({"interfaces":[{"name":"a","mtu":4294967296}]})", "/interfaces/0/mtu"},
      {k110, R"({"ips":[{}]})", "/ips/0/address"},
      {k110, R"({"ips":[{"address":"10.0.0.1"}]})", "/ips/0/address"},
      {k110, R"({"ips":[{"address":"10.0.0.1/33"}]})", "/ips/0/address"},
      {k110, R"({"ips":[{"address":"10.0.0.1/24","gateway":"10.0.0"}]})", "/ips/0/gateway"},
      {k110, R"({"ips":[{"address":"10.0.0.1/24","interface":0}]})", "/ips/0/interface"},
      {k110, R"({"interfaces":[{"name":"a"}],"ips":[{"address":"10.0.0.1/24","interface":1}]})", "/ips/0/interface"},
      {k110, R"({"interfaces":[{"name":"a"}],"ips":[{"address":"10.0.0.1/24","interface":-1}]})", "/ips/0/interface"},
      {k110, R"({"interfaces":[{"name":"a"}],"ips":[{"address":"10.0.0.1/24","interface":99}]})", "/ips/0/interface"},
      {k110, R"({"interfaces":[{"name":"a"}],"ips":[{"address":"10.0.0.1/24","interface":"0"}]})", "/ips/0/interface"},
      {k110, R"({"interfaces":[{"name":"a"}],"ips":[{"address":"10.0.0.1/24","interface":0.5}]})", "/ips/0/interface"},
      {k110, R"({"routes":[{"gw":"10.0.0.1"}]})", "/routes/0/dst"},
      {k110, R"({"routes":[{"dst":"default"}]})", "/routes/0/dst"},
      {k110, R"({"routes":[{"dst":"0.0.0.0/0","table":-1}]})", "/routes/0/table"},
      {k110, R"({"dns":[]})", "/dns"},
      {k110, R"({"dns":{"nameservers":"10.0.0.1"}})", "/dns/nameservers"},
      {k110, R"({"cniVersion":5})", "/cniVersion"},
      {k110, R"({"cniVersion":"0.4.0"})", "/cniVersion"},
      {k040, R"({"cniVersion":"1.0.0"})", "/cniVersion"},
      {k040, R"({"ips":[{"version":"4","address":"x"}]})", "/ips/0/address"},
      {k020, R"({"cniVersion":"0.3.0"})", "/cniVersion"},
      {k020, R"({"ip4":[]})", "/ip4"},
      {k020, R"({"ip4":{}})", "/ip4/ip"},
      {k020, R"({"ip4":{"ip":"fd00::1/64"}})", "/ip4/ip"},
      {k020, R"({"ip6":{"ip":"10.0.0.1/24"}})", "/ip6/ip"},
      {k020, R"({"ip4":{"ip":"10.0.0.1/24","routes":[{"dst":1}]}})", "/ip4/routes/0/dst"},
  }));
  CAPTURE(test.text, test.version.to_string());
  const auto error = error_of([&] { parse(test.text, test.version); });
  CHECK(error.code() == Code::decode_failure);
  CHECK(error.pointer() == test.pointer);
}

TEST_CASE("A result of another family is refused in the reference's words") {
  CHECK(error_of([] { parse(R"({"cniVersion":"0.4.0"})"); }).summary() ==
        R"(result type supports [1.0.0 1.1.0] but unmarshalled CNIVersion is "0.4.0")");
  CHECK(error_of([] { parse(R"({"cniVersion":"9"})", k040); }).summary() ==
        R"(result type supports [0.3.0 0.3.1 0.4.0] but unmarshalled CNIVersion is "9")");
  CHECK(error_of([] { parse(R"({"cniVersion":"1.0.0"})", k020); }).summary() ==
        R"(result type supports [ 0.1.0 0.2.0] but unmarshalled CNIVersion is "1.0.0")");
}

TEST_CASE("Within its family a result may say another version, or none") {
  CHECK_NOTHROW(parse(R"({"cniVersion":"1.0.0"})"));
  CHECK_NOTHROW(parse(R"({"cniVersion":""})"));
  CHECK_NOTHROW(parse(R"({"CNIVersion":"0.3.1"})", k040));
  CHECK_NOTHROW(parse(R"({"cniVersion":"0.1.0"})", k020));
}

TEST_CASE("What the reference lets pass, passes") {
  const Result result = parse(R"({"ips":[{"version":"6","address":"10.0.0.1/24","gateway":""}],
                                  "routes":[{"dst":"::/0","gw":"","priority":0}]})",
                              k040);
  REQUIRE(result.ips.size() == 1);
  CHECK_FALSE(result.ips[0].gateway);
  CHECK(result.ips[0].address == Cidr::parse("10.0.0.1/24"));
  CHECK(parse(R"({"interfaces":[{"name":"a","mtu":"no member then"}]})", k040).interfaces.at(0).mtu == 0);
  REQUIRE(result.routes.size() == 1);
  CHECK(result.routes[0].priority == 0U);
  CHECK_FALSE(contains(result.print(k040), "priority"));
}

TEST_CASE("An index without interfaces is nobody's business in an IPAM's result") {
  const Json json = Json::parse(R"({"ips":[{"address":"10.0.0.1/24","interface":0}]})");
  const Result result = detail::read_result(json, k110, detail::DanglingIndex::ignore);
  CHECK_FALSE(result.ips.at(0).interface);
}

TEST_CASE("In a configuration, a bad value is an invalid configuration") {
  const Json json = Json::parse(R"({"dst":"10.0.0.0/8","gw":"10.0.0.x","mtu":1})");
  CHECK(error_of([&] { parse_route(json); }).code() == Code::invalid_config);
  CHECK(error_of([] { parse_route(Json::parse("{}")); }).pointer() == "/dst");
  CHECK(parse_route(Json::parse(R"({"dst":"::/0","scope":0})")) == Route{.dst = *Cidr::parse("::/0"), .scope = 0});
  CHECK(parse_dns(Json::parse(R"({"domain":"x","search":["y"]})")) == Dns{.search = {"y"}, .domain = "x"});
}
