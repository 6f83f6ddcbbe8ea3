// SPDX-License-Identifier: Apache-2.0
#include "test/hostile/files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

#include "common/os/file.hpp"

namespace patchbay::test::hostile {

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  const std::string all = text.str();
  return all.size() <= 200 ? all
                           : std::to_string(all.size()) + " bytes #" + std::to_string(std::hash<std::string>{}(all));
}

std::string describe(const fs::path& path, const struct stat& status) {
  std::ostringstream line;
  line << path.string() << " " << std::oct << status.st_mode;
  if (S_ISLNK(status.st_mode)) line << " -> " << fs::read_symlink(path).string();
  if (S_ISREG(status.st_mode)) line << " " << content(path);
  return line.str();
}

// Which boot the index has been cleared for.
bool is_boot_marker(const fs::path& path) {
  return path.filename() == "boot" && fs::is_symlink(path) && fs::read_symlink(path) == os::boot_id();
}

// A lock, or where the round robin of addresses stands.
bool is_bookkeeping(const std::string& name, const struct stat& status) {
  const bool is_lock = name == "lock" || name.ends_with(".lock");
  return S_ISREG(status.st_mode) && ((is_lock && status.st_size == 0) || name.starts_with("last_reserved_ip."));
}

void add(Listing& lines, const fs::path& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return;
  if (S_ISDIR(status.st_mode) || is_bookkeeping(path.filename().string(), status) || is_boot_marker(path)) return;
  lines.push_back(describe(path, status));
}

}  // namespace

Listing list_files(const std::string& root) {
  Listing lines;
  add(lines, root);
  if (!fs::is_directory(root)) return lines;
  for (const auto& entry : fs::recursive_directory_iterator{root}) add(lines, entry.path());
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::string difference(const Listing& before, const Listing& after) {
  Listing gone, come;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(gone));
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(come));
  std::string text;
  for (const auto& line : gone) text += "- " + line + "\n";
  for (const auto& line : come) text += "+ " + line + "\n";
  return text;
}

}  // namespace patchbay::test::hostile
