// SPDX-License-Identifier: Apache-2.0
#include "test/stress/runtime.hpp"

#include <cstdlib>

namespace patchbay::stress {

namespace {

using nlohmann::json;

constexpr const char* kIfname = "eth0";
constexpr int kContainerPort = 80;

test::Program call(const std::string& verb, const std::string& plugin, const std::string& container,
                   const std::string& netns, const json& config) {
  const std::string path = PATCHBAY_BIN;
  std::vector<std::string> environment{"CNI_COMMAND=" + verb, "CNI_CONTAINERID=" + container,
                                       "CNI_NETNS=" + netns,  std::string{"CNI_IFNAME="} + kIfname,
                                       "CNI_ARGS=",           "CNI_PATH=" + path};
  for (const char* name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) environment.push_back(std::string{name} + "=" + value);
  return {.arguments = {path + "/" + plugin},
          .environment = std::move(environment),
          .input = config.dump(),
          .patience = std::chrono::seconds{30}};
}

// Addresses 2 to `count` + 1 of a network of 254.
json ipam(const Network& network, std::size_t count) {
  const auto last = std::to_string(count + 1);
  return {
      {"type", "host-local"},
      {"ranges",
       {{{{"subnet", network.v4 + ".0/24"}, {"rangeStart", network.v4 + ".2"}, {"rangeEnd", network.v4 + "." + last}}},
        {{{"subnet", network.v6 + "/64"}}}}},
      {"routes", {{{"dst", "0.0.0.0/0"}}, {{"dst", "::/0"}}}}};
}

}  // namespace

std::vector<std::string> Attachment::addresses() const {
  std::vector<std::string> all;
  if (result.is_object())
    for (const json& ip : result.at("ips")) all.push_back(ip.at("address"));
  return all;
}

json Runtime::config(const std::string& plugin, const Network& network) const {
  json config{{"cniVersion", "1.1.0"}, {"name", network.name}, {"type", plugin}};
  if (plugin == "portmap") {
    config["backend"] = backend_;
    config["capabilities"] = {{"portMappings", true}};
    return config;
  }
  config["bridge"] = network.bridge;
  config["isGateway"] = true;
  config["ipMasq"] = true;
  config["ipMasqBackend"] = backend_;
  config["ipam"] = ipam(network, addresses_);
  return config;
}

test::Program Runtime::program(const std::string& verb, const std::string& plugin, const Attachment& it) const {
  json asked = config(plugin, *it.network);
  if (plugin == "portmap")
    asked["runtimeConfig"]["portMappings"] = {
        {{"hostPort", it.host_port}, {"containerPort", kContainerPort}, {"protocol", it.protocol}}};
  if (!it.result.is_null()) asked["prevResult"] = it.result;
  return call(verb, plugin, it.id, it.netns, asked);
}

test::Program Runtime::gc(const std::string& plugin, const Network& network,
                          const std::vector<std::string>& valid) const {
  json asked = config(plugin, network);
  asked["cni.dev/valid-attachments"] = json::array();
  for (const auto& id : valid) asked["cni.dev/valid-attachments"].push_back({{"containerID", id}, {"ifname", kIfname}});
  return call("GC", plugin, "", "", asked);
}

}  // namespace patchbay::stress
