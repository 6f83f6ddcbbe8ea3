// SPDX-License-Identifier: Apache-2.0
// Addresses of every kind as text, and the arithmetic of ranges.
#include "common/net/ip.hpp"
#include "common/net/mac.hpp"
#include "test/fuzz/fuzz.hpp"

using namespace patchbay;
using namespace patchbay::fuzz;
using net::Cidr;
using net::Ip;
using net::Mac;

namespace {

void as_ip(std::string_view text) {
  const auto ip = Ip::parse(text);
  if (!ip) return;
  require(Ip::parse(ip->to_string()) == ip, "an address that was printed reads as itself");
  require(ip->next().previous() == *ip, "there and back again");
}

void as_cidr(std::string_view text) {
  const auto cidr = Cidr::parse(text);
  if (!cidr) return;
  require(Cidr::parse(cidr->to_string()) == cidr, "a subnet that was printed reads as itself");
  require(cidr->prefix <= net::bits(cidr->family()), "a prefix is not longer than the address");
  require(cidr->contains(cidr->ip) && cidr->contains(cidr->last()), "a subnet contains its first and last address");
  require(cidr->network().ip <= cidr->ip && cidr->ip <= cidr->last(), "an address lies within its subnet");
  require(cidr->prefix == 0 || !cidr->contains(cidr->last().next()), "a subnet ends with its last address");
}

void as_mac(std::string_view text) {
  const auto mac = Mac::parse(text);
  if (mac) require(Mac::parse(mac->to_string()) == mac, "a MAC that was printed reads as itself");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of({data, size});
  as_ip(text);
  as_cidr(text);
  as_mac(text);
  return 0;
}
