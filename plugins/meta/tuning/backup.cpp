// SPDX-License-Identifier: Apache-2.0
#include "plugins/meta/tuning/backup.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/contract/json.hpp"
#include "common/os/file.hpp"

namespace patchbay::tuning {
namespace {

using contract::Json;
using nlohmann::json;

constexpr unsigned kDirectoryMode = 0700, kFileMode = 0600;
constexpr Json::Bounds kAny{0, INT64_MAX};

std::string file_of(const Owner& owner) { return owner.container + "_" + owner.ifname + ".json"; }

std::string to_text(const Backup& backup) {
  const auto& attributes = backup.attributes;
  json object{{"network", backup.owner.network},
              {"containerID", backup.owner.container},
              {"ifname", backup.owner.ifname},
              {"sysctl", json::object()}};
  if (backup.netns) object["netns"] = {{"device", backup.netns->device}, {"inode", backup.netns->inode}};
  if (attributes.mac) object["mac"] = attributes.mac->to_string();
  if (attributes.mtu) object["mtu"] = *attributes.mtu;
  if (attributes.promiscuous) object["promisc"] = *attributes.promiscuous;
  if (attributes.all_multicast) object["allmulti"] = *attributes.all_multicast;
  if (attributes.tx_queue_length) object["txQLen"] = *attributes.tx_queue_length;
  for (const auto& one : backup.sysctls) object["sysctl"][one.path] = {{"before", one.before}, {"after", one.after}};
  return object.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<unsigned> number(const Json& object, std::string_view key) {
  const auto value = object.integer(key, {0, UINT32_MAX});
  return value ? std::optional{static_cast<unsigned>(*value)} : std::nullopt;
}

std::optional<bool> flag(const Json& object, std::string_view key) {
  return object.has(key) ? std::optional{object.flag(key)} : std::nullopt;
}

Backup parse(const std::string& text) {
  const Json object = Json::parse(text);
  Backup backup{.owner = {.network = object.text_or("network", ""),
                          .container = object.text_or("containerID", ""),
                          .ifname = object.text_or("ifname", "")},
                .netns = std::nullopt,
                .attributes = {.mac = object.mac("mac"),
                               .mtu = number(object, "mtu"),
                               .tx_queue_length = number(object, "txQLen"),
                               .promiscuous = flag(object, "promisc"),
                               .all_multicast = flag(object, "allmulti")},
                .sysctls = {}};
  if (const auto netns = object.object("netns")) {
    backup.netns = {.device = static_cast<std::uint64_t>(netns->integer("device", kAny).value_or(0)),
                    .inode = static_cast<std::uint64_t>(netns->integer("inode", kAny).value_or(0))};
  }
  const auto sysctls = object.object("sysctl");
  if (!sysctls) return backup;
  for (const std::string& path : sysctls->keys()) {
    const auto one = sysctls->object(path);
    if (!one || !path.starts_with("net/") || path.find("..") != std::string::npos) continue;
    backup.sysctls.push_back({path, one->text_or("before", ""), one->text_or("after", "")});
  }
  return backup;
}

std::optional<Backup> read(const os::Directory& directory, const std::string& name) {
  const auto text = directory.read_whole(name, contract::kMaxInput);
  if (!text) return std::nullopt;
  try {
    return parse(*text);
  } catch (const Error&) {
    return std::nullopt;  // torn: nothing in it can be trusted
  }
}

}  // namespace

// In place: a kill in the middle leaves what is no backup, and then nothing has been changed yet.
void Backups::write(const Backup& backup) const {
  const auto directory = os::Directory::at(directory_, kDirectoryMode);
  const std::string name = file_of(backup.owner);
  for (int tries = 0; !directory.create_in_place(name, to_text(backup), kFileMode); ++tries) {
    if (tries > 0) throw Error{Code::try_again, directory_ + "/" + name + " is being written by somebody else"};
    directory.remove(name);  // of an earlier ADD, whose values are in this one
  }
}

std::optional<Backup> Backups::find(const Owner& owner) const {
  return read(os::Directory::at(directory_, kDirectoryMode), file_of(owner));
}

void Backups::remove(const Owner& owner) const {
  static_cast<void>(os::Directory::at(directory_, kDirectoryMode).remove(file_of(owner)));
}

void Backups::keep_only(const std::string& network, const Owners& valid) const {
  const auto directory = os::Directory::find(directory_);
  if (!directory) return;
  std::vector<std::string> kept;
  for (const Owner& owner : valid) kept.push_back(file_of(owner));
  for (const std::string& name : directory->list()) {
    if (!name.ends_with(".json") || std::ranges::find(kept, name) != kept.end()) continue;
    // What cannot be read is of an ADD that was killed, and of no use to anybody.
    const auto backup = read(*directory, name);
    const bool stale = !backup || (backup->owner.network == network && file_of(backup->owner) == name);
    if (stale) static_cast<void>(directory->remove(name));
  }
}

}  // namespace patchbay::tuning
