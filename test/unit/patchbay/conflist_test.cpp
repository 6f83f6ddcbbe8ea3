// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/conflist.hpp"

#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "test/support/catch.hpp"
#include "test/unit/patchbay/temporary.hpp"

using namespace patchbay;
using namespace patchbay::cli;
using Catch::Matchers::Contains;
using patchbay::test::Temporary;

namespace {

std::string list(const std::string& members) {
  return R"({"name": "blue", "plugins": [{"type": "bridge"}, {"type": "portmap", "snat": true}])" + members + "}";
}

std::vector<std::string> types_of(const NetworkConfig& config) {
  std::vector<std::string> types;
  for (const PluginConfig& plugin : config.plugins) types.push_back(plugin.type);
  return types;
}

std::string version_of(const std::string& members) { return parse_conflist(list(members)).version.to_string(); }

std::string why_not(const std::string& text) {
  try {
    parse_conflist(text);
    return "accepted";
  } catch (const Error& error) {
    return error.summary() + " " + error.details();
  }
}

std::string why_not_loaded(const std::string& directory, const std::string& name) {
  try {
    load_network(directory, name);
    return "found";
  } catch (const Error& error) {
    return error.summary() + " " + error.details();
  }
}

}  // namespace

TEST_CASE("a conflist is read with all that it says") {
  const std::string text = list(R"(, "cniVersion": "1.0.0", "disableCheck": true, "disableGC": "True")");
  const NetworkConfig config = parse_conflist(text);
  CHECK(config.name == "blue");
  CHECK(config.version == contract::Version{1, 0, 0});
  CHECK(config.disable_check);
  CHECK(config.disable_gc);
  CHECK_FALSE(config.only_inlined);
  CHECK(config.text == text);
  CHECK(types_of(config) == std::vector<std::string>{"bridge", "portmap"});
  CHECK(config.plugins[1].body.flag("snat"));
}

TEST_CASE("the highest version on offer is chosen") {
  CHECK(version_of("") == "0.1.0");
  CHECK(version_of(R"(, "cniVersion": "")") == "0.1.0");
  CHECK(version_of(R"(, "cniVersion": "0.4.0")") == "0.4.0");
  CHECK(version_of(R"(, "cniVersions": ["0.4.0", "1.0.0", "0.3.1"])") == "1.0.0");
  CHECK(version_of(R"(, "cniVersion": "1.1.0", "cniVersions": ["0.4.0", "1.0.0"])") == "1.1.0");
  CHECK(version_of(R"(, "cniVersion": "0.4.0", "cniVersions": ["1.0.0", "2.0.0"])") == "1.0.0");
  CHECK(version_of(R"(, "cniVersion": "9.0.0", "cniVersions": ["1.0.0"])") == "1.0.0");
  CHECK(version_of(R"(, "cniVersion": "1.0.0", "cniVersions": ["2.0.0"])") == "1.0.0");
  CHECK(version_of(R"(, "cniVersion": "9.0.0")") == "9.0.0");  // for the plugins to refuse
}

TEST_CASE("a conflist that cannot be meant is refused, and says where") {
  CHECK_THAT(why_not(R"({"plugins": [{"type": "bridge"}]})"), Contains("name"));
  CHECK_THAT(why_not(R"({"name": "a/b", "plugins": [{"type": "bridge"}]})"), Contains("network name"));
  CHECK_THAT(why_not(R"({"name": 3, "plugins": [{"type": "bridge"}]})"), Contains("/name"));
  CHECK_THAT(why_not(R"({"name": "x", "plugins": []})"), Contains("/plugins"));
  CHECK_THAT(why_not(R"({"name": "x", "plugins": {}})"), Contains("/plugins"));
  CHECK_THAT(why_not(R"({"name": "x", "plugins": [{"type": "bridge"}, {}]})"), Contains("/plugins/1/type"));
  CHECK_THAT(why_not(R"({"name": "x", "plugins": [{"type": "../bridge"}]})"), Contains("/plugins/0/type"));
  CHECK_THAT(why_not(R"({"name": "x", "loadOnlyInlinedPlugins": true})"), Contains("loadOnlyInlinedPlugins"));
  CHECK_THAT(why_not(list(R"(, "disableGC": "perhaps")")), Contains("/disableGC"));
  CHECK_THAT(why_not(list(R"(, "disableGC": 1)")), Contains("/disableGC"));
  CHECK_THAT(why_not(list(R"(, "cniVersion": "one")")), Contains("/cniVersion"));
  CHECK_THAT(why_not(list(R"(, "cniVersions": ["1.0.0", "x"])")), Contains("/cniVersions/1"));
  CHECK_THAT(why_not("[]"), Contains("object"));
  CHECK(why_not("{") != "accepted");
}

