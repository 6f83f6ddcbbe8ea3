// SPDX-License-Identifier: Apache-2.0
#include "common/contract/detail/about.hpp"

#include "common/contract/detail/build_id.hpp"
#include "common/contract/detail/standard_io.hpp"
#include "common/contract/detail/text.hpp"

namespace patchbay::contract::detail {
namespace {

std::string supported_versions(std::string_view separator, std::string_view quote) {
  std::string list;
  for (const std::string_view version : kSupportedVersions) {
    if (!list.empty()) list += separator;
    list.append(quote).append(version).append(quote);
  }
  return list;
}

std::string help(const std::string& name, std::string_view description) {
  return name + " " PATCHBAY_VERSION " - " + std::string{description} + R"(

This is a CNI plugin. A container runtime starts it, with its request in the environment and the
network configuration, in JSON, on stdin:

  CNI_COMMAND         ADD, DEL, CHECK, GC, STATUS or VERSION
  CNI_CONTAINERID     the container (ADD, DEL, CHECK)
  CNI_NETNS           path of its network namespace (ADD, CHECK; DEL if it still exists)
  CNI_IFNAME          name of the interface in the container (ADD, DEL, CHECK)
  CNI_PATH            directories of plugins, separated by ':' (all but VERSION)
  CNI_ARGS            KEY=VALUE;KEY=VALUE (ADD, CHECK)
  CNI_NETNS_OVERRIDE  1 or true: CNI_NETNS may be the plugin's own namespace

It prints the result of ADD on stdout and exits with 0, or prints an error object with code, msg and
details and exits with 1.

By hand:

  CNI_COMMAND=VERSION )" +
         name + R"(
  patchbay add <network> <netns>    the same as a runtime does; see patchbay --help

CNI versions: )" +
         supported_versions(", ", "") + R"(
Configuration and error codes: docs/ in the source, share/doc/patchbay where it is installed.
Build ID: )" +
         build_id() + "\n";
}

}  // namespace

std::string name_of(const Plugin& plugin, int argc, char** argv) {
  std::string_view called = argc > 0 && argv[0] != nullptr ? argv[0] : "";
  called.remove_prefix(called.rfind('/') + 1);  // npos + 1 is 0
  return plugin.name == "veth" && called == "ptp" ? "ptp" : std::string{plugin.name};
}

int introduce(const Plugin& plugin, int argc, char** argv) {
  const std::string name = name_of(plugin, argc, argv);
  const std::string_view option = argc > 1 ? argv[1] : "";
  if (option == "--help" || option == "-h") {
    write_output(help(name, plugin.description));
  } else if (option == "--version") {
    write_output(name + " " PATCHBAY_VERSION "\n");
  } else {
    // Clients read the version from here, up to the very wording.
    complain("CNI " + name + " plugin v" PATCHBAY_VERSION);
    complain("CNI protocol versions supported: " + supported_versions(", ", ""));
  }
  return 0;
}

std::string version_reply() {
  return R"({"cniVersion":"1.1.0","supportedVersions":[)" + supported_versions(",", "\"") + "]}\n";
}

}  // namespace patchbay::contract::detail
