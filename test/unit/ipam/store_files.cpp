// SPDX-License-Identifier: Apache-2.0
#include "test/unit/ipam/store_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <stdexcept>

#include "common/os/file.hpp"
#include "common/os/unique_fd.hpp"

namespace patchbay::test {
namespace {

namespace fs = std::filesystem;

void add_all(StoreFiles::Files& files, const std::string& directory) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{directory, none}) {
    if (auto file = StoreFiles::read(entry.path())) files.emplace(entry.path(), std::move(*file));
  }
}

}  // namespace

StoreFiles::StoreFiles(const std::string& data_dir, const std::string& network)
    : leases_(data_dir + "/" + network), index_(data_dir + "/.patchbay/" + network) {}

std::optional<StoreFiles::File> StoreFiles::read(const std::string& path) {
  struct ::stat status {};
  if (lstat(path.c_str(), &status) != 0) return std::nullopt;
  File file{.content = {}, .mode = status.st_mode & ALLPERMS, .is_link = S_ISLNK(status.st_mode)};
  if (file.is_link) {
    file.content = fs::read_symlink(path);
  } else if (S_ISREG(status.st_mode)) {
    file.content = os::read_file(path).value();
  } else {
    return std::nullopt;
  }
  return file;
}

void StoreFiles::write(const std::string& path, const File& file) {
  remove(path);
  if (file.is_link) return fs::create_symlink(file.content, path);
  const os::UniqueFd fd{open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file.mode)};
  if (!fd || ::write(fd.get(), file.content.data(), file.content.size()) < 0) throw std::runtime_error{"write " + path};
}

void StoreFiles::remove(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) throw std::runtime_error{"remove " + path};
}

StoreFiles::Files StoreFiles::all() const {
  Files files;
  add_all(files, leases_);
  add_all(files, index_);
  return files;
}

void StoreFiles::restore(const Files& files) const {
  for (const auto& [path, file] : all()) {
    if (!files.contains(path)) remove(path);
  }
  for (const auto& [path, file] : files) {
    fs::create_directories(fs::path{path}.parent_path());
    if (read(path) != file) write(path, file);
  }
}

void StoreFiles::revert(const Files& before, const std::string& path) const {
  const auto old = before.find(path);
  if (old == before.end()) return remove(path);
  write(path, old->second);
}

StoreFiles::File StoreFiles::shortened(File file, std::size_t size) {
  file.content.resize(std::min(size, file.content.size()));
  return file;
}

StoreFiles::File StoreFiles::zeroed(File file) {
  file.content.assign(file.content.size(), '\0');
  return file;
}

StoreFiles::File StoreFiles::garbled(File file) {
  for (char& c : file.content) c = static_cast<char>(c ^ 0xA5);
  return file;
}

}  // namespace patchbay::test
