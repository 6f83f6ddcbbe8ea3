// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/preview.hpp"

#include <algorithm>
#include <array>

#include "tools/patchbay/partition.hpp"

namespace patchbay::cli {
namespace {

constexpr const char* kWhy = "of no attachment that lives, as the cache tells";

class Collection {
 public:
  Collection(const Chain& chain, Valid valid) : network_(chain.network.name), partition_(partition(chain, valid)) {
    if (chain.network.disable_gc) return;
    everything_ = chain.network.version >= contract::kFirstWithGc;
    for (const PluginConfig& plugin : chain.network.plugins)
      types_.push_back(plugin.type == "ptp" ? "veth" : plugin.type);
    for (const std::string& type : types_) say_if_foreign(type);
    for (const CacheEntry& entry : partition_.stale) stale_.push_back(entry.attachment.owner);
  }

  void judge(Found& found, bool is_handled) const {
    if (found.judgement.verdict == Verdict::foreign) return;
    const bool goes = is_handled && goes_by_owner(found.owner);
    found.judgement = goes ? Judgement{Verdict::stale, kWhy} : Judgement{Verdict::live, {}};
  }

  [[nodiscard]] bool has(std::string_view type) const { return std::ranges::find(types_, type) != types_.end(); }
  [[nodiscard]] bool hands_out_cables() const { return has("bridge") || has("veth"); }

 private:
  static void say_if_foreign(const std::string& type) {
    constexpr std::array<std::string_view, 5> kOurs{"bridge", "veth", "portmap", "firewall", "loopback"};
    if (std::ranges::find(kOurs, type) != kOurs.end()) return;
    remark("plugin \"" + type + "\" would be asked, too; what it removes is not known here");
  }
  [[nodiscard]] static bool names(const Owners& owners, const std::string& tag) {
    return std::ranges::any_of(owners, [&](const Owner& owner) {
      return owner.tag() == tag || Owner{owner.network, owner.container, "*"}.tag() == tag;
    });
  }
  // Of what names nobody, torn leases, entries and records, the plugins keep nothing that is torn.
  [[nodiscard]] bool goes_by_owner(const std::string& tag) const {
    if (names(stale_, tag) && !names(partition_.living, tag)) return true;
    return everything_ && (tag.empty() || Owner::tag_is_of_network(tag, network_)) && !names(partition_.living, tag);
  }

  const std::string network_;
  const Partition partition_;
  Owners stale_;
  std::vector<std::string> types_;
  bool everything_ = false;
};

bool is_of_chain(const Collection& collection, const firewall::Object& object) {
  switch (object.kind) {
    case firewall::Kind::host_port:
      return collection.has("portmap");
    case firewall::Kind::forward:
    case firewall::Kind::confinement:
    case firewall::Kind::isolation:
      return collection.has("firewall");
    case firewall::Kind::masquerade:
    case firewall::Kind::mac_spoof:
      break;
  }
  return collection.hands_out_cables();
}

}  // namespace

void judge_as_gc(Survey& survey, const Chain& chain, Valid valid) {
  const Collection collection{chain, valid};
  for (FoundRule& it : survey.rules) collection.judge(it, is_of_chain(collection, it.object));
  for (FoundLink& it : survey.links) {
    collection.judge(it, it.link.kind == "veth" && collection.hands_out_cables());
  }
  for (FoundAddress& it : survey.addresses) collection.judge(it, false);
  for (FoundLease& it : survey.leases) {
    const bool is_anybodys = it.lease.file.kind != ipam::LeaseFile::Kind::other;
    collection.judge(it, is_anybodys && collection.hands_out_cables());
  }
  for (FoundEntry& it : survey.entries) collection.judge(it, collection.hands_out_cables());
  for (FoundRecord& it : survey.records) collection.judge(it, it.file.record && collection.has(it.plugin));
  for (FoundResult& it : survey.results) collection.judge(it, !it.owner.empty());
}

}  // namespace patchbay::cli
