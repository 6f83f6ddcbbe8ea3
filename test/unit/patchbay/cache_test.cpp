// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/cache.hpp"

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "test/support/catch.hpp"
#include "test/unit/patchbay/temporary.hpp"

using namespace patchbay;
using namespace patchbay::cli;
using contract::Json;
using contract::Version;
using nlohmann::json;
using patchbay::test::Temporary;

namespace {

// Written by cnitool v1.3.0 for `cnitool add blue /run/netns/red`, with CNI_ARGS and CAP_ARGS.
constexpr const char* kConfig = R"CNI({
  "cniVersion": "1.0.0",
  "name": "blue",
  "plugins": [
    {"type": "bridge", "bridge": "cni-blue", "isGateway": true, "capabilities": {"mac": true},
     "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.55.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
    {"type": "portmap", "capabilities": {"portMappings": true}, "backend": "iptables"}
  ]
}
)CNI";
constexpr const char* kEntry =
    R"CNI({"kind":"cniCacheV1","containerId":"cnitool-5a8afba643291be94fa1","config":"ewogICJjbmlWZXJzaW9uIjogIjEuMC4wIiwKICAibmFtZSI6ICJibHVlIiwKICAicGx1Z2lucyI6IFsKICAgIHsidHlwZSI6ICJicmlkZ2UiLCAiYnJpZGdlIjogImNuaS1ibHVlIiwgImlzR2F0ZXdheSI6IHRydWUsICJjYXBhYmlsaXRpZXMiOiB7Im1hYyI6IHRydWV9LAogICAgICJpcGFtIjogeyJ0eXBlIjogImhvc3QtbG9jYWwiLCAicmFuZ2VzIjogW1t7InN1Ym5ldCI6ICIxMC41NS4wLjAvMjQifV1dLCAicm91dGVzIjogW3siZHN0IjogIjAuMC4wLjAvMCJ9XX19LAogICAgeyJ0eXBlIjogInBvcnRtYXAiLCAiY2FwYWJpbGl0aWVzIjogeyJwb3J0TWFwcGluZ3MiOiB0cnVlfSwgImJhY2tlbmQiOiAiaXB0YWJsZXMifQogIF0KfQo=","ifName":"eth0","networkName":"blue","netns":"/run/netns/red","cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAME","red"]],"capabilityArgs":{"mac":"02:00:00:00:00:05","portMappings":[{"containerPort":80,"hostPort":8080,"protocol":"tcp"}]},"result":{"cniVersion":"1.0.0","interfaces":[{"mac":"1e:08:c1:76:35:b6","name":"cni-blue"},{"mac":"a6:12:f1:a5:42:62","name":"veth5608db83"},{"mac":"02:00:00:00:00:05","name":"eth0","sandbox":"/run/netns/red"}],"ips":[{"address":"10.55.0.2/24","gateway":"10.55.0.1","interface":2}],"routes":[{"dst":"0.0.0.0/0"}]}})CNI";

const Owner kOwner{"blue", "cnitool-5a8afba643291be94fa1", "eth0"};
constexpr const char* kFile = "results/blue-cnitool-5a8afba643291be94fa1-eth0";

CacheEntry entry_of(const Owner& owner, const std::string& netns = "/run/netns/x") {
  return {{.owner = owner, .netns = netns, .args = {}, .capabilities = {}},
          "{}",
          Json::wrap(json{{"cniVersion", "1.0.0"}, {"ips", json::array({{{"address", "10.0.0.2/24"}}})}})};
}

std::vector<Owner> owners_of(const std::vector<CacheEntry>& entries) {
  std::vector<Owner> owners;
  for (const CacheEntry& entry : entries) owners.push_back(entry.attachment.owner);
  return owners;
}

}  // namespace

TEST_CASE("what libcni wrote is read in full") {
  const Temporary directory;
  directory.write(kFile, kEntry);
  const auto entry = ResultCache{directory.path()}.find(kOwner);
  REQUIRE(entry.has_value());
  CHECK(entry->attachment.owner == kOwner);
  CHECK(entry->attachment.netns == "/run/netns/red");
  CHECK(entry->attachment.args == Pairs{{"IgnoreUnknown", "1"}, {"K8S_POD_NAME", "red"}});
  REQUIRE(entry->attachment.capabilities.has_value());
  CHECK(entry->attachment.capabilities->raw()["portMappings"][0]["hostPort"] == 8080);
  CHECK(entry->config == kConfig);
  REQUIRE(entry->result.has_value());
  CHECK(entry->result->raw()["ips"][0]["address"] == "10.55.0.2/24");
}

TEST_CASE("where libcni kept no namespace, the result tells it") {
  std::string text = kEntry;
  const std::string key = R"("netns":"/run/netns/red",)";
  text.erase(text.find(key), key.size());
  CHECK(parse_entry(text, kOwner).attachment.netns == "/run/netns/red");
  const std::string sandbox = R"("sandbox":"/run/netns/red")";
  text.replace(text.find(sandbox), sandbox.size(), R"("sandbox":"")");
  CHECK(parse_entry(text, kOwner).attachment.netns.empty());
  CHECK(parse_entry(R"({"kind":"cniCacheV1"})", kOwner).attachment.netns.empty());
}

TEST_CASE("we write what libcni would, byte for byte") { CHECK(print_entry(parse_entry(kEntry, kOwner)) == kEntry); }

TEST_CASE("what is empty is left out") {
  const auto object = json::parse(print_entry({{kOwner, "", {}, Json::wrap(json::object())}, "", std::nullopt}));
  CHECK(object.size() == 5);
  for (const char* key : {"netns", "cniArgs", "capabilityArgs", "result"}) CHECK_FALSE(object.contains(key));
}

