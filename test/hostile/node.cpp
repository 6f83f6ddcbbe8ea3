// SPDX-License-Identifier: Apache-2.0
#include "test/hostile/node.hpp"

#include <net/if.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "test/hostile/judge.hpp"
#include "test/hostile/system_calls.hpp"

namespace patchbay::test::hostile {

namespace {

using nlohmann::json;
using Kind = Expectation::Kind;
namespace fs = std::filesystem;

constexpr const char* kBridge = "hostile0";  // of every case that makes one

json placed(const json& value, const std::string& directory) {
  return json::parse(replaced(value.dump(), "@D", directory));
}

void write_script(const std::string& path, const std::string& body, bool always) {
  fs::create_directories(fs::path{path}.parent_path());
  std::ofstream{path} << "#!/bin/sh\n" << (always ? "" : "[ \"$CNI_COMMAND\" = ADD ] || exit 0\n") << body << "\n";
  fs::permissions(path, fs::perms{0755});
}

Listing files_of(const std::string& directory) {
  Listing all;
  for (const std::string& root : {directory, std::string{"/run/patchbay"}, std::string{"/var/lib/cni"}})
    for (auto& line : list_files(root)) all.push_back(std::move(line));
  std::sort(all.begin(), all.end());
  return all;
}

void set(std::vector<std::string>& environment, const std::string& name, const std::string* value) {
  std::erase_if(environment, [&](const auto& entry) { return entry.starts_with(name + "="); });
  if (value != nullptr) environment.push_back(name + "=" + *value);
}

std::vector<std::string> environment_of(const Attempt& attempt, const std::string& command, bool as_told) {
  const Case& item = attempt.item;
  const std::string path = item.told.contains("ipam") ? attempt.directory + "/bin" : PATCHBAY_BIN;
  std::vector<std::string> all{"CNI_COMMAND=" + command,
                               "CNI_CONTAINERID=" + attempt.owner.container,
                               "CNI_NETNS=" + attempt.netns,
                               "CNI_IFNAME=" + attempt.owner.ifname,
                               "CNI_ARGS=" + (as_told ? item.text("args") : ""),
                               "CNI_PATH=" + path,
                               std::string{"PATH="} + std::getenv("PATH")};
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) all.push_back(std::string{name} + "=" + value);
  if (!as_told) return all;
  const json others = item.told.value("environment", json::object());
  for (const auto& [name, value] : others.items()) {
    const std::string text = value.is_null() ? "" : replaced(to_text(value), "@D", attempt.directory);
    // A DEL of the same request is a DEL all the same.
    if (name != "CNI_COMMAND" || command != "DEL") set(all, name, value.is_null() ? nullptr : &text);
  }
  return all;
}

std::string told(const Attempt& attempt, const std::string& what, const std::string& wrong, const Outcome& outcome) {
  if (wrong.empty()) return "";
  return attempt.item.theme + ": " + attempt.item.name + ", " + what + ":\n" + wrong +
         "stdout: " + outcome.ran.out.substr(0, 600) + "\nstderr: " + outcome.ran.err.substr(0, 600) + "\n";
}

std::string name_in(const Case& item, const char* member, const char* otherwise) {
  return item.text(member, otherwise).substr(0, 255);
}

// So that the rules that are fixed for the cases' subnet are there for good.
void keep_subnet(World& world) {
  json config = bridge_config("kept", "10.66.0.0/24");
  config.update({{"bridge", "cni1"},
                 {"isGateway", false},
                 {"isDefaultGateway", false},
                 {"ipMasq", true},
                 {"ipMasqBackend", "nftables"}});
  config["ipam"]["dataDir"] = "/run/kept";
  config["ipam"]["rangeStart"] = "10.66.0.200";
  world.add(
      {.plugin = "bridge", .config = config, .container = "blue", .netns = world.netns("blue"), .ifname = "eth1"});
}

// Hairpin mode: what portmap may want of a port for good.
std::vector<json> home_plugins() {
  auto plugins = usual_plugins("nftables");
  plugins[0]["hairpinMode"] = true;
  return plugins;
}

}  // namespace

Node::Node() : home_(world, home_plugins(), "home") {
  home_.port_mappings = {{{"hostPort", 9090}, {"containerPort", 80}, {"protocol", "tcp"}}};
  home_.add("blue");
  keep_subnet(world);
  home_.port_mappings = json::array();
  neighbour_ = home_.add("green");
  world.netns("box");
}

json Node::with_results(const json& value) const {
  if (!value.is_structured()) return value;
  json copy = value;
  if (value.is_object() && value.contains("$result")) {
    const json patch = copy;
    copy = value.at("$result") == "own" ? own_ : neighbour_;
    for (const auto& [key, change] : patch.items())
      if (key != "$result") copy.merge_patch({{key, change}});
    return copy;
  }
  for (auto& element : copy) element = with_results(element);
  return copy;
}

