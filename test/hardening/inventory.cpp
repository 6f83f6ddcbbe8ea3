// SPDX-License-Identifier: Apache-2.0
// An IPAM plugin that takes stock of what it was given: descriptors, environment, capabilities, and
// those of who started it. Into /run/inventory/<CNI_COMMAND>, as JSON.
#include <dirent.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

namespace {

using nlohmann::json;

json descriptors() {
  json found = json::array();
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return found;
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name.front() != '.' && name != std::to_string(dirfd(directory))) found.push_back(std::stoi(name));
  }
  closedir(directory);
  return found;
}

json environment() {
  json found = json::array();
  for (char** entry = environ; *entry != nullptr; ++entry) found.push_back(*entry);
  return found;
}

// The lines "CapEff:\t..." of proc_pid_status(5), as numbers.
json capabilities(const std::string& process) {
  json found;
  std::ifstream file{"/proc/" + process + "/status"};
  for (std::string name, value; file >> name && std::getline(file, value);) {
    if (name.starts_with("Cap")) found[name.substr(0, name.size() - 1)] = std::stoull(value, nullptr, 16);
  }
  return found;
}

}  // namespace

int main() {
  const json held = descriptors();  // before anything of ours is opened
  const std::string input{std::istreambuf_iterator<char>{std::cin}, {}};
  const char* verb = std::getenv("CNI_COMMAND");
  if (verb == nullptr) return 1;
  std::ofstream file{std::string{"/run/inventory/"} + verb};
  file << json{{"descriptors", held},
               {"environment", environment()},
               {"capabilities", capabilities("self")},
               {"parent", capabilities(std::to_string(getppid()))},
               {"input", input}};
  if (!file.flush()) return 1;
  if (std::string{verb} == "ADD")
    std::cout << R"({"cniVersion":"1.1.0","ips":[{"address":"10.9.0.2/24","gateway":"10.9.0.1"}]})";
  return 0;
}
