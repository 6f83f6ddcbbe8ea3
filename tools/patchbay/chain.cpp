// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/chain.hpp"

#include <net/if.h>

#include <optional>

#include "common/base/error.hpp"
#include "common/os/netns.hpp"
#include "tools/patchbay/exclusive.hpp"
#include "tools/patchbay/failure.hpp"
#include "tools/patchbay/interruption.hpp"
#include "tools/patchbay/request.hpp"

namespace patchbay::cli {
namespace {

using contract::Json;
using contract::Result;
using contract::Version;

std::string run(const Chain& chain, std::string_view command, const PluginConfig& plugin, const Attachment* attachment,
                const Injection& injection) {
  return invoke(chain.runner, {.command = command,
                               .type = plugin.type,
                               .attachment = attachment,
                               .input = request_text(chain.network, plugin, injection)});
}

// A result without version is of the configuration's version (libcni does the same).
Result parse_result(const std::string& output, const PluginConfig& plugin, const Version& expected) {
  return with_context("result of plugin \"" + plugin.type + "\"", [&] {
    const Json json = Json::parse(output);
    const std::string stated = json.text_or("cniVersion", "");
    const auto version = stated.empty() ? expected : Version::parse(stated);
    if (!version) throw Error{Code::decode_failure, "\"" + stated + "\" is not a version"};
    return Result::parse(json, *version);
  });
}

bool interface_exists(const os::Netns& netns, const std::string& name) {
  bool exists = false;
  os::inside(netns, [&] { exists = if_nametoindex(name.c_str()) != 0; });
  return exists;
}

Failures del_all(const Chain& chain, const Attachment& attachment, const Injection& injection) {
  Failures failures;
  const auto& plugins = chain.network.plugins;
  for (std::size_t left = plugins.size(); left-- > 0;) {
    attempt(failures, [&] { run(chain, "DEL", plugins[left], &attachment, injection); });
  }
  return failures;
}

// The entry, when it can be used; DEL must not depend on it.
std::optional<CacheEntry> readable_entry(const Chain& chain, const Owner& owner) {
  try {
    return chain.cache.find(owner);
  } catch (const Error& error) {
    remark("going on without the cached result: " + error.summary());
    return std::nullopt;
  }
}

std::optional<Json> readable_result(const std::optional<CacheEntry>& entry, const Version& version) {
  if (!entry || version < contract::kFirstWithCheck) return std::nullopt;  // as of 0.4.0, DEL gets it
  try {
    return result_as(*entry, version);
  } catch (const Error& error) {
    remark("going on without the cached result: " + error.summary());
    return std::nullopt;
  }
}

// What ADD was given holds for CHECK and DEL too, unless the caller says otherwise.
Attachment completed(Attachment attachment, const std::optional<CacheEntry>& entry) {
  if (!entry) return attachment;
  if (attachment.args.empty()) attachment.args = entry->attachment.args;
  if (!attachment.capabilities) attachment.capabilities = entry->attachment.capabilities;
  return attachment;
}

// Runs after a failed ADD. `reached` is the result so far: plugins find in it what they have to undo.
Failures roll_back(const Chain& chain, const Attachment& attachment, const std::optional<Result>& reached) {
  Injection injection{.capabilities = attachment.capabilities};
  Failures failures;
  if (reached && chain.network.version >= contract::kFirstWithCheck) {
    attempt(failures, [&] { injection.previous_result = Json::parse(reached->print(chain.network.version)); });
  }
  const Failures deletions = del_all(chain, attachment, injection);
  failures.insert(failures.end(), deletions.begin(), deletions.end());
  if (failures.empty()) attempt(failures, [&] { chain.cache.remove(attachment.owner); });
  remark(failures.empty() ? "ADD failed; DEL of every plugin has undone it"
                          : "ADD failed, and so did DEL; repeat \"patchbay del\" until it succeeds");
  return failures;
}

void add_each(const Chain& chain, const Attachment& attachment, std::optional<Result>& result) {
  Injection injection{.capabilities = attachment.capabilities};
  for (const PluginConfig& plugin : chain.network.plugins) {
    stop_if_interrupted();
    const std::string output = run(chain, "ADD", plugin, &attachment, injection);
    result = parse_result(output, plugin, chain.network.version);
    injection.previous_result = Json::parse(result->print(chain.network.version));
  }
  stop_if_interrupted();
  chain.cache.store({attachment, chain.network.text, injection.previous_result});
}

}  // namespace

Result add(const Chain& chain, const Attachment& attachment) {
  const os::Netns netns = os::Netns::open(attachment.netns, chain.own_netns_allowed);
  const Exclusive exclusive{netns, attachment.netns};
  chain.cache.prepare({attachment, chain.network.text, std::nullopt});
  for (const PluginConfig& plugin : chain.network.plugins) require_plugin(chain.runner, plugin.type);
  const bool was_there = interface_exists(netns, attachment.owner.ifname);

  std::optional<Result> result;
  Failures failures;
  attempt(failures, [&] { add_each(chain, attachment, result); });
  if (failures.empty()) return *result;
  if (was_there) {
    remark(attachment.owner.ifname + " was there before; ADD failed, and nothing has been undone");
    throw Failed{failures};
  }
  const Failures leftovers = roll_back(chain, attachment, result);
  failures.insert(failures.end(), leftovers.begin(), leftovers.end());
  throw Failed{failures};
}

void del(const Chain& chain, const Attachment& attachment) {
  const auto netns = os::Netns::find(attachment.netns, chain.own_netns_allowed);
  std::optional<Exclusive> exclusive;
  if (netns) exclusive.emplace(*netns, attachment.netns);

  const auto entry = readable_entry(chain, attachment.owner);
  const Attachment whole = completed(attachment, entry);
  Failures failures =
      del_all(chain, whole,
              {.previous_result = readable_result(entry, chain.network.version), .capabilities = whole.capabilities});
  if (failures.empty()) attempt(failures, [&] { chain.cache.remove(attachment.owner); });
  if (!failures.empty()) throw Failed{failures};
}

void check(const Chain& chain, const Attachment& attachment) {
  const NetworkConfig& network = chain.network;
  if (network.version < contract::kFirstWithCheck) {
    throw std::move(Error{Code::incompatible_version, "configuration version \"" + network.version.to_string() +
                                                          "\" does not support the CHECK command"}
                        .at("/cniVersion")
                        .expected("0.4.0 or newer"));
  }
  if (network.disable_check) return remark("the configuration says disableCheck: nothing was checked");

  const auto entry = chain.cache.find(attachment.owner);
  if (!entry) {
    throw std::move(Error{Code::unknown_container, "no result of ADD is cached for " + attachment.owner.tag()}.hint(
        "was it added, with the same network namespace path, interface name and cache directory?"));
  }
  const Attachment whole = completed(attachment, entry);
  const Injection injection{.previous_result = result_as(*entry, network.version), .capabilities = whole.capabilities};
  for (const PluginConfig& plugin : network.plugins) run(chain, "CHECK", plugin, &whole, injection);
}

void status(const Chain& chain) {
  if (chain.network.version < contract::kFirstWithGc) {
    return remark("CNI " + chain.network.version.to_string() + " has no STATUS: nothing was asked");
  }
  for (const PluginConfig& plugin : chain.network.plugins) run(chain, "STATUS", plugin, nullptr, {});
}

}  // namespace patchbay::cli
