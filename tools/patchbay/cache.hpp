// SPDX-License-Identifier: Apache-2.0
// The result cache: what ADD said, for CHECK, DEL and GC. libcni's format and place, so that this
// tool and every runtime built on libcni can take over from each other:
//
//   <directory>/results/<network>-<container ID>-<ifname>      JSON, kind "cniCacheV1", mode 0600
//
// Older libcni wrote the bare result; such files are read too.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/contract/json.hpp"
#include "common/contract/version.hpp"
#include "common/os/file.hpp"
#include "tools/patchbay/attachment.hpp"

namespace patchbay::cli {

inline constexpr const char* kCacheDirectory = "/var/lib/cni";

struct CacheEntry {
  Attachment attachment;                 // of a bare result: the owner only
  std::string config;                    // the conflist's text; empty: not known
  std::optional<contract::Json> result;  // of the last plugin, in any version
};

// What the cache knows of one network.
struct Inventory {
  std::vector<CacheEntry> entries;
  // Files that do not say whose they are (bare results, torn writes) but may be of this network:
  // every way to read their names.
  Owners possible;
};

class ResultCache {
 public:
  explicit ResultCache(const std::string& directory) : path_(directory + "/results") {}

  // nullopt: none. Throws decode_failure when it is damaged or another attachment's: '-' in names
  // lets two attachments share a file name.
  [[nodiscard]] std::optional<CacheEntry> find(const Owner& owner) const;
  // Throws when `entry`, still without result, could not be stored: worth knowing before anything
  // is attached.
  void prepare(const CacheEntry& entry) const;
  void store(const CacheEntry& entry) const;  // atomically
  void remove(const Owner& owner) const;
  // Every file as it is, for audits.
  struct File {
    std::string name;
    std::optional<CacheEntry> entry;  // nullopt: damaged
    std::optional<os::FileTime> written;
  };
  [[nodiscard]] std::vector<File> files() const;
  void remove(const File& file) const;
  static std::string file_name(const Owner& owner);
  [[nodiscard]] Inventory inventory(const std::string& network) const;

 private:
  std::string path_;
};

// The result of `entry` in the shape of `version`; throws when it cannot be had.
std::optional<contract::Json> result_as(const CacheEntry& entry, const contract::Version& version);

// The format itself. Printing throws invalid_environment for what JSON cannot hold.
std::string print_entry(const CacheEntry& entry);
CacheEntry parse_entry(const std::string& text, const Owner& owner);

}  // namespace patchbay::cli
