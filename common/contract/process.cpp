// SPDX-License-Identifier: Apache-2.0
#include "common/contract/detail/process.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "common/base/error.hpp"
#include "common/os/retry.hpp"
#include "common/os/unique_fd.hpp"

namespace patchbay::contract::detail {
namespace {

std::string own_directory() {
  std::array<char, PATH_MAX> path;  // NOLINT(cppcoreguidelines-pro-type-member-init): readlink() fills it
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) throw system_error(Code::io_failure, "ask which executable we are", errno);
  const std::string_view whole{path.data(), static_cast<std::size_t>(length)};
  return std::string{whole.substr(0, whole.rfind('/'))};
}

os::UniqueFd file_of(const std::string& content) {
  os::UniqueFd file{memfd_create("stdin", MFD_CLOEXEC)};
  if (!file) throw system_error(Code::io_failure, "keep stdin", errno);
  for (std::size_t done = 0; done < content.size();) {
    const ssize_t put = os::retry_interrupted(
        [&] { return pwrite(file.get(), &content[done], content.size() - done, static_cast<off_t>(done)); });
    if (put < 0) throw system_error(Code::io_failure, "keep stdin", errno);
    done += static_cast<std::size_t>(put);
  }
  return file;
}

}  // namespace

void grow_generously() {
#ifdef __GLIBC__
  constexpr int kPiece = 512 * 1024;
  mallopt(M_TOP_PAD, kPiece);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}

void become_twin(std::string_view name, const std::string& input, char** argv) {
  const std::string path = own_directory() + "/libiptc/" + std::string{name};
  const os::UniqueFd file = file_of(input);
  if (os::retry_interrupted([&] { return dup2(file.get(), STDIN_FILENO); }) < 0) {
    throw system_error(Code::io_failure, "hand stdin on", errno);
  }
  execve(path.c_str(), argv, environ);
  throw system_error(Code::feature_missing, "the iptables backend needs " + path, errno)
      .hint("install the whole suite, its folder libiptc too, or use the nftables backend");
}

}  // namespace patchbay::contract::detail
