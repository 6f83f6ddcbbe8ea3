// SPDX-License-Identifier: Apache-2.0
// Names, keys and comments: what nft(8) must be able to read back, and we too.
#include <algorithm>

#include "common/firewall/nftables/element.hpp"
#include "common/firewall/nftables/userdata.hpp"
#include "test/support/catch.hpp"

using namespace patchbay;
using namespace patchbay::firewall;
using namespace patchbay::firewall::nftables;

namespace {

net::Cidr cidr(const std::string& text) { return net::Cidr::parse(text).value(); }
net::Ip ip(const std::string& text) { return net::Ip::parse(text).value(); }

}  // namespace

TEST_CASE("a set's name says what it is, and can be read back") {
  const auto v4 = net::Family::v4, v6 = net::Family::v6;
  for (const auto& [name, text] : std::vector<std::pair<SetName, std::string>>{
           {masquerade_set(cidr("10.88.3.4/16")), "masq_10.88.0.0/16"},
           {masquerade_set(cidr("fd00:0:1::5/64")), "masq_fd00-0-1--/64"},
           {masquerade_set(cidr("::1/0")), "masq_--/0"},
           {masquerade_set(cidr("10.88.3.4/32")), "masq_hosts4"},
           {masquerade_set(cidr("fd00::5/128")), "masq_hosts6"},
           {hairpin_set(cidr("10.88.3.4/16")), "hairpin_10.88.0.0/16"},
           {hairpin_set(cidr("fd00::5/128")), "hairpin_hosts6"},
           {{Role::masquerade_all, v6, {}}, "masq_all6"},
           {{Role::published, v4, {}}, "published4"},
           {{Role::host_port, v4, {}}, "hostports4"},
           {{Role::host_port_ip, v6, {}}, "hostports6_ip"},
           {{Role::host_port_ip_only, v4, {}}, "hostports4_ip_only"},
           {{Role::host_port, v6, "if_0123456789ab"}, "hostports6_if_0123456789ab"},
           {{Role::host_port_ip, v4, "if_0123456789ab"}, "hostports4_ip_if_0123456789ab"},
           {{Role::host_port_ip_only, v4, "if_0123456789ab"}, "hostports4_ip_only_if_0123456789ab"},
           {{Role::guarded, v4, {}}, "guarded"},
           {{Role::allowed, v4, {}}, "allowed"}}) {
    CHECK(name.text() == text);
    CHECK(SetName::parse(text) == name);
    CHECK(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_./-") == std::string::npos);
  }
  for (const char* text :
       {"", "masq", "masq_", "masq_all", "masq_all5", "masq_10.0.0.0", "masq_10.0.0.0/99", "hostports", "hostports4_",
        "hostports4_ip_", "hostports4_other", "published4x", "guarded4"}) {
    INFO(text);
    CHECK_FALSE(SetName::parse(text));
  }
}

TEST_CASE("every role has columns that fit its elements") {
  const Bytes mapping = Fields{}.address(ip("fd00::2")).port(80).take();
  const SetName by_address{Role::host_port_ip, net::Family::v6, {}};
  CHECK(width(by_address.data()) == mapping.size());
  CHECK(width(by_address.key()) == Fields{}.address(ip("::1")).protocol(Protocol::tcp).port(1).take().size());
  CHECK(width(SetName{Role::guarded, {}, {}}.key()) == Fields{}.ifname("lo").take().size());
  CHECK(width(SetName{Role::allowed, {}, {}}.key()) == Fields{}.ifname("lo").mac({}).take().size());
  CHECK(width(hairpin_set(cidr("10.0.0.1/32")).key()) == 8);
  CHECK(SetName{Role::published, net::Family::v4, {}}.data().empty());
  CHECK(Fields{}.protocol(Protocol::sctp).port(0x1F90).take() == Bytes{132, 0, 0, 0, 0x1F, 0x90, 0, 0});
  CHECK(Fields{}.ifname("a-name-that-is-too-long").take().size() == 16);
  CHECK(Fields{}.ifname("a-name-that-is-too-long").take().back() == 0);
}

TEST_CASE("an element tells what it is about") {
  const SetName by_address{Role::host_port_ip, net::Family::v6, {}};
  const Element mapping{by_address, Fields{}.address(ip("2001:db8::1")).protocol(Protocol::udp).port(53).take(),
                        Fields{}.address(ip("fd00::2")).port(5353).take(), "net/c/eth0"};
  CHECK(host_port_text(mapping) == "[2001:db8::1]:53/udp");
  CHECK(target_text(mapping) == "[fd00::2]:5353");
  CHECK(absence(mapping) == "host port [2001:db8::1]:53/udp is not forwarded to [fd00::2]:5353");
  CHECK(host_port_text(placeholder(mapping)) == "53/udp");
  CHECK(placeholder_guard(mapping).key == placeholder(mapping).key);
  CHECK(absence({{Role::allowed, {}, {}}, Fields{}.ifname("veth1").mac({{2, 0, 0, 0, 0, 1}}).take(), {}, {}}) ==
        "frames from veth1 with source address 02:00:00:00:00:01 are not let in");
  // whatever a foreign hand has put there
  CHECK(host_port_text({by_address, {1, 2}, {}, {}}).ends_with("/?"));
  CHECK(target_text({by_address, {}, {}, {}}) == "[::]:0");
}

TEST_CASE("comments are nft's, among other userdata and whatever their length") {
  CHECK(comment_userdata("ab") == Bytes{0, 3, 'a', 'b', 0});
  CHECK(comment_of(comment_userdata("net/c/eth0")) == "net/c/eth0");
  CHECK(comment_of(Bytes{1, 4, 0, 0, 0, 1, 0, 3, 'a', 'b', 0}) == "ab");
  CHECK(comment_of(Bytes{}).empty());
  CHECK(comment_of(Bytes{0}).empty());
  CHECK(comment_of(Bytes{0, 200, 'a', 'b'}) == "ab");  // longer than what came
  const std::string longest(kCommentLength, 'x');
  CHECK(comment_of(comment_userdata(longest + "y")) == longest);
  CHECK(comment_userdata(longest).size() <= 130);
}

TEST_CASE("placeholders follow from what is published by address") {
  const SetName all{Role::host_port, net::Family::v4, {}}, by_address{Role::host_port_ip, net::Family::v4, {}},
      only{Role::host_port_ip_only, net::Family::v4, {}};
  const auto mapping = [&](const std::string& host_ip, std::uint16_t port) {
    Fields key;
    if (!host_ip.empty()) key.address(ip(host_ip));
    return Element{host_ip.empty() ? all : by_address, key.protocol(Protocol::tcp).port(port).take(),
                   Fields{}.address(ip("10.0.0.2")).port(80).take(), "net/c/eth0"};
  };
  Sets sets;
  const auto add = [&](const Element& element) { sets[element.set][element.key] = element; };
  derive_placeholders(sets);
  CHECK(sets.empty());
  add(mapping("192.0.2.1", 80));
  add(mapping("192.0.2.2", 80));
  add(mapping("192.0.2.2", 443));
  add(mapping("", 443));
  add(placeholder(mapping("192.0.2.1", 22)));  // of a mapping that has gone
  derive_placeholders(sets);
  CHECK(sets[all].size() == 2);
  CHECK(is_placeholder(sets[all].at(placeholder(mapping("192.0.2.1", 80)).key)));
  CHECK_FALSE(is_placeholder(sets[all].at(mapping("", 443).key)));
  CHECK(sets[only].size() == 1);
}
