// SPDX-License-Identifier: Apache-2.0
// The text of one cache file (libcni v1.3.0, type cachedInfo).
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/contract/result.hpp"
#include "tools/patchbay/base64.hpp"
#include "tools/patchbay/cache.hpp"

namespace patchbay::cli {
namespace {

using contract::Json;
using contract::Version;

constexpr std::string_view kKind = "cniCacheV1";

Error damaged(const std::string& why) { return Error{Code::decode_failure, "the cached result is damaged: " + why}; }

// An entry contains a whole configuration, so Json::parse's bound on the size does not fit it.
Json parse_document(const std::string& text) {
  const auto bounded = [](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) {
    if (depth > static_cast<int>(contract::kMaxDepth)) throw damaged("nested too deeply");
    return true;
  };
  auto document = nlohmann::json::parse(text, bounded, false);
  if (!document.is_object()) throw damaged("not a JSON object");
  return Json::wrap(std::move(document));
}

Pairs pairs_in(const Json& entry) {
  Pairs pairs;
  for (const Json& pair : entry.list("cniArgs")) {
    const auto both = pair.elements();
    if (both.size() != 2) throw damaged("cniArgs is not a list of pairs");
    pairs.emplace_back(both[0].as_text(), both[1].as_text());
  }
  return pairs;
}

Owner owner_in(const Json& entry) {
  return {entry.text_or("networkName", ""), entry.text_or("containerId", ""), entry.text_or("ifName", "")};
}

// libcni before 1.2 kept no namespace (containerd 1.6 and podman 4 have such ones), but what plugins answered.
std::string netns_told_by(const Json& result) {
  for (const Json& interface : result.list("interfaces")) {
    if (std::string path = interface.text_or("sandbox", ""); !path.empty()) return path;
  }
  return {};
}

std::string netns_in(const Json& entry) {
  std::string path = entry.text_or("netns", "");
  const auto result = entry.object("result");
  return path.empty() && result ? netns_told_by(*result) : path;
}

// Detached from the document, so that JSON pointers in messages begin at the result.
std::optional<Json> detached(const std::optional<Json>& part) {
  if (!part) return std::nullopt;
  return Json::wrap(part->raw());
}

}  // namespace

// In the order of libcni's struct, compact; what is empty is left out.
std::string print_entry(const CacheEntry& entry) {
  const auto& [owner, netns, args, capabilities] = entry.attachment;
  nlohmann::ordered_json object{{"kind", kKind},
                                {"containerId", owner.container},
                                {"config", to_base64(entry.config)},
                                {"ifName", owner.ifname},
                                {"networkName", owner.network}};
  if (!netns.empty()) object["netns"] = netns;
  for (const auto& [key, value] : args) object["cniArgs"].push_back({key, value});
  if (capabilities && !capabilities->raw().empty()) object["capabilityArgs"] = capabilities->raw();
  if (entry.result) object["result"] = entry.result->raw();
  try {
    return object.dump();
  } catch (const nlohmann::json::exception&) {
    // Go would replace the bytes in question - and GC look for another path than the one that lives.
    throw std::move(Error{Code::invalid_environment, "the network namespace's path or CNI_ARGS are not UTF-8"}.hint(
        "the result cache is JSON, which cannot hold other bytes"));
  }
}

CacheEntry parse_entry(const std::string& text, const Owner& owner) {
  const Json document = parse_document(text);
  const auto kind = document.find("kind");
  if (!kind || !kind->is_text() || kind->as_text() != kKind)
    return {{owner, netns_told_by(document), {}, {}}, {}, document};

  CacheEntry entry;
  entry.attachment.owner = owner_in(document);
  entry.attachment.netns = netns_in(document);
  entry.attachment.args = pairs_in(document);
  entry.attachment.capabilities = detached(document.object("capabilityArgs"));
  auto config = from_base64(document.text_or("config", ""));
  if (!config) throw damaged("config is not base64");
  entry.config = *std::move(config);
  entry.result = detached(document.object("result"));
  return entry;
}

std::optional<Json> result_as(const CacheEntry& entry, const Version& version) {
  if (!entry.result) return std::nullopt;
  const auto own = Version::parse(entry.result->text_or("cniVersion", "0.1.0"));
  if (!own) throw damaged("its result has no version");
  const auto result = contract::Result::parse(*entry.result, *own);
  return Json::parse(result.print(version));
}

}  // namespace patchbay::cli
