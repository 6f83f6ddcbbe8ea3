// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/request.hpp"

#include <nlohmann/json.hpp>

#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::cli;
using contract::Json;
using nlohmann::json;

namespace {

json request(const std::string& plugin, const Injection& injection) {
  const NetworkConfig network =
      parse_conflist(R"({"name": "blue", "cniVersion": "1.1.0", "plugins": [)" + plugin + "]}");
  return json::parse(request_text(network, network.plugins.front(), injection));
}

}  // namespace

TEST_CASE("name and version are the list's") {
  const json made = request(R"({"type": "bridge", "name": "mine", "cniVersion": "0.2.0", "mtu": 1400})", {});
  CHECK(made == json{{"type", "bridge"}, {"name", "blue"}, {"cniVersion", "1.1.0"}, {"mtu", 1400}});
}

TEST_CASE("the previous result replaces any other") {
  const json result{{"cniVersion", "1.1.0"}, {"ips", json::array()}};
  const json made =
      request(R"({"type": "bridge", "prevResult": {"stale": true}})", {.previous_result = Json::wrap(result)});
  CHECK(made["prevResult"] == result);
}

TEST_CASE("a plugin gets the capabilities that it declares") {
  const Injection offered{
      .capabilities = Json::wrap(json{{"mac", "02:00:00:00:00:01"}, {"ips", {"10.0.0.1"}}, {"dns", json::object()}})};
  const json made =
      request(R"({"type": "x", "capabilities": {"mac": true, "ips": false, "portMappings": true}})", offered);
  CHECK(made["runtimeConfig"] == json{{"mac", "02:00:00:00:00:01"}});
  CHECK(made["capabilities"].size() == 3);  // as libcni leaves it

  CHECK_FALSE(request(R"({"type": "x", "capabilities": {"bandwidth": true}})", offered).contains("runtimeConfig"));
  CHECK_FALSE(request(R"({"type": "x"})", offered).contains("runtimeConfig"));
  CHECK(request(R"({"type": "x", "runtimeConfig": {"own": 1}})", offered)["runtimeConfig"] == json{{"own", 1}});
}

TEST_CASE("GC tells the valid attachments under both names") {
  const Owners valid{{"blue", "c1", "eth0"}, {"blue", "c2", "net1"}};
  const json list =
      json::array({{{"containerID", "c1"}, {"ifname", "eth0"}}, {{"containerID", "c2"}, {"ifname", "net1"}}});
  const json made = request(R"({"type": "bridge"})", {.valid_attachments = valid});
  CHECK(made["cni.dev/valid-attachments"] == list);
  CHECK(made["cni.dev/attachments"] == list);
  CHECK(request(R"({"type": "bridge"})", {.valid_attachments = Owners{}})["cni.dev/valid-attachments"] ==
        json::array());
  CHECK_FALSE(request(R"({"type": "bridge"})", {}).contains("cni.dev/valid-attachments"));
}
