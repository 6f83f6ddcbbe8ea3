// SPDX-License-Identifier: Apache-2.0
// A plugin that leaves behind what it made when the next step fails, forgets to look whether DEL worked, and
// cannot be interrupted: what a sweep must find.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr const char* kDirectory = "/run/patchbay";

std::string path_of(const char* what) {
  const char* container = std::getenv("CNI_CONTAINERID");
  return std::string{kDirectory} + "/" + (container == nullptr ? "" : container) + "." + what;
}

bool make(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  return fd >= 0 && close(fd) == 0;
}

int add() {
  if (mkdir(kDirectory, 0700) != 0 && access(kDirectory, F_OK) != 0) return std::puts("no directory"), 1;
  if (make(path_of("first")) && make(path_of("second"))) {
    return std::puts(R"({"cniVersion": "1.1.0", "ips": []})"), 0;
  }
  return std::puts(R"({"cniVersion": "1.1.0", "code": 5, "msg": "it failed"})"), 1;
}

void remove_quietly(const std::string& path) {
  if (unlink(path.c_str()) != 0) return;
}

}  // namespace

int main() {
  if (poll(nullptr, 0, 0) != 0) return 1;  // as all plugins begin
  const char* verb = std::getenv("CNI_COMMAND");
  if (verb != nullptr && std::strcmp(verb, "ADD") == 0) return add();
  if (verb == nullptr || std::strcmp(verb, "DEL") != 0) return 0;
  remove_quietly(path_of("second"));
  remove_quietly(path_of("first"));
  return 0;
}
