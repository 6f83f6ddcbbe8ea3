// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/settings.hpp"

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "common/base/error.hpp"
#include "common/contract/request.hpp"
#include "tools/patchbay/failure.hpp"

namespace patchbay::cli {

const Option kIfname{"ifname", 'i', "NAME", "the interface's name in the container (default $CNI_IFNAME, else eth0)"};
const Option kContainerId{"container-id", 0, "ID",
                          "the container's ID (default: derived from <netns>, as cnitool does)"};
const Option kCacheDirectoryOption{"cache-dir", 0, "DIR", "where results are kept (default /var/lib/cni)"};
const Option kTimeout{"timeout", 0, "SECONDS", "how long one plugin may take (default 120)"};
const Option kJson{"json", 0, "", "errors as one JSON object on stdout"};
const Option kJsonReport{"json", 0, "", "the report, and errors, as one JSON object on stdout"};
const Option kAll{"all", 0, "", "treat no attachment as valid, as cnitool does"};
const Option kDryRun{"dry-run", 0, "", "show what would be removed, and remove nothing"};
const Option kYes{"yes", 0, "", "remove what is provably dead, without plugins and configuration"};

namespace {

constexpr std::string_view kConfigDirectory = "/etc/cni/net.d";
constexpr unsigned kMaxTimeout = 24 * 3600;

std::string variable(const char* name, std::string_view otherwise = {}) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? std::string{otherwise} : std::string{value};
}

// Go's filepath.SplitList; empty elements are of no use.
std::vector<std::string> split_path(std::string_view text) {
  std::vector<std::string> directories;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find(':', start), text.size());
    if (end > start) directories.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return directories;
}

std::optional<contract::Json> capabilities() {
  const std::string text = variable("CAP_ARGS");
  if (text.empty()) return std::nullopt;
  return with_context("CAP_ARGS", [&]() -> std::optional<contract::Json> {
    auto json = contract::Json::parse(text);
    if (!json.is_object()) throw Error{Code::invalid_environment, "not a JSON object"};
    return json;
  });
}

// Set but empty is a name too, and refused as such.
std::string ifname(const Arguments& arguments) {
  if (const auto option = arguments.find(kIfname)) return *option;
  const char* value = std::getenv("CNI_IFNAME");
  return value == nullptr ? "eth0" : value;
}

std::chrono::milliseconds patience(const Arguments& arguments) {
  const auto text = arguments.find(kTimeout).value_or("120");
  unsigned seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc{} || end != text.data() + text.size() || seconds == 0 || seconds > kMaxTimeout) {
    throw UsageError{"--timeout needs a number of seconds from 1 to " + std::to_string(kMaxTimeout)};
  }
  return std::chrono::seconds{seconds};
}

bool own_netns_allowed() {
  std::string value = variable("CNI_NETNS_OVERRIDE");
  for (char& letter : value) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return value == "TRUE" || value == "1";
}

// What ADD was made with; nullopt when the cache does not tell.
std::optional<NetworkConfig> cached_network(const std::string& directory, const ResultCache& cache,
                                            const Owner& owner) {
  try {
    const auto entry = cache.find(owner);
    if (!entry || entry->config.empty()) return std::nullopt;
    NetworkConfig config = parse_conflist(entry->config);
    append_drop_ins(config, directory);
    return config;
  } catch (const Error&) {
    return std::nullopt;
  }
}

NetworkConfig network_from(const std::string& directory, const std::string& name, const ResultCache& cache,
                           const Attachment* attachment) {
  try {
    return load_network(directory, name);
  } catch (const Error& missing) {
    auto cached = attachment != nullptr ? cached_network(directory, cache, attachment->owner) : std::nullopt;
    if (!cached) throw;
    remark(missing.summary() + "; going on with the configuration that ADD was given");
    return *std::move(cached);
  }
}

}  // namespace

std::string config_directory() { return variable("NETCONFPATH", kConfigDirectory); }

ResultCache cache_from(const Arguments& arguments) {
  return ResultCache{arguments.find(kCacheDirectoryOption).value_or(kCacheDirectory)};
}

Attachment attachment_from(const Arguments& arguments) {
  const std::string netns = absolute_path(arguments.operands().at(1));
  Attachment attachment{.owner = {.network = arguments.operands().at(0),
                                  .container = arguments.find(kContainerId).value_or(container_id_for(netns)),
                                  .ifname = ifname(arguments)},
                        .netns = netns,
                        .args = parse_pairs(variable("CNI_ARGS")),
                        .capabilities = capabilities()};
  contract::validate_network_name(attachment.owner.network);
  contract::validate_container_id(attachment.owner.container);
  contract::validate_ifname(attachment.owner.ifname);
  return attachment;
}

Chain chain_from(const Arguments& arguments, const Attachment* attachment) {
  const std::string& name = arguments.operands().at(0);
  contract::validate_network_name(name);
  const Runner runner{split_path(variable("CNI_PATH", PATCHBAY_PLUGIN_PATH)), patience(arguments)};
  const ResultCache cache = cache_from(arguments);
  return {network_from(config_directory(), name, cache, attachment), runner, cache, own_netns_allowed()};
}

}  // namespace patchbay::cli
