// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/node/judging.hpp"

#include <algorithm>

#include "tools/patchbay/node/attachments.hpp"

namespace patchbay::cli {
namespace {

using Kind = ipam::LeaseFile::Kind;

constexpr const char* kTorn = "torn";
constexpr const char* kNobody = "nothing else on this node knows its owner";

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

// A file that says nothing: somebody may be writing it at this moment.
Judgement of_torn_file(const Facts& facts, const std::optional<os::FileTime>& written) {
  if (is_settled(facts, written)) return {Verdict::stale, kTorn};
  return {Verdict::unknown, "torn, or being written at this moment"};
}

class Judge {
 public:
  Judge(Survey& survey, const Facts& facts, const Places& places, const std::map<std::string, bool>& proves)
      : survey_(survey),
        facts_(facts),
        places_(places),
        attachments_(survey, facts, proves),
        absence_proves_(survey.failures.empty() && facts.keeps_records) {}

  void all() {
    for (FoundRule& it : survey_.rules) rule(it);
    for (FoundLease& it : survey_.leases) lease(it);
    for (FoundEntry& it : survey_.entries) entry(it);
    for (FoundRecord& it : survey_.records) record(it);
    for (FoundResult& it : survey_.results) result(it);
    links();
  }

 private:
  void settle(Found& found, const std::string& tag, Judgement judgement) {
    found.owner = tag;
    found.judgement = std::move(judgement);
    if (const auto owner = Owner::parse_tag(tag); owner && found.network.empty()) found.network = owner->network;
  }

  [[nodiscard]] Judgement of_nobody() const {
    if (absence_proves_) return {Verdict::stale, kNobody};
    return {Verdict::unknown, kNobody};
  }

  void rule(FoundRule& found) {
    const firewall::Object& object = found.object;
    if (object.backend == firewall::Backend::iptables) return iptables_rule(found);
    if (!Owner::is_tag(object.tag)) return settle(found, "", {Verdict::foreign, "made by somebody else"});
    settle(found, object.tag, attachments_.knows(object.tag) ? attachments_.of(object.tag) : of_nobody());
  }

  // Without a number it is the reference suite's, or has been through iptables-save: then it is of some
  // interface of the container.
  void iptables_rule(FoundRule& found) {
    const firewall::Object& object = found.object;
    const Owners owners = attachments_.owners_of(object);
    if (owners.empty()) return settle(found, object.tag, of_unknown_interface(object));
    const std::string any = Owner{owners.front().network, owners.front().container, "*"}.tag();
    const std::string tag = owners.size() == 1 ? owners.front().tag() : any;
    settle(found, tag, object.attachment != 0 ? attachments_.of(tag) : attachments_.of_foreign_make(tag));
  }

  // It carries the number of none of the interfaces that are known, or no number and no name.
  [[nodiscard]] Judgement of_unknown_interface(const firewall::Object& object) const {
    if (object.attachment == 0) return {Verdict::foreign, "of another suite, or of nobody"};
    const Owners relatives = attachments_.owners_of_chain(object.chain);
    if (relatives.empty()) return of_nobody();
    Judgement judgement = attachments_.of(Owner{relatives.front().network, relatives.front().container, "*"}.tag());
    if (judgement.verdict == Verdict::live) judgement = {Verdict::unknown, "of another interface of its container"};
    return judgement;
  }

  void lease(FoundLease& found) {
    const ipam::LeaseFile& file = found.lease.file;
    if (file.kind == Kind::torn) return settle(found, "", {Verdict::stale, kTorn});
    if (file.kind == Kind::other)
      return settle(found, "", {Verdict::foreign, "set aside by somebody, for no container"});
    const std::string ifname = file.kind == Kind::legacy ? "*" : file.ifname;
    const std::string tag = Owner{found.network, file.container, ifname}.tag();
    Judgement judgement = found.lease.ours ? attachments_.of(tag) : attachments_.of_foreign_make(tag);
    if (!found.lease.ours && judgement.verdict != Verdict::live) {
      if (!judgement.why.empty()) judgement.why += "; ";
      judgement.why += "made by the reference suite";
    }
    settle(found, tag, std::move(judgement));
  }

