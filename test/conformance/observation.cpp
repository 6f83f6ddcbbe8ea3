// SPDX-License-Identifier: Apache-2.0
#include "test/conformance/observation.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace patchbay::test::conformance {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// A bridge's identifiers are made of its MAC, which is a fact of its own.
const std::vector<std::string> kMadeOfMac{"bridge_id", "designated_root", "root_id", "designated_bridge"};

std::string content(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void erase_deep(json& value, const std::string& key) {
  if (value.is_object()) value.erase(key);
  if (value.is_structured())
    for (auto& element : value) erase_deep(element, key);
}

std::string field(const json& object, const char* key) {
  return object.contains(key) ? " " + std::string{key} + " " + object.at(key).dump() : "";
}

// What tells one object of a topic from another; the rest are its fields.
std::string name_of(const std::string& topic, const json& object) {
  if (topic == "links" || topic == "vlans") return object.value("ifname", "");
  if (topic.starts_with("routes"))
    return object.value("type", "unicast") + " " + object.value("dst", "") + field(object, "dev") +
           field(object, "table") + field(object, "metric");
  return "";
}

void add_json(Facts& facts, const std::string& topic_path, const std::string& topic, const std::string& line) {
  auto object = json::parse(line);
  for (const auto& key : kMadeOfMac) erase_deep(object, key);
  add(facts, topic_path + "/" + name_of(topic, object), flatten(object));
}

void add_address(Facts& facts, const std::string& topic_path, const std::string& line) {
  const auto space = line.find(' ');
  const auto address = json::parse(line.substr(space + 1));
  const auto name = address.value("local", "") + "/" + std::to_string(address.value("prefixlen", 0));
  add(facts, topic_path + "/" + line.substr(0, space) + " " + name, flatten(address));
}

// "nat -A POSTROUTING ..." and "nat :CNI-X -": rules have an order within their chain.
void add_rule(Facts& facts, const std::string& topic_path, const std::string& line) {
  std::istringstream words{line};
  std::string table, command, chain;
  words >> table >> command;
  if (command == "-A") words >> chain;
  add(facts, topic_path + "/" + table + " " + (chain.empty() ? command : chain), {{"", line}});
}

// "host links": one object a line.
void add_topic(Facts& facts, const std::string& prefix, const std::string& name, const std::string& lines) {
  const auto space = name.find(' ');
  const std::string topic = name.substr(space + 1);
  const std::string path = prefix + "/" + name.substr(0, space) + "/" + topic;
  std::istringstream text{lines};
  for (std::string line; std::getline(text, line);) {
    if (topic == "addresses") {
      add_address(facts, path, line);
    } else if (topic == "iptables" || topic == "ip6tables") {
      add_rule(facts, path, line);
    } else if (line.starts_with('{')) {
      add_json(facts, path, topic, line);
    } else {
      add(facts, path + "/" + line, {{"", "present"}});
    }
  }
}

// Every key of every interface, so that a list need not be right. "stable_secret" cannot be read
// until it is set.
void add_interface_sysctls(Facts& facts, const std::string& path, const std::string& family, const Tokens& tokens) {
  for (const auto& interface : fs::directory_iterator{"/proc/sys/net/" + family + "/conf"}) {
    Fields fields;
    for (const auto& key : fs::directory_iterator{interface.path()})
      fields[key.path().filename()] = trimmed(content(key.path()));
    const auto object = path + "/" + tokens.apply(interface.path().filename());
    for (const auto& [key, value] : fields) facts[object][std::string{family}.append("/").append(key)] = value;
  }
}

void add_sysctls(Facts& facts, const std::string& path, const Tokens& tokens) {
  add(facts, path + "/global", {{"ipv4/ip_forward", trimmed(content("/proc/sys/net/ipv4/ip_forward"))}});
  for (const char* family : {"ipv4", "ipv6"}) add_interface_sysctls(facts, path, family, tokens);
}

// Link addresses that were set are kept by a bridge; others follow its ports (NET_ADDR_SET is 3).
void add_mac_kinds(Facts& facts, const std::string& prefix, const Tokens& tokens) {
  for (const auto& link : fs::directory_iterator{"/sys/class/net"}) {
    const auto object = prefix + "/host/links/" + tokens.apply(link.path().filename());
    if (facts.contains(object)) facts[object]["addr_assign_type"] = trimmed(content(link.path() / "addr_assign_type"));
  }
}

std::string mode(const fs::path& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return "?";
  std::ostringstream text;
  text << std::oct << (status.st_mode & 07777);
  return text.str();
}

void add_files(Facts& facts, const std::string& prefix, const std::string& root) {
  if (!fs::exists(root)) return;
  for (const auto& entry : fs::recursive_directory_iterator{root}) {
    Fields fields{{"mode", mode(entry.path())}};
    if (entry.is_regular_file()) fields["content"] = content(entry.path());
    add(facts, prefix + "/files" + entry.path().string(), std::move(fields));
  }
}

}  // namespace

Facts observe(World& world, const std::string& prefix, const std::vector<std::string>& containers,
              const Tokens& tokens) {
  Facts facts;
  for (const auto& [name, text] : world.snapshot())
    if (!name.starts_with("file ")) add_topic(facts, prefix, name, tokens.apply(text));
  add_mac_kinds(facts, prefix, tokens);
  add_sysctls(facts, prefix + "/host/sysctls", tokens);
  for (const auto& container : containers)
    world.in(container, [&] { add_sysctls(facts, prefix + "/" + container + "/sysctls", tokens); });
  for (const char* root : {"/var/lib/cni", "/run/patchbay"}) add_files(facts, prefix, root);
  return facts;
}

}  // namespace patchbay::test::conformance
