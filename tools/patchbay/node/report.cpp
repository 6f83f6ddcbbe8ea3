// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/node/report.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace patchbay::cli {
namespace {

using nlohmann::ordered_json;

Line line(const Found& found, std::string kind, std::string what) {
  return {found.judgement.verdict, std::move(kind), found.owner, std::move(what), found.judgement.why};
}

Line line_of(const FoundRule& found) {
  const bool is_element = found.object.backend == firewall::Backend::nftables;
  return line(found, is_element ? "element" : "rule", found.object.text);
}

Line line_of(const FoundLink& found) {
  std::string what = found.link.name;
  if (found.link.kind == "bridge") what += ", a bridge";
  if (!found.master.empty()) what += ", port of " + found.master;
  return line(found, "link", std::move(what));
}

Line line_of(const FoundAddress& found) {
  return line(found, "address", found.address.to_string() + " on " + found.link);
}

Line line_of(const FoundLease& found) {
  return line(found, "lease", found.data_dir + "/" + found.network + "/" + found.lease.ip.to_string());
}

Line line_of(const FoundEntry& found) {
  return line(found, "index entry", found.data_dir + "/.patchbay/" + found.network + "/" + found.entry.name);
}

// firewalld's sources do not tell whose they are, records do.
std::string sources_of(const FoundRecord& found) {
  const auto& record = found.file.record;
  if (!record || !record->acceptance || record->acceptance->firewalld_zone.empty()) return {};
  std::string text;
  for (const net::Cidr& address : record->addresses) text += (text.empty() ? ": " : ", ") + address.ip.to_string();
  return text + " in firewalld's zone " + record->acceptance->firewalld_zone;
}

Line line_of(const FoundRecord& found) {
  return line(found, "record",
              std::string{attach::kRunDirectory} + "/" + found.plugin + "/" + found.file.network + "/" +
                  found.file.name + sources_of(found));
}

Line line_of(const FoundResult& found) { return line(found, "cache entry", "results/" + found.file.name); }

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string counted(std::size_t count, const std::string& what) { return std::to_string(count) + " " + what; }

std::size_t count(const Lines& lines, Verdict verdict) {
  return static_cast<std::size_t>(std::ranges::count(lines, verdict, &Line::verdict));
}

std::vector<std::string> missing_of(const Drift& drift) {
  std::vector<std::string> all = drift.missing_others;
  all.insert(all.end(), drift.missing_rules.begin(), drift.missing_rules.end());
  return all;
}

constexpr std::array kVerdicts{Verdict::live, Verdict::stale, Verdict::unknown, Verdict::foreign};

}  // namespace

Lines lines_of(const Survey& survey) {
  Lines lines;
  for_each_kind(survey, [&](const auto& list) {
    for (const auto& found : list) lines.push_back(line_of(found));
  });
  std::ranges::stable_sort(lines, {}, &Line::owner);
  return lines;
}

Lines only_stale(Lines lines) {
  std::erase_if(lines, [](const Line& line) { return line.verdict != Verdict::stale; });
  return lines;
}

std::string to_text(const Lines& lines) {
  std::size_t owner_width = 0;
  for (const Line& line : lines) owner_width = std::max(owner_width, line.owner.size());
  std::string text;
  for (const Line& line : lines) {
    const std::string owner = line.owner.empty() ? "-" : line.owner;
    text += padded(std::string{to_string(line.verdict)}, 9) + padded(line.kind, 13) + padded(owner, owner_width + 2) +
            line.what;
    if (!line.why.empty()) text += "  (" + line.why + ")";
    text += '\n';
  }
  // Names and aliases are of whoever wrote them; a terminal shall not obey them.
  std::ranges::replace_if(
      text, [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == '\x7f'; }, '?');
  return text;
}

std::string count_text(const Lines& lines) {
  std::string text;
  for (const Verdict verdict : kVerdicts) {
    const std::size_t number = count(lines, verdict);
    if (number == 0 && verdict != Verdict::live && verdict != Verdict::stale) continue;
    text += (text.empty() ? "" : ", ") + counted(number, std::string{to_string(verdict)});
  }
  return text;
}

ordered_json to_json(const Lines& lines) {
  ordered_json list = ordered_json::array();
  for (const Line& line : lines) {
    ordered_json object{{"kind", line.kind}, {"owner", line.owner}, {"what", line.what}};
    object["verdict"] = std::string{to_string(line.verdict)};
    if (!line.why.empty()) object["why"] = line.why;
    list.push_back(std::move(object));
  }
  return list;
}

std::size_t count_missing(const std::vector<Drift>& drifts) {
  std::size_t missing = 0;
  for (const Drift& drift : drifts) missing += missing_of(drift).size();
  return missing;
}

std::string audit_text(const Lines& lines, const std::vector<Drift>& drifts) {
  std::string text = to_text(lines);
  for (const Drift& drift : drifts) {
    for (const std::string& what : missing_of(drift)) text += "missing  of " + drift.owner.tag() + ": " + what + "\n";
    if (!drift.known) text += "         of " + drift.owner.tag() + ": its record does not tell which rules it had\n";
  }
  text += count_text(lines) + ", " + counted(count_missing(drifts), "missing");
  if (count(lines, Verdict::stale) > 0) text += "; \"patchbay gc --yes\" removes what is stale";
  const auto lacks_rules = [](const Drift& drift) { return !drift.missing_rules.empty(); };
  if (std::ranges::any_of(drifts, lacks_rules)) text += "; \"patchbay repair\" makes missing rules again";
  return text;
}

std::string audit_json(const Lines& lines, const std::vector<Drift>& drifts, const Failures& failures) {
  ordered_json object{{"things", to_json(lines)}, {"missing", ordered_json::array()}};
  for (const Drift& drift : drifts) {
    for (const std::string& what : missing_of(drift)) {
      object["missing"].push_back({{"owner", drift.owner.tag()}, {"what", what}});
    }
  }
  for (const Verdict verdict : kVerdicts) object["summary"][std::string{to_string(verdict)}] = count(lines, verdict);
  object["summary"]["missing"] = count_missing(drifts);
  object["failures"] = ordered_json::array();
  for (const Failure& failure : failures) {
    object["failures"].push_back({{"code", failure.code}, {"msg", failure.message}, {"details", failure.details}});
  }
  return object.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace patchbay::cli
