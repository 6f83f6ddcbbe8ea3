// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/cache.hpp"

#include "common/base/error.hpp"
#include "common/contract/request.hpp"
#include "common/os/file.hpp"

namespace patchbay::cli {
namespace {

constexpr std::size_t kMaxName = 255;  // NAME_MAX
constexpr unsigned kFileMode = 0600;
constexpr unsigned kDirectoryMode = 0700;
// A configuration of 1 MiB in base64, and as much again for arguments and result.
constexpr std::size_t kMaxEntry = 4 << 20;

bool could_be(const std::string& container, const std::string& ifname) {
  try {
    contract::validate_container_id(container);
    contract::validate_ifname(ifname);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// "c-1-eth0" after the network's name is container "c-1" with eth0 - or "c" with "1-eth0".
void add_readings(Owners& owners, const std::string& network, const std::string& rest) {
  for (auto dash = rest.find('-'); dash != std::string::npos; dash = rest.find('-', dash + 1)) {
    const std::string container = rest.substr(0, dash);
    const std::string ifname = rest.substr(dash + 1);
    if (could_be(container, ifname)) owners.push_back({network, container, ifname});
  }
}

std::string taken_text(const std::string& path, const Owner& owner, const Owner& holder) {
  return path + "/" + ResultCache::file_name(owner) + " is of attachment " + holder.tag() +
         ", whose names read the same";
}

// Whose file `owner`'s name leads to: another attachment's only when it says so.
Owner holder_of(const os::Directory& directory, const Owner& owner) {
  try {
    if (const auto text = directory.read(ResultCache::file_name(owner), kMaxEntry))
      return parse_entry(*text, owner).attachment.owner;
  } catch (const Error&) {
    // Damaged: nobody else can make anything of it.
  }
  return owner;
}

}  // namespace

std::string ResultCache::file_name(const Owner& owner) {
  return owner.network + "-" + owner.container + "-" + owner.ifname;
}

std::optional<CacheEntry> ResultCache::find(const Owner& owner) const {
  const auto directory = os::Directory::find(path_);
  if (!directory) return std::nullopt;
  const auto text = directory->read(file_name(owner), kMaxEntry);
  if (!text) return std::nullopt;
  CacheEntry entry = parse_entry(*text, owner);
  if (entry.attachment.owner == owner) return entry;
  throw Error{Code::decode_failure, taken_text(path_, owner, entry.attachment.owner)};
}

void ResultCache::store(const CacheEntry& entry) const {
  const auto directory = os::Directory::ensure(path_, kDirectoryMode);
  directory.write(file_name(entry.attachment.owner), print_entry(entry), kFileMode);
}

void ResultCache::prepare(const CacheEntry& entry) const {
  static_cast<void>(print_entry(entry));
  const Owner& owner = entry.attachment.owner;
  const auto directory = os::Directory::ensure(path_, kDirectoryMode);
  const std::string name = file_name(owner);
  if (name.size() > kMaxName) {
    throw std::move(Error{Code::invalid_environment, "no cache file can be named " + name}.expected(
        "network name, container ID and interface name of at most " + std::to_string(kMaxName - 2) +
        " bytes together"));
  }
  const Owner holder = holder_of(directory, owner);
  if (holder == owner) return;
  throw std::move(Error{Code::invalid_environment, taken_text(path_, owner, holder)}.hint(
      "choose another container ID, or another cache directory"));
}

void ResultCache::remove(const Owner& owner) const {
  const auto directory = os::Directory::find(path_);
  if (directory && holder_of(*directory, owner) == owner) directory->remove(file_name(owner));
}

std::vector<ResultCache::File> ResultCache::files() const {
  std::vector<File> files;
  const auto directory = os::Directory::find(path_);
  if (!directory) return files;
  for (const std::string& name : directory->list()) {
    File file{.name = name, .entry = std::nullopt, .written = directory->modified(name)};
    try {
      const auto text = directory->read(name, kMaxEntry);
      if (!text) continue;  // removed since
      file.entry = parse_entry(*text, {});
    } catch (const Error&) {
      file.entry.reset();
    }
    files.push_back(std::move(file));
  }
  return files;
}

void ResultCache::remove(const File& file) const {
  if (const auto directory = os::Directory::find(path_)) directory->remove(file.name);
}

Inventory ResultCache::inventory(const std::string& network) const {
  Inventory inventory;
  const auto directory = os::Directory::find(path_);
  if (!directory) return inventory;
  for (const std::string& name : directory->list()) {
    if (!name.starts_with(network + "-")) continue;
    try {
      const auto text = directory->read(name, kMaxEntry);
      if (!text) continue;  // removed since
      CacheEntry entry = parse_entry(*text, {});
      const Owner& owner = entry.attachment.owner;
      if (owner.network == network && file_name(owner) == name) {
        inventory.entries.push_back(std::move(entry));
      } else if (owner.network.empty()) {
        add_readings(inventory.possible, network, name.substr(network.size() + 1));
      }
    } catch (const Error&) {
      add_readings(inventory.possible, network, name.substr(network.size() + 1));
    }
  }
  return inventory;
}

}  // namespace patchbay::cli
