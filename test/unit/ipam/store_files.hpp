// SPDX-License-Identifier: Apache-2.0
// The files of a network's store as somebody sees them who knows nothing of us: the disk, the reference
// suite, an administrator.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/owner.hpp"
#include "common/net/ip.hpp"

namespace patchbay::test {

class StoreFiles {
 public:
  struct File {
    std::string content;  // of a link: where it leads
    unsigned mode = 0600;
    bool is_link = false;
    bool operator==(const File&) const = default;
  };
  using Files = std::map<std::string, File>;  // by path

  StoreFiles(const std::string& data_dir, const std::string& network);

  [[nodiscard]] std::string lease(const net::Ip& ip) const { return leases_ + "/" + ip.to_string(); }
  [[nodiscard]] std::string entry(const Owner& owner) const { return index_ + "/" + owner.file_name(); }
  [[nodiscard]] std::string marker() const { return index_ + "/boot"; }

  static std::optional<File> read(const std::string& path);
  static void write(const std::string& path, const File& file);  // in place of what is there
  static void remove(const std::string& path);
  [[nodiscard]] Files all() const;
  void restore(const Files& files) const;

  // As `all()` was and is: what became of the files that differ.
  void revert(const Files& before, const std::string& path) const;

  static File shortened(File file, std::size_t size);
  static File zeroed(File file);
  static File garbled(File file);

 private:
  std::string leases_, index_;
};

}  // namespace patchbay::test