void Node::shell(const Attempt& attempt, const char* member) {
  if (!attempt.item.told.contains(member)) return;
  world.sh("set -e; D=" + attempt.directory + "; OWNER=" + attempt.owner.file_name() + "\n" +
           replaced(attempt.item.text(member), "@OWNER", attempt.owner.file_name()));
}

Attempt Node::prepare(const Case& item) {
  Attempt attempt{.item = item,
                  .directory = "/run/hostile/" + std::to_string(++count_),
                  .netns = "/run/netns/box",
                  .owner = {"hostile", name_in(item, "container", "c1"), name_in(item, "ifname", "eth0")},
                  .config = {},
                  .healthy = {},
                  .before = {}};
  fs::create_directories(attempt.directory);
  if (item.told.contains("netns")) attempt.netns = replaced(item.text("netns"), "@D", attempt.directory);
  if (item.told.contains("ipam"))
    write_script(attempt.directory + "/bin/liar", replaced(item.text("ipam"), "@D", attempt.directory),
                 item.flag("always"));
  attempt.healthy = with_results(placed(item.told.value("healthy", json::object()), attempt.directory));
  if (item.flag("attached")) {
    const auto added = call_plainly(attempt, "ADD", attempt.healthy);
    if (added.ran.exit_code != 0) throw std::runtime_error{item.name + ": cannot be attached: " + added.ran.out};
    own_ = added.ran.json();
  }
  attempt.config = with_results(placed(item.told.at("config"), attempt.directory));
  if (item.told.contains("value"))
    attempt.config[json::json_pointer{item.text("field")}] = placed(item.told.at("value"), attempt.directory);
  shell(attempt, "prepare");
  attempt.before = files_of(attempt.directory);
  return attempt;
}

Trial Node::trial(const Attempt& attempt) const {
  const Case& item = attempt.item;
  const std::string command = item.text("command", "ADD");
  Trial trial{.arguments = {std::string{PATCHBAY_BIN} + "/" + item.text("plugin")},
              .environment = environment_of(attempt, command, true),
              .input = item.told.contains("input") ? to_input(item.told.at("input")) : Input{attempt.config.dump()},
              .prelude = replaced(item.text("prelude"), "@D", attempt.directory),
              .denied = {},
              .denied_with = 0,
              .patience = std::chrono::seconds{item.told.value("within", 1) + 10}};
  if (item.told.contains("deny")) {
    trial.denied = system_calls(item.text("deny"));
    trial.denied_with = error_number(item.text("with"));
  }
  return trial;
}

Outcome Node::call_plainly(const Attempt& attempt, const std::string& command, const json& config) {
  const bool as_told = command == "DEL" && !attempt.item.flag("attached");
  Input input{config.dump()};
  if (as_told && attempt.item.told.contains("input")) input = to_input(attempt.item.told.at("input"));
  return run(Trial{.arguments = {std::string{PATCHBAY_BIN} + "/" + attempt.item.text("plugin")},
                   .environment = environment_of(attempt, command, as_told),
                   .input = std::move(input),
                   .prelude = {},
                   .denied = {},
                   .denied_with = 0,
                   .patience = std::chrono::seconds{attempt.item.told.value("within", 1) + 10}});
}

// After an ADD a DEL of the same request, after anything else that was done to an attachment a healthy one.
std::string Node::delete_afterwards(const Attempt& attempt, const Outcome& outcome) {
  const bool attached = attempt.item.flag("attached");
  if (!attached && attempt.item.text("command", "ADD") != "ADD") return "";
  const auto before = files_of(attempt.directory);
  const auto deleted = call_plainly(attempt, "DEL", attached ? attempt.healthy : attempt.config);
  const Limits limits{.at_most = std::chrono::seconds{attempt.item.told.value("within", 1)}};
  std::string wrong = complaints(deleted, attached ? Expectation{} : attempt.item.after_del, limits);
  if (!attached && !was_accepted(outcome)) wrong += difference(before, files_of(attempt.directory));
  return told(attempt, "then DEL", wrong, deleted);
}

std::string Node::conclude(const Attempt& attempt, const Outcome& outcome) {
  const Case& item = attempt.item;
  std::string wrong = complaints(outcome, item.expected,
                                 {.at_least = std::chrono::seconds{item.told.value("after", 0)},
                                  .at_most = std::chrono::seconds{item.told.value("within", 1)}});
  const std::string command = item.text("command", "ADD");
  // A DEL or GC that cannot do everything does the rest.
  const bool must_not_change = !was_accepted(outcome) && command != "DEL" && command != "GC";
  if (must_not_change) wrong += difference(attempt.before, files_of(attempt.directory));
  std::string all = told(attempt, command, wrong, outcome);
  shell(attempt, "cleanup");
  all += delete_afterwards(attempt, outcome);
  shell(attempt, "afterwards");
  if (if_nametoindex(kBridge) != 0) world.sh(std::string{"ip link del "} + kBridge);
  fs::remove_all(attempt.directory);
  return all;
}

}  // namespace patchbay::test::hostile
