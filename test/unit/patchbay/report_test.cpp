// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/node/report.hpp"

#include <nlohmann/json.hpp>

#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::cli;
using nlohmann::json;

namespace {

Found found(const std::string& owner, Verdict verdict, const std::string& why = {}) {
  return {.network = "net", .owner = owner, .judgement = {verdict, why}};
}

Survey example() {
  Survey survey;
  survey.links.push_back({found("net/red/eth0", Verdict::live), {.name = "veth1", .kind = "veth"}, "cni0"});
  survey.leases.push_back({found("net/blue/eth0", Verdict::stale, "of another boot"),
                           "/d",
                           {.ip = *net::Ip::parse("10.0.0.2"), .file = {}}});
  survey.records.push_back({found("", Verdict::stale, "torn"), "bridge", {"net", "feed", std::nullopt, std::nullopt}});
  survey.addresses.push_back({found("net", Verdict::live), *net::Cidr::parse("10.0.0.1/24"), "cni0"});
  return survey;
}

std::vector<Drift> drifts() {
  return {{.owner = {"net", "red", "eth0"}, .missing_rules = {"a rule"}, .missing_others = {"a lease"}},
          {.owner = {"net", "old", "eth0"}, .known = false}};
}

}  // namespace

TEST_CASE("an audit reads in columns, by owner, and ends with what to do") {
  CHECK(audit_text(lines_of(example()), drifts()) ==
        R"(stale    record       -              /run/patchbay/bridge/net/feed  (torn)
live     address      net            10.0.0.1/24 on cni0
stale    lease        net/blue/eth0  /d/net/10.0.0.2  (of another boot)
live     link         net/red/eth0   veth1, port of cni0
missing  of net/red/eth0: a lease
missing  of net/red/eth0: a rule
         of net/old/eth0: its record does not tell which rules it had
2 live, 2 stale, 2 missing; "patchbay gc --yes" removes what is stale; "patchbay repair" makes missing rules again)");
  CHECK(to_text({{Verdict::live, "link", "o\x1b[1m", "w\n", ""}}) == "live     link         o?[1m  w\n\n");
  CHECK(audit_text({}, {}) == "0 live, 0 stale, 0 missing");
  CHECK(count_missing(drifts()) == 2);
}

TEST_CASE("an audit is one JSON object") {
  const json object = json::parse(audit_json(lines_of(example()), drifts(), {{5, "cannot read", "x"}}));
  CHECK(object.at("things").size() == 4);
  CHECK(object.at("things")[2] == json{{"kind", "lease"},
                                       {"owner", "net/blue/eth0"},
                                       {"what", "/d/net/10.0.0.2"},
                                       {"verdict", "stale"},
                                       {"why", "of another boot"}});
  CHECK(object.at("missing")[1] == json{{"owner", "net/red/eth0"}, {"what", "a rule"}});
  CHECK(object.at("summary") == json{{"live", 2}, {"stale", 2}, {"unknown", 0}, {"foreign", 0}, {"missing", 2}});
  CHECK(object.at("failures")[0].at("code") == 5);
}

TEST_CASE("what goes is what is stale") {
  const Lines stale = only_stale(lines_of(example()));
  REQUIRE(stale.size() == 2);
  CHECK(stale[0].kind == "record");
  CHECK(stale[1].kind == "lease");
}
