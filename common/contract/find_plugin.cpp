// SPDX-License-Identifier: Apache-2.0
// Where a delegated plugin is: the first regular file of its name in CNI_PATH, symbolic links
// followed. Whether it can be executed is found out by executing it, as in the reference.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "common/base/error.hpp"
#include "common/contract/delegate.hpp"
#include "common/os/retry.hpp"

namespace patchbay::contract {
namespace {

constexpr const char* kTypePointer = "/ipam/type";

// O_NONBLOCK for what is no file (a FIFO would wait for its writer). Without permission to read, a
// path descriptor still executes.
Executable open_program(std::string path) {
  const auto try_open = [&](int flags) {
    return os::UniqueFd{os::retry_interrupted([&] { return open(path.c_str(), flags | O_CLOEXEC); })};
  };
  os::UniqueFd fd = try_open(O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd || errno != EACCES) return {std::move(fd), std::move(path), true};
  fd = try_open(O_PATH);
  return {std::move(fd), std::move(path), false};
}

std::string path_of(std::string directory, const std::string& type) {
  return std::move(directory.append("/").append(type));
}

bool is_regular(const os::UniqueFd& fd) {
  struct stat status {};
  return fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

std::optional<Executable> find_plugin(const Request& request, const std::string& type) {
  validate_plugin_type(type, kTypePointer);
  for (const std::string& directory : request.plugin_path) {
    Executable found = open_program(path_of(directory, type));
    if (found.fd && is_regular(found.fd)) return found;
  }
  return std::nullopt;
}

bool finds_our_build(const Request& request, const std::string& type) {
  for (const std::string& directory : request.plugin_path) {
    const Executable first = open_program(path_of(directory, type));
    if (first.fd) return is_our_build(first);  // what is no regular file has no note
  }
  return false;
}

Executable require_plugin(const Request& request, const std::string& type) {
  if (auto found = find_plugin(request, type)) return std::move(*found);
  std::string directories;
  for (const std::string& directory : request.plugin_path) {
    directories += (directories.empty() ? "" : " ") + directory;
  }
  Error error{Code::not_available, "failed to find plugin \"" + type + "\" in path [" + directories + "]"};
  throw error.at(kTypePointer).hint("install it there, or add its directory to the runtime's plugin directories");
}

}  // namespace patchbay::contract
