// SPDX-License-Identifier: Apache-2.0
// Whose it is. Every object that we make in the kernel or on disk says so.
//
// An attachment is one interface of one container on one network (CNI spec 1.1.0, "attachment").
// Its three names never contain '/', so "network/container/ifname" cannot be read two ways.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay {

struct Owner {
  std::string network;
  std::string container;
  std::string ifname;

  auto operator<=>(const Owner&) const = default;

  // The tag in clear, at most kTagLength bytes so that it fits an nft comment (127 bytes) and an
  // ifalias (255). A longer one becomes "#<16 hex of network>/<32 hex of container/ifname>".
  [[nodiscard]] std::string tag() const;
  static constexpr std::size_t kTagLength = 120;

  // The owner that a tag in clear names; nullopt for the short form, and for what is no tag.
  static std::optional<Owner> parse_tag(std::string_view tag);
  // True when some attachment may have made it.
  static bool is_tag(std::string_view text);
  // True when `tag` was made by some attachment of `network`.
  static bool tag_is_of_network(std::string_view tag, std::string_view network);

  // True when the tags are in clear and of one container, on different networks: runtimes hand the host ports
  // of a container to each of its networks.
  static bool tags_are_of_one_container(std::string_view one, std::string_view other);

  // `candidate` 0 is the name that the host end of this attachment's veth gets: "veth" and 11
  // letters of a hash. Candidates above 0 exist for the case that another owner has that name.
  [[nodiscard]] std::string host_ifname(unsigned candidate = 0) const;

  // A file name of at most 64 bytes for this owner's state within a directory per network.
  [[nodiscard]] std::string file_name() const;
  // Whether `name` can be one.
  static bool is_file_name(std::string_view name);
};

using Owners = std::vector<Owner>;

// The tags of `owners`, and the names of their files, sorted, for membership tests during GC.
std::vector<std::string> sorted_tags(const Owners& owners);
std::vector<std::string> sorted_file_names(const Owners& owners);

}  // namespace patchbay
