// SPDX-License-Identifier: Apache-2.0
#include "test/support/chain.hpp"

#include <algorithm>
#include <stdexcept>

#include "test/support/catch.hpp"

namespace patchbay::test {

using nlohmann::json;

namespace {

bool wants_nftables(const json& plugin) {
  return plugin.value("ipMasqBackend", "") == "nftables" || plugin.value("backend", "") == "nftables" ||
         plugin.value("macspoofchk", false);
}

}  // namespace

Chain::Chain(World& world, std::vector<json> plugins, std::string network, std::string version)
    : world_(world), plugins_(std::move(plugins)), network_(std::move(network)), version_(std::move(version)) {}

json Chain::config(const json& plugin, const json& runtime_config) const {
  json merged = plugin;
  merged["name"] = network_;
  merged["cniVersion"] = version_;
  if (!runtime_config.empty()) merged["runtimeConfig"] = runtime_config;
  return merged;
}

Ran Chain::call(const std::string& command, const json& config, const std::string& name, bool with_netns,
                const std::string& cni_path) {
  return world_.call({.plugin = config.at("type"),
                      .command = command,
                      .config = config,
                      .container = name,
                      .netns = with_netns ? "/run/netns/" + name : "",
                      .path = cni_path.empty() ? path : cni_path});
}

Ran Chain::try_add(const std::string& name) {
  world_.netns(name);
  Attached attached{.result = nullptr, .runtime_config = capability_args};
  if (!port_mappings.empty()) attached.runtime_config["portMappings"] = port_mappings;
  Ran ran;
  for (const json& plugin : plugins_) {
    json merged = config(plugin, attached.runtime_config);
    if (!attached.result.is_null()) merged["prevResult"] = attached.result;
    ran = call("ADD", merged, name, true, {});
    if (ran.exit_code != 0) return ran;
    attached.result = ran.json();
  }
  attached_[name] = attached;
  return ran;
}

json Chain::add(const std::string& name) {
  const Ran ran = try_add(name);
  if (ran.exit_code != 0 && std::any_of(plugins_.begin(), plugins_.end(), wants_nftables)) {
    if (const auto reason = lacks_nftables()) {  // few kernels, so only asked for in the end
      std::printf("SKIPPED: %s\n", reason->c_str());
      throw std::runtime_error{*reason};
    }
  }
  INFO("ADD " << name << ": " << ran.out << ran.err);
  REQUIRE(ran.exit_code == 0);
  return attached_.at(name).result;
}

Ran Chain::try_del(const std::string& name, const Del& how) {
  const auto known = attached_.find(name);
  const json runtime = known != attached_.end() && how.with_runtime_config ? known->second.runtime_config : json{};
  Ran worst{.exit_code = 0, .out = {}, .err = {}};
  for (auto plugin = plugins_.rbegin(); plugin != plugins_.rend(); ++plugin) {
    json merged = config(*plugin, runtime.is_null() ? json::object() : runtime);
    if (how.with_previous && known != attached_.end()) merged["prevResult"] = known->second.result;
    const Ran ran = call("DEL", merged, name, how.with_netns, how.path);
    if (ran.exit_code != 0) worst = ran;
  }
  return worst;
}

Ran Chain::try_del(const std::string& name) { return try_del(name, Del{}); }

void Chain::del(const std::string& name, const Del& how) {
  const Ran ran = try_del(name, how);
  INFO("DEL " << name << ": " << ran.out << ran.err);
  REQUIRE(ran.exit_code == 0);
}

void Chain::del(const std::string& name) { del(name, Del{}); }

Ran Chain::check(const std::string& name) {
  Ran ran{.exit_code = 0, .out = {}, .err = {}};
  const Attached& attached = attached_.at(name);
  for (const json& plugin : plugins_) {
    json merged = config(plugin, attached.runtime_config);
    merged["prevResult"] = attached.result;
    ran = call("CHECK", merged, name, true, {});
    if (ran.exit_code != 0) return ran;
  }
  return ran;
}

Ran Chain::gc(const std::vector<std::string>& valid_containers) {
  json valid = json::array();
  for (const auto& name : valid_containers) valid.push_back({{"containerID", name}, {"ifname", "eth0"}});
  Ran worst{.exit_code = 0, .out = {}, .err = {}};
  for (const json& plugin : plugins_) {
    json merged = config(plugin, {});
    merged["cni.dev/valid-attachments"] = valid;
    const Ran ran = call("GC", merged, "", false, {});
    if (ran.exit_code != 0) worst = ran;
  }
  return worst;
}

Ran Chain::status() {
  Ran ran{.exit_code = 0, .out = {}, .err = {}};
  for (const json& plugin : plugins_) {
    ran = call("STATUS", config(plugin, {}), "", false, {});
    if (ran.exit_code != 0) return ran;
  }
  return ran;
}

std::string Chain::ip(const std::string& name, int family) const {
  for (const json& ip : attached_.at(name).result.at("ips")) {
    const std::string address = ip.at("address");
    if ((address.find(':') == std::string::npos) == (family == 4)) return address.substr(0, address.find('/'));
  }
  FAIL(name << " has no IPv" << family << " address");
  return {};
}

std::string Chain::mac(const std::string& name) const {
  for (const json& interface : attached_.at(name).result.at("interfaces")) {
    if (interface.contains("sandbox")) return interface.at("mac");
  }
  return {};
}

std::string Chain::host_end(const std::string& name) const {
  for (const json& interface : attached_.at(name).result.at("interfaces")) {
    const std::string ifname = interface.at("name");
    if (!interface.contains("sandbox") && ifname.starts_with("veth")) return ifname;
  }
  return {};
}

namespace {

json dual_stack_ipam() {
  return {{"type", "host-local"},
          {"ranges", {{{{"subnet", "10.10.0.0/24"}}}, {{{"subnet", "fd10::/64"}}}}},
          {"routes", {{{"dst", "0.0.0.0/0"}}, {{"dst", "::/0"}}}}};
}

std::vector<json> chained(json main, const std::string& backend, bool with_portmap) {
  if (!backend.empty()) main["ipMasqBackend"] = backend;
  main["ipMasq"] = true;
  main["ipam"] = dual_stack_ipam();
  std::vector<json> plugins{std::move(main)};
  if (!with_portmap) return plugins;
  json portmap{{"type", "portmap"}, {"capabilities", {{"portMappings", true}}}};
  if (!backend.empty()) portmap["backend"] = backend;
  plugins.push_back(std::move(portmap));
  return plugins;
}

}  // namespace

std::vector<json> usual_plugins(const std::string& backend, bool with_portmap) {
  return chained({{"type", "bridge"}, {"bridge", "cni0"}, {"isGateway", true}}, backend, with_portmap);
}

std::vector<json> point_to_point_plugins(const std::string& backend, bool with_portmap) {
  return chained({{"type", "ptp"}}, backend, with_portmap);
}

}  // namespace patchbay::test
