// SPDX-License-Identifier: Apache-2.0
// The attachments that some trace on this node speaks of, with all that is said about each.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/patchbay/node/survey.hpp"
#include "tools/patchbay/node/verdict.hpp"

namespace patchbay::cli {

class Attachments {
 public:
  // What records, index, cache and links say; `proves` by data directory, see testify().
  Attachments(const Survey& survey, const Facts& facts, const std::map<std::string, bool>& proves);

  // Of a tag, or of "network/container/*": then of all interfaces of the container together.
  [[nodiscard]] Judgement of(const std::string& tag) const;
  // The same without records and index, which say nothing of what the reference suite has made since.
  [[nodiscard]] Judgement of_foreign_make(const std::string& tag) const;
  [[nodiscard]] bool knows(const std::string& tag) const { return !matching(tag).empty(); }

  // Those that an iptables rule may be of; and all whose chain it is in, with whatever interface.
  [[nodiscard]] Owners owners_of_chain(const std::string& chain) const;
  [[nodiscard]] Owners owners_of(const firewall::Object& object) const;
  // By the name that the host end of its cable has, as owners derive or cached results tell it.
  [[nodiscard]] std::optional<std::string> owner_of_link(const std::string& name) const;
  // Whose cached result has this file name.
  [[nodiscard]] std::optional<std::string> owner_of_result(const std::string& file_name) const;

 private:
  struct Known {
    std::optional<Owner> owner;           // nullopt: a short tag, and nothing that tells it in clear
    std::vector<Testimony> own, foreign;  // of our records and index; of the runtime's cache and the links
    std::vector<os::NetnsId> namespaces;
    std::optional<std::string> unplugged;  // why
  };
  Known& at(const Owner& owner);
  void hear_stores(const Survey& survey, const Facts& facts, const std::map<std::string, bool>& proves);
  void hear_records(const Survey& survey, const Facts& facts);
  void hear_results(const Survey& survey, const Facts& facts);
  void hear_interfaces(const CacheEntry& entry, const Facts& facts);
  void hear_links(const Facts& facts);
  [[nodiscard]] std::vector<const Known*> matching(const std::string& tag) const;

  std::map<std::string, Known> by_tag_;
  std::map<std::string, std::string> by_link_, by_result_;
  std::map<std::string, Owners> by_chain_;  // iptables
};

}  // namespace patchbay::cli