TEST_CASE("conflists are looked at by name, and the first of a network counts") {
  const Temporary net_d;
  net_d.write("30-late.conflist", R"({"name": "blue", "plugins": [{"type": "late"}]})");
  net_d.write("20-early.conflist", R"({"name": "blue", "plugins": [{"type": "early"}]})");
  net_d.write("10-other.conflist", R"({"name": "green", "plugins": [{"type": "other"}]})");
  net_d.write("05-single.conf", R"({"name": "blue", "type": "single"})");
  net_d.write("sub.conflist/x", "a directory by the name of a file");
  CHECK(types_of(load_network(net_d.path(), "blue")) == std::vector<std::string>{"early"});
  CHECK(types_of(load_network(net_d.path(), "green")) == std::vector<std::string>{"other"});
}

TEST_CASE("a file that cannot be used hides no other") {
  const Temporary net_d;
  net_d.write("00-torn.conflist", R"({"name": "blue", "plug)");
  net_d.write("01-typeless.conflist", R"({"name": "blue", "plugins": [{}]})");
  net_d.write("02-huge.conflist", std::string(kMaxConfig + 1, ' '));
  net_d.write("10-good.conflist", list(""));
  CHECK(types_of(load_network(net_d.path(), "blue")) == std::vector<std::string>{"bridge", "portmap"});

  const std::string why = why_not_loaded(net_d.path(), "red");
  CHECK_THAT(why, Contains("no net configuration with name \"red\" in " + net_d.path()));
  CHECK_THAT(why, Contains("00-torn.conflist") && Contains("01-typeless.conflist") && Contains("02-huge.conflist"));
  CHECK_THAT(why, !Contains("10-good.conflist"));
}

TEST_CASE("a directory without configurations says so") {
  const Temporary net_d;
  CHECK_THAT(why_not_loaded(net_d.path(), "red"), Contains("no net configurations found in " + net_d.path()));
  CHECK_THAT(why_not_loaded(net_d.path("nowhere"), "red"), Contains("no net configurations found in"));
  const std::string file = net_d.write("file", "");
  CHECK_THAT(why_not_loaded(file, "red"), Contains("read directory"));
}

TEST_CASE("links to configurations are followed") {
  const Temporary net_d;
  const std::string target = net_d.write("..data/list", list(""));
  std::filesystem::create_symlink(target, net_d.path("10-link.conflist"));
  CHECK(load_network(net_d.path(), "blue").plugins.size() == 2);
}

TEST_CASE("a single-plugin configuration becomes a list of one") {
  for (const char* file : {"10-single.conf", "10-single.json"}) {
    const Temporary net_d;
    net_d.write(file, R"({"name": "blue", "cniVersion": "0.3.1", "type": "bridge", "mtu": 1400})");
    const NetworkConfig config = load_network(net_d.path(), "blue");
    CHECK(types_of(config) == std::vector<std::string>{"bridge"});
    CHECK(config.version == contract::Version{0, 3, 1});
    const auto text = nlohmann::json::parse(config.text);
    CHECK(text["name"] == "blue");
    CHECK(text["cniVersion"] == "0.3.1");
    CHECK(text["plugins"].size() == 1);
    CHECK(text["plugins"][0]["mtu"] == 1400);
  }
}

TEST_CASE("files of the network's own directory are appended") {
  const Temporary net_d;
  net_d.write("10-blue.conflist", list(""));
  net_d.write("blue/20-second.conf", R"({"type": "tuning"})");
  net_d.write("blue/10-first.conf", R"({"type": "firewall"})");
  net_d.write("blue/30-not.json", R"({"type": "ignored"})");
  const NetworkConfig config = load_network(net_d.path(), "blue");
  CHECK(types_of(config) == std::vector<std::string>{"bridge", "portmap", "firewall", "tuning"});

  SECTION("and the text for the cache holds them all") {
    NetworkConfig again = parse_conflist(config.text);
    CHECK(again.only_inlined);
    append_drop_ins(again, net_d.path());
    CHECK(types_of(again) == types_of(config));
  }
}

TEST_CASE("a list may consist of such files only") {
  const Temporary net_d;
  net_d.write("10-blue.conflist", R"({"name": "blue"})");
  CHECK_THAT(why_not_loaded(net_d.path(), "blue"), Contains("no plugin configs found"));
  net_d.write("blue/10-only.conf", R"({"type": "bridge"})");
  CHECK(types_of(load_network(net_d.path(), "blue")) == std::vector<std::string>{"bridge"});
}

TEST_CASE("loadOnlyInlinedPlugins keeps them out") {
  const Temporary net_d;
  net_d.write("10-blue.conflist", list(R"(, "loadOnlyInlinedPlugins": "TRUE")"));
  net_d.write("blue/10-more.conf", R"({"type": "tuning"})");
  CHECK(load_network(net_d.path(), "blue").plugins.size() == 2);
}

TEST_CASE("a broken file of the network's own directory names itself") {
  const Temporary net_d;
  net_d.write("10-blue.conflist", list(""));
  net_d.write("blue/10-more.conf", R"({"kind": "tuning"})");
  CHECK_THAT(why_not_loaded(net_d.path(), "blue"), Contains("10-more.conf") && Contains("type"));
}
