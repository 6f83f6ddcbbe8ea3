// SPDX-License-Identifier: Apache-2.0
#include "test/faults/sweep/scene.hpp"

#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <stdexcept>

#include "test/faults/scarce/starve.hpp"
#include "test/faults/sweep/contact.hpp"
#include "test/support/process.hpp"

namespace patchbay::faults {
namespace {

using nlohmann::json;
using test::Ran;

// A namespace as runtimes make it, where loopback has not been brought up yet.
void loopback_down() {
  const os::UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  request.ifr_name[0] = 'l', request.ifr_name[1] = 'o';
  if (!socket || ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) test::fail_errno("lo down");
}

json mappings(const std::string& who) {
  const int port = who == kBlue ? kBluePort : kRedPort;
  json all = json::array();
  for (const char* protocol : {"tcp", "udp"}) {
    all.push_back({{"hostPort", port}, {"containerPort", kServedPort}, {"protocol", protocol}});
  }
  return all;
}

bool names_container(const std::string& verb) { return verb == "ADD" || verb == "DEL" || verb == "CHECK"; }

}  // namespace

Scene::Scene(const Case& of) : case_(&of) {
  world_.set_iptables(of.iptables);
  if (of.firewalld) {
    firewalld_ = std::make_unique<test::FakeFirewalld>(test::kUsualBus);
    world_.sh("nft add table inet firewalld");
  }
  for (const std::string& name : {kBlue, kRed, kGreen}) {
    world_.netns(name);
    if (of.contact == Contact::by_loopback) world_.in(name, loopback_down);
  }
}

json Scene::config(const Ask& ask) const {
  json merged = case_->plugins.at(ask.plugin);
  merged["name"] = "swept";
  merged["cniVersion"] = "1.1.0";
  if (merged.contains("capabilities") && names_container(ask.verb)) {
    merged["runtimeConfig"] = {{"portMappings", mappings(ask.who)}};
  }
  if (!ask.previous.is_null()) merged["prevResult"] = ask.previous;
  if (ask.verb == "GC") {
    merged["cni.dev/valid-attachments"] = json::array({{{"containerID", kBlue}, {"ifname", "eth0"}}});
    if (case_->contact == Contact::by_loopback) merged["cni.dev/valid-attachments"][0]["ifname"] = "lo";
  }
  return merged;
}

Ran Scene::perform(const Ask& ask) {
  return world_.call({.plugin = case_->plugins.at(ask.plugin).at("type"),
                      .command = ask.verb,
                      .config = ask.verb == "VERSION" ? json::object({{"cniVersion", "1.1.0"}}) : config(ask),
                      .container = names_container(ask.verb) ? ask.who : "",
                      .netns = names_container(ask.verb) ? "/run/netns/" + ask.who : "",
                      .ifname = !names_container(ask.verb)               ? ""
                                : case_->contact == Contact::by_loopback ? "lo"
                                                                         : "eth0",
                      .path = case_->regular ? PATCHBAY_BIN : PATCHBAY_LEAKY});
}

Ran Scene::call(const Ask& ask) {
  const auto start = std::chrono::steady_clock::now();
  Ran ran = perform(ask);
  if (std::chrono::steady_clock::now() - start > kLongest) slowest_ = ask.verb + " of " + ask.who;
  return ran;
}

Observation Scene::observe(const Ask& ask, const std::optional<Fault>& fault) {
  Observation observation;
  world_.runner = [&](const test::Call&, test::Program program) {
    program.patience = 3 * kLongest;
    observation =
        fault && is_starvation(fault->mode) ? starve(std::move(program), *fault) : faults::observe(program, fault);
    return observation.ran;
  };
  perform(ask);
  world_.runner = nullptr;
  if (observation.took > kLongest || observation.timed_out) slowest_ = "the " + ask.verb + " with the fault";
  return observation;
}

Ran Scene::add(const std::string& who, std::size_t first, json previous) {
  Ran ran{.exit_code = 0, .out = {}, .err = {}};
  for (std::size_t plugin = first; plugin < size(); ++plugin) {
    ran = call({.verb = "ADD", .plugin = plugin, .who = who, .previous = previous});
    if (ran.exit_code != 0) return ran;
    previous = ran.json();
  }
  results_[who] = std::move(previous);
  return ran;
}

Ran Scene::del(const std::string& who, std::size_t plugins) {
  Ran worst{.exit_code = 0, .out = {}, .err = {}};
  for (std::size_t plugin = plugins; plugin-- > 0;) {
    Ran ran = call({.verb = "DEL", .plugin = plugin, .who = who});
    if (ran.exit_code != 0) worst = std::move(ran);
  }
  return worst;
}

Ran Scene::del(const std::string& who) { return del(who, size()); }

Ran Scene::check(const std::string& who) {
  Ran ran{.exit_code = 0, .out = {}, .err = {}};
  for (std::size_t plugin = 0; plugin < size() && ran.exit_code == 0; ++plugin) {
    ran = call({.verb = "CHECK", .plugin = plugin, .who = who, .previous = results_.at(who)});
  }
  return ran;
}

Ran Scene::gc(std::size_t first) {
  Ran worst{.exit_code = 0, .out = {}, .err = {}};
  for (std::size_t plugin = first; plugin < size(); ++plugin) {
    Ran ran = call({.verb = "GC", .plugin = plugin});
    if (ran.exit_code != 0) worst = std::move(ran);
  }
  return worst;
}

void Scene::attach(const std::string& who) {
  const Ran ran = add(who);
  if (ran.exit_code != 0) throw std::runtime_error{"ADD of " + who + " without any fault: " + ran.out + ran.err};
}

State Scene::state() {
  State state = read_state(world_, {kBlue, kRed, kGreen});
  if (!firewalld_) return state;
  for (const auto& [source, zone] : firewalld_->zones()) state.insert("host source " + source + " of zone " + zone);
  return state;
}

std::string Scene::settled_difference(const State& before, const std::function<State(State)>& relevant) {
  using namespace std::chrono_literals;
  const auto end = std::chrono::steady_clock::now() + 300ms;
  while (true) {
    std::string left = relevant ? difference(relevant(before), relevant(state())) : difference(before, state());
    if (left.empty() || test::milliseconds_until(end) == 0) return left;
    poll(nullptr, 0, 3);
  }
}

bool Scene::is_reached(const std::string& who) { return is_in_contact(world_, *case_, who, results_); }

}  // namespace patchbay::faults
