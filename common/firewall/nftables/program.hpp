// SPDX-License-Identifier: Apache-2.0
// The body of a rule: nf_tables expressions, in the shapes that nft(8) itself writes, so that it
// lists them as the text in the comment behind each use.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/firewall/intent.hpp"
#include "common/firewall/nftables/expressions.hpp"
#include "common/firewall/nftables/set_name.hpp"
#include "common/wire/message.hpp"

namespace patchbay::firewall::nftables {

class Program : Expressions {
 public:
  explicit Program(wire::Message& message) : Expressions(message), message_(message) {}

  // Matches. The rule ends here for packets that do not fit.
  Program& is(net::Family family);                                               // meta nfproto ipv4
  Program& is(Protocol protocol);                                                // meta l4proto tcp
  Program& address_in(Side side, const net::Cidr& subnet, bool not_in = false);  // ip saddr [!=] 10.0.0.0/8
  Program& interface(bool incoming, std::string_view name, bool is_not);         // iifname [!=] "eth*"
  Program& mark(std::uint32_t value, std::uint32_t mask, bool is_not);           // meta mark [& mask] [!=] value
  Program& addressed_to_this_host();                                             // fib daddr type local
  Program& was_forwarded();                                                      // ct status dnat
  Program& is_answer();                                                          // ct state established,related
  Program& in(const SetName& set);                                               // … @set
  Program& not_in(const SetName& set);                                           // … != @set

  // Loads into registers; each returns through `to` where the next value goes.
  Program& load_address(Side side, net::Family family, unsigned& to);  // ip daddr
  Program& load_protocol(unsigned& to);                                // meta l4proto
  Program& load_port(unsigned& to);                                    // th dport
  Program& load_original_port(unsigned& to);                           // ct original proto-dst
  Program& load_in_interface(unsigned& to);                            // iifname
  Program& load_out_interface(unsigned& to);                           // oifname
  Program& load_source_mac(unsigned& to);                              // ether saddr

  // What happens.
  Program& jump(std::string_view chain);
  Program& leave();  // return
  Program& drop();
  Program& accept();
  Program& masquerade();
  // dnat ip to … map @set, by what was loaded from register 0 on
  Program& forward_to(const SetName& map);

 private:
  Program& lookup(const SetName& set, std::uint32_t flags);
  Program& after(const Expressions& /*written*/) { return *this; }

  wire::Message& message_;
};

}  // namespace patchbay::firewall::nftables
