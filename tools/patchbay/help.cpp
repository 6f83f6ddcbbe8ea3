// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/help.hpp"

#include "common/contract/version.hpp"

namespace patchbay::cli {
namespace {

constexpr std::string_view kIntroduction =
    R"(patchbay - attach containers to networks by CNI plugins, without a container runtime

Usage:
)";

constexpr std::string_view kRest = R"(
<network> is the name of a network configuration, <netns> the path of a network
namespace such as /run/netns/red (see ip-netns(8)).

Options:
  -i, --ifname NAME    the interface's name in the container
      --json           errors, and reports, as one JSON object on stdout
  -h, --help           this text; "patchbay help <verb>" tells all about one verb
      --version        our version, and the versions of CNI that we speak

Environment (as cnitool has it):
  NETCONFPATH   where configurations are                 /etc/cni/net.d
  CNI_PATH      where plugins are, separated by ":"
                @PLUGINS@
  CNI_IFNAME    the interface's name in the container    eth0
  CNI_ARGS      "KEY=VALUE;KEY=VALUE" for the plugins    none
  CAP_ARGS      JSON object: a value per capability      none
  CNI_NETNS_OVERRIDE  "1" permits our own namespace      no

Files:
  /etc/cni/net.d/*.conflist           networks; the first of a name counts
  /etc/cni/net.d/*.conf, *.json       networks of a single plugin, looked at afterwards
  /etc/cni/net.d/<network>/*.conf     further plugins of that network's list
  /var/lib/cni/results/               results of ADD, shared with libcni's runtimes
  /run/patchbay/                      records of our plugins: what "repair" makes rules from

Exit status:
  0  done      1  a plugin or we ourselves failed      2  the command line is wrong
  3  "audit" has found something stale or missing

Examples:
  ip netns add red
  patchbay add blue /run/netns/red
      attaches red to network blue as eth0, and prints its addresses as JSON
  CAP_ARGS='{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]}' \
  patchbay add blue /run/netns/red -i eth1
      a second interface, reachable through port 8080 of this host
  patchbay check blue /run/netns/red && patchbay del blue /run/netns/red
      asks whether all is as it was made, and takes it down
)";

std::string spaces(std::size_t count) { return std::string(count, ' '); }

std::string option_line(const Option& option) {
  std::string text = option.letter != 0 ? std::string{"  -"} + option.letter + ", " : spaces(6);
  text.append("--").append(option.name);
  if (!option.value.empty()) text.append(" ").append(option.value);
  constexpr std::size_t kColumn = 28;
  text += spaces(text.size() < kColumn ? kColumn - text.size() : 1);
  return text.append(option.meaning) + "\n";
}

std::string with_plugin_path(std::string text) {
  constexpr std::string_view kPlace = "@PLUGINS@";
  const auto at = text.find(kPlace);
  return at == std::string::npos ? text : text.replace(at, kPlace.size(), PATCHBAY_PLUGIN_PATH);
}

}  // namespace

std::string synopsis(const Verb& verb) {
  return "patchbay " + std::string{verb.name} + " " + std::string{verb.operands} + " [options]";
}

std::string overview(std::span<const Verb> verbs) {
  std::string text{kIntroduction};
  for (const Verb& verb : verbs) {
    const std::string start = "  patchbay " + std::string{verb.name} + " " + std::string{verb.operands};
    constexpr std::size_t kColumn = 42;
    text += start + (start.size() < kColumn ? spaces(kColumn - start.size()) : "\n" + spaces(kColumn));
    text.append(verb.summary) += '\n';
  }
  return with_plugin_path(text.append(kRest));
}

std::string explain(const Verb& verb) {
  std::string text = synopsis(verb) + "\n\n" + std::string{verb.story} + "\n\nOptions:\n";
  for (const Option* option : verb.options) text += option_line(*option);
  return text + "\nEnvironment, files, exit status and examples: patchbay --help\n";
}

std::string version_line() {
  std::string text = "patchbay " PATCHBAY_VERSION ", CNI";
  for (const auto version : contract::kSupportedVersions) text.append(" ").append(version);
  return text;
}

}  // namespace patchbay::cli