TEST_CASE("an entry is stored, found and removed") {
  const Temporary directory;
  const ResultCache cache{directory.path("cni")};
  CHECK_FALSE(cache.find(kOwner).has_value());
  cache.remove(kOwner);

  cache.prepare(entry_of(kOwner));
  cache.store(entry_of(kOwner));
  struct stat status {};
  REQUIRE(stat(directory.path(std::string{"cni/"} + kFile).c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600);
  REQUIRE(stat(directory.path("cni/results").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0700);
  CHECK(cache.find(kOwner)->attachment.netns == "/run/netns/x");

  cache.store(entry_of(kOwner, "/run/netns/y"));
  CHECK(cache.find(kOwner)->attachment.netns == "/run/netns/y");
  cache.remove(kOwner);
  CHECK_FALSE(cache.find(kOwner).has_value());
}

TEST_CASE("the bare results of older libcni are read") {
  const Temporary directory;
  directory.write(kFile, R"({"cniVersion": "0.4.0", "ips": [{"version": "4", "address": "10.0.0.2/24"}]})");
  const auto entry = ResultCache{directory.path()}.find(kOwner);
  REQUIRE(entry.has_value());
  CHECK(entry->attachment.owner == kOwner);
  CHECK(entry->config.empty());
  CHECK(result_as(*entry, Version{1, 1, 0})->raw()["ips"][0]["address"] == "10.0.0.2/24");
}

TEST_CASE("a result is had in the version that is asked for") {
  const CacheEntry entry = parse_entry(kEntry, kOwner);
  const auto old = result_as(entry, Version{0, 4, 0})->raw();
  CHECK(old["cniVersion"] == "0.4.0");
  CHECK(old["ips"][0]["version"] == "4");
  CHECK(result_as(entry, Version{1, 1, 0})->raw()["cniVersion"] == "1.1.0");
  CHECK_FALSE(result_as({{kOwner, "", {}, {}}, "", std::nullopt}, Version{1, 1, 0}).has_value());
}

TEST_CASE("damage is told, and repaired by the next ADD or DEL") {
  for (const std::string& content : {std::string{}, std::string{"{"}, std::string{"[]"}, std::string(100000, '['),
                                     std::string{R"({"kind": "cniCacheV1", "config": "%"})"},
                                     std::string{R"({"kind": "cniCacheV1", "networkName": 3})"}}) {
    const Temporary directory;
    directory.write(kFile, content);
    const ResultCache cache{directory.path()};
    CHECK_THROWS_AS(cache.find(kOwner), Error);
    CHECK_NOTHROW(cache.prepare(entry_of(kOwner)));
    cache.remove(kOwner);
    CHECK_FALSE(directory.has(kFile));
  }
}

TEST_CASE("an entry cut off at whatever length is damaged, and never somebody else's") {
  const Temporary directory;
  const ResultCache cache{directory.path()};
  const std::string whole = kEntry;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::string text = whole.substr(0, size);
    if (size == whole.size()) text.assign(size, '\0');
    CAPTURE(size);
    directory.write(kFile, text);
    CHECK_THROWS_AS(cache.find(kOwner), Error);
    const Inventory inventory = cache.inventory("blue");
    CHECK(inventory.entries.empty());
    CHECK(std::find(inventory.possible.begin(), inventory.possible.end(), kOwner) != inventory.possible.end());
    cache.remove(kOwner);
    CHECK_FALSE(directory.has(kFile));
  }
}

TEST_CASE("an attachment whose names read the same keeps its entry") {
  const Temporary directory;
  const ResultCache cache{directory.path()};
  const Owner here{"a-b", "c", "eth0"};
  const Owner there{"a", "b-c", "eth0"};
  cache.store(entry_of(here));
  CHECK_THROWS_AS(cache.find(there), Error);
  CHECK_THROWS_AS(cache.prepare(entry_of(there)), Error);
  cache.remove(there);
  CHECK(cache.find(here).has_value());
}

TEST_CASE("names that make no file name are refused before anything is done") {
  const Temporary directory;
  const ResultCache cache{directory.path()};
  CHECK_THROWS_AS(cache.prepare(entry_of({"net", std::string(250, 'c'), "eth0"})), Error);
  CHECK_NOTHROW(cache.prepare(entry_of({"net", std::string(246, 'c'), "eth0"})));
}

TEST_CASE("what JSON cannot hold is refused before anything is done") {
  const Temporary directory;
  const ResultCache cache{directory.path()};
  CHECK_THROWS_AS(cache.prepare(entry_of(kOwner, "/run/netns/\xff")), Error);
  CacheEntry entry = entry_of(kOwner);
  entry.attachment.args = {{"K", "\xc3"}};
  CHECK_THROWS_AS(cache.prepare(entry), Error);
}

TEST_CASE("the inventory is of one network, and doubts in favour of the living") {
  const Temporary directory;
  const ResultCache cache{directory.path()};
  CHECK(cache.inventory("a").entries.empty());
  const Owner one{"a", "c1", "eth0"};
  const Owner two{"a", "c2", "net1"};
  for (const Owner& owner : {one, two, Owner{"a-b", "c3", "eth0"}, Owner{"b", "c4", "eth0"}})
    cache.store(entry_of(owner));
  directory.write("results/a-old-1-eth0", R"({"cniVersion": "0.4.0"})");
  directory.write("results/a-torn-eth0", R"({"kind": "cniCac)");
  directory.write("results/a-misfiled-eth0", print_entry(entry_of({"a", "other", "eth0"})));

  const Inventory inventory = cache.inventory("a");
  CHECK(owners_of(inventory.entries) == std::vector<Owner>{one, two});
  CHECK(inventory.possible == Owners{{"a", "old", "1-eth0"}, {"a", "old-1", "eth0"}, {"a", "torn", "eth0"}});
}
