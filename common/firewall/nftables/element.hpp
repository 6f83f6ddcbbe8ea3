// SPDX-License-Identifier: Apache-2.0
// Elements: the only thing in our tables that is there per attachment.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/firewall/intent.hpp"
#include "common/firewall/nftables/set_name.hpp"

namespace patchbay::firewall::nftables {

using Bytes = std::vector<std::uint8_t>;

struct Element {
  SetName set;
  Bytes key;
  Bytes data;           // of a map
  std::string comment;  // the owner's tag, or kPlaceholder
  // As read: it has been removed, and will have expired within milliseconds. Whoever wants its place
  // before that deletes it.
  bool leaving = false;

  bool operator==(const Element&) const = default;
};

// What is there for a bridge with an ingress policy, whoever is attached to it. Shared, like placeholders,
// but not computed: whoever knows that nobody is attached any more lifts it (firewall.hpp).
inline constexpr std::string_view kPolicy = "ingress policy of a bridge";

// By set, then by key: what lies together goes into one message.
bool in_order(const Element& one, const Element& other);
bool at_same_place(const Element& one, const Element& other);

// Sets as the kernel has them, or shall have them. A set without elements is there all the same.
using Elements = std::map<Bytes, Element>;
using Sets = std::map<SetName, Elements>;

// A port that is published on some of this host's addresses only occupies its place in host_port
// too, so that nobody else can publish it on all of them; host_port_ip_only keeps packets away from
// that placeholder. Both are shared and carry this comment instead of an owner.
inline constexpr std::string_view kPlaceholder = "see hostports by address";
Element placeholder(const Element& host_port_ip);
Element placeholder_guard(const Element& host_port_ip);
bool is_placeholder(const Element& element);
// Adds the placeholders that `sets` should have and removes the others.
void derive_placeholders(Sets& sets);

// Concatenated columns, each padded to 4 bytes (nft's rule for registers).
class Fields {
 public:
  Fields& address(const net::Ip& ip);
  Fields& protocol(Protocol protocol);
  Fields& port(std::uint16_t port);
  Fields& ifname(std::string_view name);
  Fields& mac(const net::Mac& mac);
  [[nodiscard]] Bytes take() { return std::move(bytes_); }

 private:
  void pad();
  Bytes bytes_;
};
// How long a key or datum of these columns is.
std::size_t width(const Columns& columns);

bool is_host_port(const Element& element);
// Whether this is a host port of that protocol, on one address or on all of them.
bool publishes(const Element& element, Protocol protocol);

// The key as nft prints it, without its quotes: "10.88.0.2 . tcp . 8080".
std::string key_text(const Element& element);
// What the elements of host_port and host_port_ip say: "8080/tcp", "10.88.0.2:80".
std::string host_port_text(const Element& element);
std::string target_text(const Element& element);
// What does not happen when this element is not there, for CHECK.
std::string absence(const Element& element);

}  // namespace patchbay::firewall::nftables
