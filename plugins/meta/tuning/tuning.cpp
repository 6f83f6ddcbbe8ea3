// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/tuning/tuning.hpp"

#include <algorithm>

#include "common/attach/container.hpp"
#include "common/attach/detach.hpp"
#include "common/base/error.hpp"
#include "common/base/rollback.hpp"
#include "common/contract/run.hpp"
#include "common/os/sysctl.hpp"
#include "plugins/meta/tuning/allow_list.hpp"
#include "plugins/meta/tuning/backup.hpp"
#include "plugins/meta/tuning/config.hpp"

namespace patchbay::tuning {
namespace {

namespace links = netlink::links;
using links::Attributes;

Backups backups(const contract::Request& request) { return Backups{data_dir(request)}; }

template <typename Value>
std::optional<Value> before(const std::optional<Value>& wanted, const Value& now, const std::optional<Value>& earlier) {
  if (!wanted) return std::nullopt;
  return *wanted == now && earlier ? earlier : now;
}

// Of what is going to change, what is now - or, where an earlier ADD of the same attachment has changed it
// already, what was before that.
Attributes attributes_before(const Attributes& wanted, const netlink::Link& now, const Attributes& earlier) {
  return {.mac = before(wanted.mac, now.mac, earlier.mac),
          .mtu = before(wanted.mtu, now.mtu, earlier.mtu),
          .tx_queue_length = before(wanted.tx_queue_length, now.tx_queue_length, earlier.tx_queue_length),
          .promiscuous = before(wanted.promiscuous, now.promiscuous, earlier.promiscuous),
          .all_multicast = before(wanted.all_multicast, now.all_multicast, earlier.all_multicast)};
}

// nullopt: absent, or cannot be read, as those that are only written to.
std::optional<std::string> read_setting(const std::string& path) {
  try {
    return os::sysctl::find(path);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// In the container's namespace.
std::vector<ChangedSysctl> settings_before(const std::vector<Sysctl>& wanted, const Backup& earlier) {
  std::vector<ChangedSysctl> changed;
  for (const Sysctl& one : wanted) {
    const auto now = read_setting(one.path);
    if (!now) continue;
    const auto known = std::ranges::find(earlier.sysctls, one.path, &ChangedSysctl::path);
    const bool again = known != earlier.sysctls.end() && *now == known->after;
    changed.push_back({one.path, again ? known->before : *now, one.value});
  }
  return changed;
}

// In the container's namespace, as far as there are settings.
Backup look_before(const contract::Request& request, const Config& config, const attach::Container& container,
                   const netlink::Link& link) {
  auto earlier = backups(request).find(request.owner);
  // Of another namespace: of an earlier life of this container.
  if (!earlier || (earlier->netns && *earlier->netns != container.netns.id())) earlier.emplace();
  Backup backup{.owner = request.owner,
                .netns = container.netns.id(),
                .attributes = attributes_before(config.attributes, link, earlier->attributes),
                .sysctls = {}};
  backup.sysctls = settings_before(config.sysctls, *earlier);
  return backup;
}

void write_settings(const std::vector<Sysctl>& sysctls) {
  for (const Sysctl& one : sysctls) {
    if (os::sysctl::set(one.path, one.value)) continue;
    throw Error{Code::invalid_config, "this kernel has no setting " + one.path}.at("/sysctl/" + one.key);
  }
}

// What somebody else has changed since is left to him.
void restore_settings(const std::vector<ChangedSysctl>& sysctls) {
  for (const ChangedSysctl& one : sysctls) {
    if (read_setting(one.path) == one.after) os::sysctl::set(one.path, one.before);
  }
}

void restore(attach::Container& container, const Backup& backup, const std::string& ifname) {
  if (const auto link = links::find(container.socket, ifname); link && !backup.attributes.empty()) {
    container.socket.transact(links::set_attributes(link->index, backup.attributes, ifname));
  }
  if (backup.sysctls.empty()) return;
  os::inside(container.netns, [&] { restore_settings(backup.sysctls); });
}

// The interface of the result is the one that was tuned.
void note(contract::Result& result, const contract::Request& request, const Attributes& attributes) {
  for (contract::Interface& interface : result.interfaces) {
    if (interface.name != request.owner.ifname || interface.sandbox.empty()) continue;
    if (attributes.mac) interface.mac = attributes.mac->to_string();
    if (attributes.mtu && interface.mtu != 0) interface.mtu = *attributes.mtu;
  }
}

// Values of several words are told with tabs between them.
std::string with_single_spaces(const std::string& text) {
  std::string words;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (words.empty() || words.back() == ' ')) continue;
    words += blank ? ' ' : c;
  }
  while (!words.empty() && words.back() == ' ') words.pop_back();
  return words;
}

void require(bool as_wanted, const std::string& what) {
  if (!as_wanted) throw Error{Code::drift, what + " is not as tuning has set it"};
}

template <typename Value>
bool is(const std::optional<Value>& wanted, const Value& now) {
  return !wanted || *wanted == now;
}

void check_attributes(const Attributes& wanted, const netlink::Link& now) {
  require(is(wanted.mac, now.mac), "the MAC of " + now.name + ", " + now.mac.to_string() + ",");
  require(is(wanted.mtu, now.mtu), "the MTU of " + now.name + ", " + std::to_string(now.mtu) + ",");
  require(is(wanted.tx_queue_length, now.tx_queue_length), "the queue length of " + now.name);
  require(is(wanted.promiscuous, now.promiscuous), "promiscuous mode of " + now.name);
  require(is(wanted.all_multicast, now.all_multicast), "all-multicast mode of " + now.name);
}

void check_settings(const std::vector<Sysctl>& wanted) {
  for (const Sysctl& one : wanted) {
    const auto now = read_setting(one.path);
    if (now) require(with_single_spaces(*now) == with_single_spaces(one.value), one.path + ", " + *now + ",");
  }
}

}  // namespace

contract::Result add(const contract::Request& request) {
  const Config config = parse_config(request);
  const Backups store = backups(request);
  contract::Result result = request.required_previous_result();
  require_allowed(config.sysctls);
  attach::Container container = attach::open_container(request);
  const netlink::Link link = links::get(container.socket, request.owner.ifname);
  if (config.sysctls.empty() && config.attributes.empty()) return result;

  Backup backup;
  Rollback undo;
  const auto look_and_set = [&] {
    backup = look_before(request, config, container, link);
    undo.add("forget what was before", [&] { store.remove(request.owner); });
    store.write(backup);
    undo.add("restore what was before", [&] { restore(container, backup, link.name); });
    write_settings(config.sysctls);
  };
  config.sysctls.empty() ? look_and_set() : os::inside(container.netns, look_and_set);
  if (!config.attributes.empty()) {
    container.socket.transact(links::set_attributes(link.index, config.attributes, link.name));
  }
  note(result, request, config.attributes);
  contract::stop_if_asked();
  undo.commit();
  return result;
}

// A backup that was not used up stays: DEL can be repeated.
void del(const contract::Request& request) {
  const Backups store = backups(request);
  if (const auto backup = store.find(request.owner)) {
    auto container = attach::find_container(request.netns, request);
    const bool same = container && (!backup->netns || *backup->netns == container->netns.id());
    if (same) with_context("restore what was before ADD", [&] { restore(*container, *backup, request.owner.ifname); });
  }
  store.remove(request.owner);
}

void check(const contract::Request& request) {
  const Config config = parse_config(request);
  static_cast<void>(request.required_previous_result());
  attach::Container container = attach::open_container(request);
  const auto link = links::find(container.socket, request.owner.ifname);
  if (!link) throw Error{Code::drift, "the container has no interface " + request.owner.ifname};
  check_attributes(config.attributes, *link);
  if (!config.sysctls.empty()) os::inside(container.netns, [&] { check_settings(config.sysctls); });
}

void gc(const contract::Request& request) {
  const Owners valid = attach::required_valid_attachments(request);
  backups(request).keep_only(request.owner.network, valid);
}

void status(const contract::Request& request) { require_allowed(parse_config(request).sysctls); }

os::Capabilities needs(contract::Command /*command*/) {
  return os::kToReachFiles | os::kToSeeNamespaces | os::kToEnterNamespaces | os::kToChangeNetwork;
}

}  // namespace patchbay::tuning
