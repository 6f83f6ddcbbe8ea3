// SPDX-License-Identifier: Apache-2.0
#include "common/base/owner.hpp"

#include <set>

#include "test/support/catch.hpp"

using patchbay::Owner;

TEST_CASE("a short owner's tag is in clear") {
  const Owner owner{"net", "c1", "eth0"};
  CHECK(owner.tag() == "net/c1/eth0");
  CHECK(Owner::tag_is_of_network(owner.tag(), "net"));
  CHECK_FALSE(Owner::tag_is_of_network(owner.tag(), "ne"));
  CHECK_FALSE(Owner::tag_is_of_network(owner.tag(), "net2"));
}

TEST_CASE("a tag is never longer than its limit, and tells the network at any length") {
  for (const std::size_t length : {1U, 50U, 100U, 112U, 113U, 114U, 115U, 200U, 4000U}) {
    const Owner owner{"n", std::string(length, 'c'), "eth0"};
    CAPTURE(length, owner.tag());
    CHECK(owner.tag().size() <= Owner::kTagLength);
    CHECK(Owner::tag_is_of_network(owner.tag(), "n"));
    CHECK_FALSE(Owner::tag_is_of_network(owner.tag(), "m"));
  }
  CHECK(Owner{"n", std::string(113, 'c'), "eth0"}.tag().size() == Owner::kTagLength);
  CHECK(Owner{"n", std::string(114, 'c'), "eth0"}.tag()[0] == '#');
}

TEST_CASE("a long network name is recognised by its hash only") {
  const std::string network(200, 'n');
  const Owner owner{network, "c1", "eth0"};
  CHECK(Owner::tag_is_of_network(owner.tag(), network));
  CHECK_FALSE(Owner::tag_is_of_network(owner.tag(), network + "n"));
}

TEST_CASE("owners that differ in one name differ in every derived name") {
  const std::string longest(300, 'x');
  std::set<std::string> tags, links, files;
  std::size_t owners = 0;
  for (const std::string& network : {std::string{"net"}, std::string{"net2"}, longest}) {
    for (const std::string& container : {std::string{"c1"}, std::string{"c2"}, longest}) {
      for (const std::string ifname : {"eth0", "eth1", "net1"}) {
        const Owner owner{network, container, ifname};
        tags.insert(owner.tag());
        links.insert(owner.host_ifname());
        links.insert(owner.host_ifname(1));
        files.insert(owner.file_name());
        ++owners;
      }
    }
  }
  CHECK(tags.size() == owners);
  CHECK(links.size() == 2 * owners);
  CHECK(files.size() == owners);
}

TEST_CASE("the host interface's name fits IFNAMSIZ and is stable") {
  const Owner owner{"net", "c1", "eth0"};
  CHECK(owner.host_ifname().size() == 15);
  CHECK(owner.host_ifname().starts_with("veth"));
  CHECK(owner.host_ifname() == owner.host_ifname(0));
  CHECK(owner.host_ifname(1) != owner.host_ifname(2));
  // What another release computes for the same owner must not change: DEL finds the link by it.
  CHECK(owner.host_ifname() == "vethdd6ccc806f7");
}

TEST_CASE("a file name is known for one by its looks") {
  const std::string name = Owner{"net", "c1", "eth0"}.file_name();
  CHECK(Owner::is_file_name(name));
  for (const auto& other :
       {std::string{}, std::string{"passwd"}, name + "0", name.substr(1), name.substr(1) + "G", "." + name.substr(1)})
    CHECK_FALSE(Owner::is_file_name(other));
}

TEST_CASE("sorted tags are sorted by tag") {
  const patchbay::Owners owners{{"z", "c", "i"}, {"a", "d", "i"}, {"a", "c", "i"}};
  CHECK(patchbay::sorted_tags(owners) == std::vector<std::string>{"a/c/i", "a/d/i", "z/c/i"});
}

TEST_CASE("one container on two networks is known by its tags") {
  const Owner one{"blue", "red", "eth0"};
  CHECK(Owner::tags_are_of_one_container(one.tag(), Owner{"pink", "red", "eth1"}.tag()));
  CHECK(Owner::tags_are_of_one_container(one.tag(), "pink/red/*"));
  CHECK_FALSE(Owner::tags_are_of_one_container(one.tag(), Owner{"blue", "red", "eth1"}.tag()));
  CHECK_FALSE(Owner::tags_are_of_one_container(one.tag(), Owner{"pink", "green", "eth0"}.tag()));
  CHECK_FALSE(Owner::tags_are_of_one_container(one.tag(), ""));
  const std::string hidden = Owner{std::string(200, 'n'), "red", "eth1"}.tag();
  CHECK_FALSE(Owner::tags_are_of_one_container(hidden, hidden));
}

TEST_CASE("a tag in clear tells its owner") {
  const Owner owner{"net", "c1", "eth0"};
  CHECK(Owner::parse_tag(owner.tag()) == owner);
  const Owner long_one{std::string(100, 'n'), "c1", "eth0"};
  const Owner longer{std::string(120, 'n'), "c1", "eth0"};
  CHECK(Owner::parse_tag(long_one.tag()) == long_one);
  CHECK_FALSE(Owner::parse_tag(longer.tag()));
  CHECK(Owner::is_tag(owner.tag()));
  CHECK(Owner::is_tag(longer.tag()));
  for (const char* text : {"", "net", "net/c1", "net/c1/", "/c1/eth0", "net//eth0", "net/c1/eth0/x",
                           "#0123456789abcdef/", "see hostports by address"}) {
    CHECK_FALSE(Owner::parse_tag(text));
    CHECK_FALSE(Owner::is_tag(text));
  }
}
