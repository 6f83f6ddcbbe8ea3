// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/node/attachments.hpp"

#include <algorithm>

namespace patchbay::cli {
namespace {

// Of several interfaces, one that lives or cannot be told decides.
Judgement together(const std::vector<Judgement>& judgements) {
  for (const Verdict verdict : {Verdict::live, Verdict::unknown}) {
    const auto found = std::ranges::find(judgements, verdict, &Judgement::verdict);
    if (found != judgements.end()) return *found;
  }
  return judgements.empty() ? judge({}) : judgements.front();
}

bool has_name_of(const netlink::Link& link, const Owner& owner) {
  const auto names = host_names(owner);
  return std::ranges::find(names, link.name) != names.end();
}

bool is_of_container(const std::optional<Owner>& owner, const Owner& container) {
  return owner && owner->network == container.network && owner->container == container.container;
}

}  // namespace

Attachments::Attachments(const Survey& survey, const Facts& facts, const std::map<std::string, bool>& proves) {
  hear_stores(survey, facts, proves);
  hear_records(survey, facts);
  hear_results(survey, facts);
  for (const auto& [tag, known] : by_tag_) {
    if (known.owner) by_link_.try_emplace(known.owner->host_ifname(), tag);
  }
  hear_links(facts);
  for (const auto& [tag, known] : by_tag_) {
    if (!known.owner) continue;
    for (const std::string& chain : firewall::chains_of(*known.owner)) by_chain_[chain].push_back(*known.owner);
  }
}

Attachments::Known& Attachments::at(const Owner& owner) {
  Known& known = by_tag_[owner.tag()];
  known.owner = owner;
  return known;
}

void Attachments::hear_stores(const Survey& survey, const Facts& facts, const std::map<std::string, bool>& proves) {
  for (const FoundLease& found : survey.leases) {
    const ipam::LeaseFile& file = found.lease.file;
    if (file.kind == ipam::LeaseFile::Kind::named) at({found.network, file.container, file.ifname});
  }
  for (const FoundEntry& found : survey.entries) {
    const auto& entry = found.entry.entry;
    if (!entry) continue;
    Known& known = at(entry->owner);
    known.own.push_back(testify(facts, *entry, proves.at(found.data_dir)));
    if (entry->netns && entry->boot == facts.boot) known.namespaces.push_back(*entry->netns);
  }
}

void Attachments::hear_records(const Survey& survey, const Facts& facts) {
  for (const FoundRecord& found : survey.records) {
    const auto& record = found.file.record;
    if (!record) continue;
    Known& known = at(record->owner);
    known.own.push_back(testify(facts, *record));
    if (record->netns && record->boot == facts.boot) known.namespaces.push_back(*record->netns);
    if (auto why = why_unplugged(facts, found.file)) known.unplugged = std::move(why);
  }
}

void Attachments::hear_results(const Survey& survey, const Facts& facts) {
  for (const FoundResult& found : survey.results) {
    const auto& entry = found.file.entry;
    if (!entry || entry->attachment.owner.network.empty()) continue;
    Known& known = at(entry->attachment.owner);
    known.foreign.push_back(testify(facts, *entry, known.namespaces));
    hear_interfaces(*entry, facts);
  }
  for (const auto& [tag, known] : by_tag_) {
    if (known.owner) by_result_.try_emplace(ResultCache::file_name(*known.owner), tag);
  }
}

// The reference suite's cables have names that only the result tells.
void Attachments::hear_interfaces(const CacheEntry& entry, const Facts& facts) {
  if (!entry.result) return;
  try {
    for (const contract::Json& interface : entry.result->list("interfaces")) {
      const std::string name = interface.text_or("name", "");
      const netlink::Link* link = find_link(facts, name);
      const bool is_host_end = interface.text_or("sandbox", "").empty() && link != nullptr && link->kind == "veth";
      if (is_host_end) by_link_.try_emplace(name, entry.attachment.owner.tag());
    }
  } catch (const Error&) {
    return;  // whatever it is, it is no list of interfaces
  }
}

// Others may use aliases of our form. Ours are of owners that are known otherwise, or stand on links whose
// name is made of the same owner.
void Attachments::hear_links(const Facts& facts) {
  for (const netlink::Link& link : facts.links) {
    if (link.kind != "veth") continue;
    std::string tag = link.alias;
    if (tag.empty()) tag = owner_of_link(link.name).value_or("");
    const auto owner = Owner::parse_tag(tag);
    if (!by_tag_.contains(tag) && !(owner && has_name_of(link, *owner))) continue;
    Known& known = by_tag_[tag];
    if (!known.owner) known.owner = owner;
    known.foreign.push_back(testify(link));
  }
}

std::vector<const Attachments::Known*> Attachments::matching(const std::string& tag) const {
  std::vector<const Known*> found;
  const auto exact = by_tag_.find(tag);
  if (exact != by_tag_.end()) return {&exact->second};
  const auto container = Owner::parse_tag(tag);
  if (!container || container->ifname != "*") return found;
  for (const auto& [other, known] : by_tag_) {
    if (is_of_container(known.owner, *container)) found.push_back(&known);
  }
  return found;
}

Judgement Attachments::of(const std::string& tag) const {
  std::vector<Judgement> judgements;
  for (const Known* known : matching(tag)) {
    std::vector<Testimony> all = known->own;
    all.insert(all.end(), known->foreign.begin(), known->foreign.end());
    Judgement judgement = judge(all);
    if (judgement.verdict == Verdict::live && known->unplugged) judgement = {Verdict::stale, *known->unplugged};
    judgements.push_back(std::move(judgement));
  }
  return together(judgements);
}

Judgement Attachments::of_foreign_make(const std::string& tag) const {
  std::vector<Judgement> judgements;
  for (const Known* known : matching(tag)) {
    const Judgement all = of(tag);
    judgements.push_back(all.verdict == Verdict::live ? all : judge(known->foreign));
  }
  return together(judgements);
}

Owners Attachments::owners_of_chain(const std::string& chain) const {
  const auto found = by_chain_.find(chain);
  return found == by_chain_.end() ? Owners{} : found->second;
}

Owners Attachments::owners_of(const firewall::Object& object) const {
  Owners owners = owners_of_chain(object.chain);
  std::erase_if(owners, [&](const Owner& owner) { return !firewall::is_of(object, owner); });
  return owners;
}

std::optional<std::string> Attachments::owner_of_link(const std::string& name) const {
  const auto found = by_link_.find(name);
  return found == by_link_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<std::string> Attachments::owner_of_result(const std::string& file_name) const {
  const auto found = by_result_.find(file_name);
  return found == by_result_.end() ? std::nullopt : std::optional{found->second};
}

}  // namespace patchbay::cli
