// SPDX-License-Identifier: Apache-2.0
// Filters by subnet, as the kernel will read them, and read back.
#include "common/netlink/detail/subnet_filter.hpp"

#include <linux/pkt_cls.h>

#include <cstring>

#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::netlink::traffic;
using Field = FarEnds::Field;
using Bytes = std::vector<std::uint8_t>;

namespace {

net::Cidr cidr(const std::string& text) { return net::Cidr::parse(text).value(); }

// "mask/value@offset " for every key.
std::string words(const Bytes& bytes) {
  tc_u32_sel head{};
  REQUIRE(bytes.size() >= sizeof head);
  std::memcpy(&head, bytes.data(), sizeof head);
  REQUIRE(bytes.size() == sizeof head + head.nkeys * sizeof(tc_u32_key));
  CHECK(head.flags == TC_U32_TERMINAL);
  std::string words;
  for (std::size_t i = 0; i < head.nkeys; ++i) {
    tc_u32_key key{};
    std::memcpy(&key, &bytes[sizeof head + i * sizeof key], sizeof key);
    char text[64];
    std::snprintf(text, sizeof text, "%08x/%08x@%d ", __builtin_bswap32(key.mask), __builtin_bswap32(key.val), key.off);
    words += text;
  }
  return words;
}

}  // namespace

TEST_CASE("a subnet is one key for each word of its prefix, at the address that is meant") {
  CHECK(words(detail::subnet_selector(cidr("10.1.2.0/24"), Field::destination)) == "ffffff00/0a010200@16 ");
  CHECK(words(detail::subnet_selector(cidr("10.1.2.0/24"), Field::source)) == "ffffff00/0a010200@12 ");
  CHECK(words(detail::subnet_selector(cidr("0.0.0.0/0"), Field::source)) == "00000000/00000000@12 ");
  CHECK(words(detail::subnet_selector(cidr("fd10::/8"), Field::destination)) == "ff000000/fd000000@24 ");
  CHECK(words(detail::subnet_selector(cidr("fd10:1:2:3::/64"), Field::source)) ==
        "ffffffff/fd100001@8 ffffffff/00020003@12 ");
  CHECK(words(detail::subnet_selector(cidr("fd10::1/128"), Field::destination)) ==
        "ffffffff/fd100000@24 ffffffff/00000000@28 ffffffff/00000000@32 ffffffff/00000001@36 ");
}

TEST_CASE("what was made is read back, and nothing else") {
  for (const char* text : {"10.1.2.0/24", "0.0.0.0/0", "192.0.2.1/32", "128.0.0.0/1", "fd00::/8", "::/0",
                           "fd10:1:2:3::/64", "fd10::1/128", "2001:db8::/33"}) {
    const net::Cidr subnet = cidr(text);
    for (const Field field : {Field::source, Field::destination}) {
      INFO(text);
      const Bytes bytes = detail::subnet_selector(subnet, field);
      const Field other = field == Field::source ? Field::destination : Field::source;
      CHECK(detail::parse_subnet_selector(bytes, subnet.family(), field) == subnet);
      CHECK(detail::parse_subnet_selector(bytes, subnet.family(), other) == std::nullopt);
      for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK_FALSE(detail::parse_subnet_selector(Bytes(bytes.begin(), bytes.begin() + static_cast<long>(size)),
                                                  subnet.family(), field));
      }
    }
  }
  Bytes holes = detail::subnet_selector(cidr("10.1.2.0/24"), Field::source);
  holes[sizeof(tc_u32_sel) + 1] = 0;  // 255.0.255.0 is the mask of no subnet
  CHECK_FALSE(detail::parse_subnet_selector(holes, net::Family::v4, Field::source));
}

TEST_CASE("far ends are subnets, each once, in order") {
  const auto ends = far_ends(Field::source, true, {cidr("fd10::1/64"), cidr("10.1.2.3/24"), cidr("10.1.2.0/24")});
  CHECK(ends.subnets == std::vector<net::Cidr>{cidr("10.1.2.0/24"), cidr("fd10::/64")});
}
