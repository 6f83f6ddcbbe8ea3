// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/variant.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.hpp"
#include "common/firewall/iptables/compat/compat_table.hpp"
#include "common/firewall/iptables/legacy_table.hpp"
#include "common/os/retry.hpp"
#include "common/os/unique_fd.hpp"

namespace patchbay::firewall::iptables {
namespace {

// Where a runtime that has no PATH would not look.
constexpr std::string_view kUsual = "/usr/sbin:/sbin:/usr/local/sbin:/usr/bin:/bin:/usr/local/bin";

// What a search along PATH passes over.
bool is_passed_over(int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR || error_number == EACCES || error_number == ELOOP;
}

// What the file is in the end, behind the links of a distribution's alternatives; empty when there is none.
std::string resolve(const std::string& path) {
  const os::UniqueFd file{os::retry_interrupted([&] { return open(path.c_str(), O_PATH | O_CLOEXEC); })};
  if (!file && is_passed_over(errno)) return {};
  std::array<char, PATH_MAX> target{};
  const std::string link = "/proc/self/fd/" + std::to_string(file.get());
  const auto length = file ? readlink(link.c_str(), target.data(), target.size()) : -1;
  if (length < 0) throw system_error(Code::io_failure, "find out which iptables " + path + " is", errno);
  return {target.data(), static_cast<std::size_t>(length)};
}

// The first that bears the name.
std::string find_program(std::string_view directories) {
  while (!directories.empty()) {
    const auto end = std::min(directories.find(':'), directories.size());
    const std::string directory{directories.substr(0, end)};
    directories.remove_prefix(std::min(end + 1, directories.size()));
    if (!directory.starts_with('/')) continue;
    if (std::string file = resolve(directory + "/iptables"); !file.empty()) return file;
  }
  return {};
}

// By the name of the executable that iptables is a link to: xtables-nft-multi, xtables-legacy-multi, or
// xtables-multi from before there were two. Anything else, such as a script, does not tell.
std::optional<Variant> variant_of_program() {
  const char* path = std::getenv("PATH");
  std::string file = find_program(path == nullptr ? std::string_view{} : path);
  if (file.empty()) file = find_program(kUsual);
  const std::string_view name = std::string_view{file}.substr(file.rfind('/') + 1);
  if (name.starts_with("xtables-nft")) return Variant::nf_tables;
  if (name.starts_with("xtables-")) return Variant::legacy;
  return std::nullopt;
}

}  // namespace

Variant choose_variant(std::span<const net::Family> families) {
  const auto in_use = [](net::Family family) { return has_legacy({Variant::legacy, family}); };
  if (std::any_of(families.begin(), families.end(), in_use)) return Variant::legacy;
  if (variant_of_program() == Variant::legacy) return Variant::legacy;
  return nf_tables_unavailable() ? Variant::legacy : Variant::nf_tables;
}

}  // namespace patchbay::firewall::iptables