  void entry(FoundEntry& found) {
    const auto& [name, entry, torn] = found.entry;
    if (entry) {
      const std::string tag = entry->owner.tag();
      return settle(found, tag, attachments_.of(tag));
    }
    // Whoever writes one holds the store's lock, and so did we.
    settle(found, "", torn ? Judgement{Verdict::stale, kTorn} : Judgement{Verdict::unknown, "not understood"});
  }

  void record(FoundRecord& found) {
    const auto& record = found.file.record;
    if (!record) return settle(found, "", of_torn_file(facts_, found.file.written));
    settle(found, record->owner.tag(), attachments_.of(record->owner.tag()));
  }

  void result(FoundResult& found) {
    const auto& [name, entry, written] = found.file;
    const Owner owner = entry ? entry->attachment.owner : Owner{};
    if (!owner.network.empty() && ResultCache::file_name(owner) == name) {
      return settle(found, owner.tag(), attachments_.of(owner.tag()));
    }
    const auto tag = attachments_.owner_of_result(name);
    if (tag) settle(found, *tag, attachments_.of(*tag));
    if (tag && found.judgement.verdict != Verdict::stale) return;
    if (!tag && entry) return settle(found, "", {Verdict::unknown, "does not say whose it is"});
    settle(found, tag.value_or(""), of_torn_file(facts_, written));
  }

  void links() {
    std::map<int, std::vector<std::string>> bridges;  // those with our ports, or configured; their networks
    for (const netlink::Link& link : facts_.links) {
      const auto configured = places_.bridges.find(link.name);
      if (link.kind == "bridge" && configured != places_.bridges.end()) bridges[link.index] = configured->second;
    }
    for (const netlink::Link& link : facts_.links) {
      const std::string tag = tag_of(link);
      if (tag.empty()) continue;
      add_cable(link, tag);
      if (link.master == 0) continue;
      auto& networks = bridges[link.master];
      const std::string network = survey_.links.back().network;
      if (!network.empty() && std::ranges::find(networks, network) == networks.end()) networks.push_back(network);
    }
    for (const netlink::Link& link : facts_.links) {
      if (const auto bridge = bridges.find(link.index); bridge != bridges.end()) add_bridge(link, bridge->second);
      const auto master = bridges.find(link.master);
      if (master != bridges.end() && tag_of(link).empty()) add_foreign_port(link, master->second);
    }
  }

  [[nodiscard]] std::string tag_of(const netlink::Link& link) const {
    if (link.kind != "veth") return {};
    if (link.alias.empty()) return attachments_.owner_of_link(link.name).value_or("");
    return attachments_.knows(link.alias) ? link.alias : std::string{};
  }

  FoundLink& add_link(const netlink::Link& link) {
    const auto master = std::ranges::find(facts_.links, link.master, &netlink::Link::index);
    return survey_.links.emplace_back(
        FoundLink{{}, link, link.master != 0 && master != facts_.links.end() ? master->name : ""});
  }

  void add_cable(const netlink::Link& link, const std::string& tag) {
    FoundLink& found = add_link(link);
    settle(found, tag, attachments_.of(tag));
    if (found.judgement.verdict != Verdict::unknown || link.peer_elsewhere || !absence_proves_) return;
    found.judgement = {Verdict::stale, "both its ends are on the host, and " + std::string{kNobody}};
  }

  // Bridges stay: the next container wants them again.
  void add_bridge(const netlink::Link& link, const std::vector<std::string>& networks) {
    FoundLink& found = add_link(link);
    found.network = networks.empty() ? "" : networks.front();
    found.owner = joined(networks);
    found.judgement = {Verdict::live, {}};
  }

  void add_foreign_port(const netlink::Link& link, const std::vector<std::string>& networks) {
    FoundLink& found = add_link(link);
    found.network = networks.empty() ? "" : networks.front();
    found.judgement = {Verdict::foreign, link.alias.empty() ? "no owner known" : "its alias is " + link.alias};
  }

  Survey& survey_;
  const Facts& facts_;
  const Places& places_;
  const Attachments attachments_;
  const bool absence_proves_;
};

}  // namespace

Survey judge(Survey read, const Facts& facts, const Places& places, const std::map<std::string, bool>& proves) {
  Judge{read, facts, places, proves}.all();
  return read;
}

}  // namespace patchbay::cli
