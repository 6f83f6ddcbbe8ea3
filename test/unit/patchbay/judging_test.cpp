// SPDX-License-Identifier: Apache-2.0
// Whose everything is, and whether that one lives: a node on paper.
#include "tools/patchbay/node/judging.hpp"

#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::cli;
using firewall::Backend;
using firewall::Object;
using Kind = ipam::LeaseFile::Kind;

namespace {

const Owner kLives{"net", "red", "eth0"}, kDead{"net", "blue", "eth0"}, kNobody{"net", "ghost", "eth0"};
constexpr os::NetnsId kHere{4, 100}, kGone{4, 200};

struct Node {
  Survey survey;
  Facts facts{.boot = "today",
              .now = os::FileTime{std::chrono::hours{1000}},
              .gone = [](const os::NetnsId& id, const std::string&) { return id == kGone; },
              .netns_at = [](const std::string&) { return std::optional{kHere}; },
              .has_interface = [](const std::string&, const std::string&) { return true; },
              .links = {}};
  Places places{.data_dirs = {"/d"}, .bridges = {}};

  Node() {
    attach(kLives, kHere);
    attach(kDead, kGone);
  }

  void attach(const Owner& owner, const os::NetnsId& netns) {
    attach::Record record{.owner = owner, .boot = "today", .netns_path = "/n", .netns = netns};
    survey.records.push_back({{}, "bridge", {owner.network, owner.file_name(), std::move(record), facts.now}});
  }
  void element(const std::string& tag) {
    survey.rules.push_back({{}, {.backend = Backend::nftables, .text = "element", .tag = tag}});
  }
  // In the host port chain of its container.
  void rule(const Owner& owner, std::uint32_t number) {
    survey.rules.push_back({{},
                            {.backend = Backend::iptables,
                             .kind = firewall::Kind::host_port,
                             .text = "rule",
                             .chain = firewall::chains_of(owner)[1],
                             .attachment = number}});
  }
  void lease(Kind kind, const std::string& container, const std::string& ifname, bool ours = true) {
    ipam::LeaseFile file{.kind = kind, .container = container, .ifname = ifname};
    survey.leases.push_back({{.network = "net"}, "/d", {.ip = {}, .file = std::move(file), .ours = ours}});
  }
  void result(const std::string& name, std::chrono::minutes age) {
    survey.results.push_back({{}, {.name = name, .entry = std::nullopt, .written = facts.now - age}});
  }
  void link(const std::string& name, const std::string& alias, bool peer_elsewhere, int master = 0) {
    const int index = static_cast<int>(facts.links.size()) + 1;
    facts.links.push_back({.index = index,
                           .name = name,
                           .kind = "veth",
                           .alias = alias,
                           .master = master,
                           .peer_elsewhere = peer_elsewhere});
  }
  [[nodiscard]] Survey judged() const { return judge(survey, facts, places, {{"/d", true}}); }
};

template <typename List>
std::vector<Verdict> verdicts(const List& list) {
  std::vector<Verdict> all;
  for (const Found& found : list) all.push_back(found.judgement.verdict);
  return all;
}

using enum Verdict;
using Verdicts = std::vector<Verdict>;

}  // namespace

TEST_CASE("elements are of whom their comment names") {
  Node node;
  for (const Owner& owner : {kLives, kDead, kNobody}) node.element(owner.tag());
  node.element("made by hand");
  CHECK(verdicts(node.judged().rules) == Verdicts{live, stale, stale, foreign});
  SECTION("where records are not kept, having none proves nothing") { node.facts.keeps_records = false; }
  SECTION("nor where not everything could be read") { node.survey.failures.push_back({5, "cannot read", {}}); }
  if (!node.facts.keeps_records || !node.survey.failures.empty()) {
    CHECK(verdicts(node.judged().rules) == Verdicts{live, stale, unknown, foreign});
  }
}

TEST_CASE("rules are of whom their chain and number tell") {
  Node node;
  node.rule(kLives, 0);  // of the reference suite, or through iptables-save
  node.rule(kDead, 0);   // only the runtime's cache knows what the reference has made since
  node.rule(kNobody, 0);
  node.rule(kLives, 77);  // of another interface
  node.rule(kDead, 77);
  node.rule(kNobody, 77);
  CHECK(verdicts(node.judged().rules) == Verdicts{live, unknown, foreign, unknown, stale, stale});
}

TEST_CASE("leases are of whom they name") {
  Node node;
  node.lease(Kind::named, "red", "eth0");
  node.lease(Kind::named, "blue", "eth0");
  node.lease(Kind::named, "blue", "eth0", false);  // of the reference suite: perhaps of the same name, later
  node.lease(Kind::named, "red", "eth7");
  node.lease(Kind::legacy, "red", "");
  node.lease(Kind::legacy, "blue", "");
  node.lease(Kind::torn, "", "");
  node.lease(Kind::other, "", "");
  const Survey judged = node.judged();
  CHECK(verdicts(judged.leases) == Verdicts{live, stale, unknown, unknown, live, stale, stale, foreign});
  CHECK(judged.leases[4].owner == "net/red/*");
}

TEST_CASE("a damaged cached result is of the attachment that has its name") {
  Node node;
  const auto old = std::chrono::minutes{10}, young = std::chrono::minutes{0};
  node.result("net-red-eth0", old);
  node.result("net-blue-eth0", old);
  node.result("net-nobody-eth0", old);
  node.result("net-nobody-eth1", young);
  CHECK(verdicts(node.judged().results) == Verdicts{live, stale, stale, unknown});
}

TEST_CASE("links are of whom their alias names, if anything confirms it") {
  Node node;
  node.facts.links.push_back({.index = 1, .name = "br0", .kind = "bridge"});
  node.link("renamed", kLives.tag(), true, 1);
  node.link(kDead.host_ifname(), "", false);
  node.link(kNobody.host_ifname(), kNobody.tag(), false);
  node.link("other", kNobody.tag() + "s", false);  // an alias of somebody else: not listed
  node.link("port", "", true, 1);
  const Survey judged = node.judged();
  std::vector<std::pair<std::string, Verdict>> found;
  for (const FoundLink& link : judged.links) found.emplace_back(link.link.name, link.judgement.verdict);
  CHECK(found == std::vector<std::pair<std::string, Verdict>>{{"renamed", live},
                                                              {kDead.host_ifname(), stale},
                                                              {kNobody.host_ifname(), stale},
                                                              {"br0", live},
                                                              {"port", foreign}});
  CHECK(judged.links[3].owner == "net");
}

TEST_CASE("a cable with an end in a namespace makes its owner live, whatever else is said") {
  Node node;
  node.link(kDead.host_ifname(), kDead.tag(), true);
  node.element(kDead.tag());
  const Survey judged = node.judged();
  CHECK(verdicts(judged.links) == Verdicts{live});
  CHECK(verdicts(judged.rules) == Verdicts{live});
  CHECK(verdicts(judged.records) == Verdicts{live, live});
}
