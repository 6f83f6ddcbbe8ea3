// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/iptables/listing.hpp"

#include <algorithm>
#include <map>

#include "common/firewall/iptables/claim.hpp"
#include "common/firewall/iptables/host_ports.hpp"
#include "common/firewall/iptables/iptables.hpp"
#include "common/firewall/iptables/masquerade.hpp"
#include "common/firewall/iptables/names.hpp"
#include "common/firewall/iptables/transaction.hpp"

namespace patchbay::firewall::iptables {
namespace {

std::optional<Kind> kind_of(const std::string& chain) {
  if (is_masquerade_chain(chain)) return Kind::masquerade;
  if (is_host_port_chain(chain)) return Kind::host_port;
  return std::nullopt;
}

std::string tag_in(const Rule& rule) {
  const auto* comment = rule.find<Comment>();
  if (comment == nullptr) return {};
  auto owner = parse_host_port_comment(comment->text);
  if (!owner) owner = parse_masquerade_comment(comment->text);
  return owner ? owner->tag() : std::string{};
}

// Of the chain that all share, the part that is of one attachment.
std::string share_of(std::uint32_t attachment) {
  return std::string{kContainerForward} + "/" + std::to_string(attachment);
}

const char* program(net::Family family) { return family == net::Family::v4 ? "iptables" : "ip6tables"; }

class Lister {
 public:
  explicit Lister(const Table& table) : table_(table) {}

  std::vector<Object> list() && {
    for (const char* entrance : {kPostrouting, kHostPortDnat}) add_entries(entrance);
    for (const std::string& chain : table_.chains()) {
      if (const auto kind = kind_of(chain)) add_chain(chain, *kind);
    }
    // Rules without comment are of whom the others of their chain name.
    for (Object& object : objects_) {
      if (object.tag.empty()) object.tag = tags_[object.chain];
    }
    return std::move(objects_);
  }

 private:
  void add(const Rule& rule, const std::string& chain, Kind kind) {
    std::string tag = tag_in(rule);
    if (!tag.empty()) tags_[chain] = tag;
    objects_.push_back({.backend = Backend::iptables,
                        .kind = kind,
                        .text = std::string{program(table_.family())} + " -t nat " + to_text(rule),
                        .tag = std::move(tag),
                        .variant = table_.id().variant,
                        .family = table_.family(),
                        .chain = chain,
                        .attachment = rule.attachment});
  }

  void add_entries(const char* entrance) {
    for (const Rule& rule : table_.rules(entrance)) {
      const std::string* chain = rule.jump();
      const auto kind = chain != nullptr ? kind_of(*chain) : std::nullopt;
      if (kind) add(rule, *chain, *kind);
    }
  }

  void add_chain(const std::string& chain, Kind kind) {
    const auto rules = table_.rules(chain);
    for (const Rule& rule : rules) add(rule, chain, kind);
    if (!rules.empty()) return;
    objects_.push_back({.backend = Backend::iptables,
                        .kind = kind,
                        .text = std::string{program(table_.family())} + " -t nat -N " + chain + " (empty)",
                        .tag = {},
                        .variant = table_.id().variant,
                        .family = table_.family(),
                        .chain = chain});
  }

  const Table& table_;
  std::vector<Object> objects_;
  std::map<std::string, std::string> tags_;
};

std::vector<Object> list_accepts(const Table& filter) {
  std::vector<Object> objects;
  for (const Rule& rule : filter.rules(kContainerForward)) {
    if (!std::holds_alternative<Accept>(rule.target)) continue;
    objects.push_back({.backend = Backend::iptables,
                       .kind = Kind::forward,
                       .text = std::string{program(filter.family())} + " -t filter " + to_text(rule),
                       .tag = {},
                       .variant = filter.id().variant,
                       .family = filter.family(),
                       .chain = share_of(rule.attachment),
                       .attachment = rule.attachment});
  }
  return objects;
}

std::string chain_of(Kind kind, const Owner& owner) {
  if (kind == Kind::forward) return share_of(attachment_number(owner));
  return kind == Kind::masquerade ? masquerade_chain(owner) : host_port_chain(owner);
}

}  // namespace

std::string_view table_of(Kind kind) { return kind == Kind::forward ? kFilter : kNat; }

std::vector<Object> list(const Table& table) {
  return table.id().name == kFilter ? list_accepts(table) : Lister{table}.list();
}

std::vector<Object> list() {
  std::vector<Object> all;
  std::vector<TableId> tables;
  for (const Variant variant : kVariants) {
    for (const net::Family family : kBothFamilies) {
      for (const std::string_view name : {kNat, kFilter}) tables.push_back({variant, family, name});
    }
  }
  for (const TableId& table : existing(std::move(tables))) {
    for (Object& object : list(*open(table))) all.push_back(std::move(object));
  }
  return all;
}

std::vector<std::string> chains_of(const Owner& owner) {
  return {masquerade_chain(owner), host_port_chain(owner), chain_of(Kind::forward, owner)};
}

bool is_of(const Object& rule, const Owner& owner) {
  if (rule.backend != Backend::iptables) return false;
  if (rule.attachment != 0 && rule.attachment != attachment_number(owner)) return false;
  return rule.chain == chain_of(rule.kind, owner);
}

void remove(Table& table, const std::vector<Object>& objects) {
  std::map<std::pair<Kind, std::string>, std::set<std::uint32_t>> goes;
  for (const Object& object : objects) {
    if (object.backend != Backend::iptables) continue;
    if (TableId{object.variant, object.family, table_of(object.kind)} != table.id()) continue;
    goes[{object.kind, object.chain}].insert(object.attachment);
  }
  for (const auto& entry : goes) {
    const auto& [kind, chain] = entry.first;
    const Claim claim = [&](std::uint32_t number, const net::Cidr*) { return entry.second.contains(number); };
    if (kind == Kind::forward) {
      erase_if(table, kContainerForward, [&](const Rule& rule) {
        return std::holds_alternative<Accept>(rule.target) && entry.second.contains(rule.attachment);
      });
      continue;
    }
    kind == Kind::masquerade ? remove_masquerade(table, chain, claim) : remove_host_ports(table, chain, claim);
  }
}

}  // namespace patchbay::firewall::iptables
