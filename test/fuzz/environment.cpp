// SPDX-License-Identifier: Apache-2.0
// The environment, CNI_ARGS in it. A line of the input is a variable, without its "CNI_".
#include "common/contract/detail/environment.hpp"

#include <array>
#include <cstdlib>
#include <string>

#include "test/fuzz/fuzz.hpp"
#include "tools/patchbay/attachment.hpp"

using namespace patchbay;
using namespace patchbay::fuzz;
using contract::Args;
using contract::Command;

namespace {

constexpr std::array kNames{"CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS",         "CNI_IFNAME",
                            "CNI_ARGS",    "CNI_PATH",        "CNI_NETNS_OVERRIDE"};

void set_environment(std::string_view text) {
  for (const char* name : kNames) unsetenv(name);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line = "CNI_" + std::string{text.substr(0, end)};
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos) setenv(line.substr(0, equals).c_str(), line.c_str() + equals + 1, 1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void examine(const contract::detail::Environment& environment) {
  require(environment.ifname.size() < 16, "an interface name fits the kernel's");
  require(environment.ifname.find('/') == std::string::npos, "an interface name is no path");
  require(environment.container_id.find('/') == std::string::npos, "a container ID is no path");
}

void read_args(std::string_view text) {
  if (const auto args = attempt([&] { return Args::parse(text); })) {
    static_cast<void>(args->find("IP"));
    accepts([&] { args->refuse_unknown({"MAC", "IP", "GATEWAY"}); });
  }
  if (const auto pairs = attempt([&] { return cli::parse_pairs(text); })) {
    require(cli::to_string(*pairs) == text, "pairs are printed as they were read");
    require(text.empty() || accepts([&] { Args::parse(text); }) || text.find("IgnoreUnknown") != text.npos,
            "what the tool takes for CNI_ARGS, plugins take");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of({data, size});
  set_environment(text);
  for (const Command command : {Command::add, Command::del, Command::check, Command::gc, Command::status}) {
    const auto environment = attempt([&] { return contract::detail::read_environment(command); });
    if (environment && (command == Command::add || command == Command::check)) examine(*environment);
  }
  const char* verb = std::getenv("CNI_COMMAND");
  if (verb != nullptr && contract::detail::find_command(verb)) {
    require(contract::to_string(*contract::detail::find_command(verb)) == verb, "a verb is called what it is");
  }
  const char* args = std::getenv("CNI_ARGS");
  read_args(args == nullptr ? text : std::string_view{args});
  const std::string path = cli::absolute_path("/" + std::string{text});
  require(path.starts_with('/') && (path + "/").find("/../") == path.npos, "an absolute path has no way up in it");
  return 0;
}
