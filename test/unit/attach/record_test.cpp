// SPDX-License-Identifier: Apache-2.0
#include "common/attach/record.hpp"

#include <sys/stat.h>

#include <fstream>

#include "common/attach/record_format.hpp"
#include "common/os/file.hpp"
#include "test/unit/contract/support.hpp"
#include "test/unit/ipam/interrupted.hpp"

using namespace patchbay;
using namespace patchbay::test;
using attach::Record;
using attach::Records;

namespace {

net::Cidr cidr(const std::string& text) { return net::Cidr::parse(text).value(); }

Record example() {
  return {.owner = {"net", "c1", "eth0"},
          .boot = os::boot_id(),
          .netns_path = "/run/netns/c1",
          .netns = os::NetnsId{4, 18446744073709551615U},
          .host_ifname = "veth0123",
          .addresses = {cidr("10.0.0.2/24"), cidr("fd00::2/64")},
          .addresses_known = true,
          .masquerade = true,
          .mac_spoof_check = true,
          .ipam_type = "host-local",
          .port_forwards = {{.container = cidr("10.0.0.2/24"),
                             .ports = {{.protocol = firewall::Protocol::sctp,
                                        .host_port = 8080,
                                        .host_ip = net::Ip::parse("192.0.2.1"),
                                        .container_port = 80},
                                       {.protocol = firewall::Protocol::udp, .host_port = 53, .container_port = 5353}},
                             .conditions = {{.field = firewall::Condition::Field::in_interface,
                                             .negated = true,
                                             .interface = "eth+"},
                                            {.field = firewall::Condition::Field::mark, .mark = 7, .mask = 0xFF},
                                            {.subnet = cidr("198.51.100.0/24")}}}},
          .forwarding = firewall::PortForwards{.families = {},
                                               .snat = false,
                                               .masquerade_all = true,
                                               .mark_bit = 7,
                                               .external_set_mark_chain = "KUBE-MARK"},
          .mac = net::Mac::parse("02:00:00:00:00:01"),
          .cable = "blue",
          .acceptance = firewall::Forwarding{.addresses = {},
                                             .admin_chain = "SITE-ADMIN",
                                             .policy = {{firewall::Ingress::isolated, "br0"}},
                                             .firewalld_zone = "internal"},
          .isolated_ports = {"veth0123"}};
}

Record of(const std::string& network, const std::string& container, const std::string& ifname) {
  return {.owner = {network, container, ifname}, .boot = os::boot_id()};
}

}  // namespace

TEST_CASE("a record survives the way to disk and back") {
  const auto read = attach::parse_record(attach::print_record(example())).value();
  CHECK(attach::print_record(read) == attach::print_record(example()));
  CHECK(read.owner == example().owner);
  CHECK(read.netns == example().netns);
  CHECK(read.addresses == example().addresses);
  CHECK(read.port_forwards[0].ports == example().port_forwards[0].ports);
  CHECK(read.port_forwards[0].conditions == example().port_forwards[0].conditions);
  CHECK(read.cable == "blue");
  CHECK_FALSE(attach::parse_record(attach::print_record(of("n", "c", "i"))).value().netns);
}

TEST_CASE("a record tells the rules that were made for it, or that it does not") {
  const Record read = attach::parse_record(attach::print_record(example())).value();
  const auto intents = attach::intents_of(read).value();
  CHECK(intents.masquerade->addresses == example().addresses);
  CHECK(intents.mac_spoof->host_ifname == "veth0123");
  CHECK(intents.mac_spoof->mac == example().mac);
  CHECK(intents.port_forwards->families.size() == 1);
  CHECK_FALSE(intents.port_forwards->snat);
  CHECK(intents.port_forwards->masquerade_all);
  CHECK(intents.port_forwards->mark_bit == 7);
  CHECK(intents.port_forwards->external_set_mark_chain == "KUBE-MARK");
  CHECK(intents.forwarding->addresses == example().addresses);
  CHECK(intents.forwarding->admin_chain == "SITE-ADMIN");
  CHECK(intents.forwarding->policy->ingress == firewall::Ingress::isolated);
  CHECK(intents.forwarding->policy->bridge == "br0");
  CHECK(intents.isolation->ports == std::vector<std::string>{"veth0123"});

  Record lacking = example();
  SECTION("the MAC") { lacking.mac.reset(); }
  SECTION("how ports are forwarded") { lacking.forwarding.reset(); }
  SECTION("the addresses") { lacking.addresses_known = false; }
  CHECK(attach::intents_of(lacking).has_value() == (lacking.mac && lacking.forwarding && lacking.addresses_known));
  Record nothing = of("n", "c", "i");
  nothing.addresses_known = true;
  CHECK(attach::intents_of(nothing).value().empty());
}

TEST_CASE("whether some attachment is recorded is asked until there is one") {
  const Scratch scratch;
  const Records records{"firewall", scratch / "patchbay"};
  const auto is = [](const char* container) {
    return [=](const Record& record) { return record.owner.container == container; };
  };
  CHECK_FALSE(records.any("net", is("c1")));
  records.write(example());
  records.write(of("other", "c2", "eth0"));
  CHECK(records.any("net", is("c1")));
  CHECK(records.any("net", is("c2")));
  CHECK_FALSE(records.any("net", is("c3")));
}

TEST_CASE("every file among the records is listed, readable as one or not") {
  const Scratch scratch;
  const Records records{"bridge", scratch / "patchbay"};
  CHECK(records.files().empty());
  records.write(example());
  records.write(of("other", "c2", "eth0"));
  std::ofstream{scratch / "patchbay/bridge/net/feed"} << "{";
  const auto files = records.files();
  REQUIRE(files.size() == 3);
  for (const auto& file : files) {
    CHECK(file.record.has_value() == (file.name != "feed"));
    CHECK(file.written.has_value());
    if (file.record) CHECK(file.network == file.record->owner.network);
    records.remove(file);
  }
  CHECK(records.files().empty());
}

TEST_CASE("what is no record is none") {
  const std::string whole = attach::print_record(example());
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(attach::parse_record(whole.substr(0, size)));
  for (const char* text : {"null", "[]", "{}", R"({"network":"n","container":"c","ifname":5,"boot":"b"})",
                           R"({"network":"n","container":"c","ifname":"i","boot":"b","addresses":["10.0.0.1"]})",
                           R"({"network":"n","container":"c","ifname":"i","boot":"b","netns":"4:x"})"}) {
    CHECK_FALSE(attach::parse_record(text));
  }
}

TEST_CASE("records are files of their owners") {
  const Scratch scratch;
  const Records records{"bridge", scratch / "patchbay"};
  const Record record = example();
  CHECK_FALSE(records.find(record.owner));
  CHECK(records.list("net").empty());
  CHECK_NOTHROW(records.remove(record.owner));
  CHECK_FALSE(std::filesystem::exists(scratch / "patchbay"));

  records.write(record);
  const std::string file = scratch / ("patchbay/bridge/net/" + record.owner.file_name());
  struct ::stat status {};
  REQUIRE(stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & ALLPERMS) == 0600);
  for (const char* directory : {"patchbay", "patchbay/bridge", "patchbay/bridge/net"}) {
    REQUIRE(stat((scratch / directory).c_str(), &status) == 0);
    CHECK((status.st_mode & ALLPERMS) == 0700);
  }
  CHECK(records.find(record.owner)->host_ifname == "veth0123");
  CHECK_FALSE(records.find({"net", "c1", "eth1"}));
  CHECK_FALSE(Records("veth", scratch / "patchbay").find(record.owner));

  Record changed = record;
  changed.host_ifname = "veth4567";
  records.write(changed);
  CHECK(records.find(record.owner)->host_ifname == "veth4567");
  CHECK(records.list("net").size() == 1);

  changed.host_ifname = "veth89ab";
  records.replace(changed);
  CHECK(records.find(record.owner)->host_ifname == "veth89ab");
  CHECK(records.list("net").size() == 1);

  records.remove(record.owner);
  CHECK_FALSE(records.find(record.owner));
}

TEST_CASE("wherever the writing of a record is killed, it is the one before or the new, and can be written again") {
  if (!ptrace_works()) PATCHBAY_SKIP("ptrace(2) is not permitted here");
  const Scratch scratch;
  const Records records{"bridge", scratch / "patchbay"};
  bool first = true;
  SECTION("the first: none before") {}
  SECTION("a later one") { first = false; }
  Record before = example();
  before.host_ifname = "veth4567";
  const unsigned points = at_every_point(
      [&] {
        std::filesystem::remove_all(scratch / "patchbay");
        if (!first) records.write(before);
      },
      [&] { records.write(example()); },
      [&](unsigned point) {
        CAPTURE(point);
        const auto found = records.find(example().owner);
        CHECK(found.has_value() >= !first);
        if (found && found->host_ifname != "veth0123") CHECK((!first && found->host_ifname == "veth4567"));
        records.write(example());
        CHECK(records.find(example().owner)->host_ifname == "veth0123");
        records.remove(example().owner);
        CHECK_FALSE(records.find(example().owner));
        CHECK(records.list("net").empty());
      });
  CHECK(points > 8);
}

TEST_CASE("torn, strange and misplaced records are passed over") {
  const Scratch scratch;
  const Records records{"bridge", scratch.path()};
  records.write(of("net", "c1", "eth0"));
  records.write(of("net", "c2", "eth0"));
  const std::string directory = "bridge/net/";
  scratch.file(directory + of("net", "c2", "eth0").owner.file_name(), "{\"network\":");
  scratch.file(directory + std::string(40, '0'), attach::print_record(example()));
  std::filesystem::create_symlink("/etc/passwd", scratch / (directory + of("net", "c3", "eth0").owner.file_name()));
  CHECK_FALSE(records.find({"net", "c2", "eth0"}));
  CHECK_FALSE(records.find({"net", "c3", "eth0"}));
  CHECK(records.list("net").size() == 1);
}

TEST_CASE("GC removes the records of those who are not valid, cut off at whatever length") {
  const Scratch scratch;
  const Records records{"bridge", scratch.path()};
  const std::string directory = scratch / "bridge/net";
  const std::string whole = attach::print_record(example());
  const Owner other{"net", "c2", "eth0"};
  for (std::size_t size = 0; size <= whole.size(); size += size < 4 ? 1 : whole.size() / 9) {
    records.write(example());
    records.write(of("net", "c2", "eth0"));
    scratch.file("bridge/net/" + example().owner.file_name(), whole.substr(0, size));
    scratch.file("bridge/net/" + other.file_name(), "torn as well");
    const auto stale = records.stale("net", {other});
    CHECK(stale.records.size() + stale.unreadable.size() == 1);
    records.remove("net", stale);
    CHECK(os::Directory::find(directory)->list() == std::vector{other.file_name()});
    const auto all = records.stale("net", {});
    CHECK(all.unreadable == std::vector{other.file_name()});
    records.remove("net", all);
    CHECK(os::Directory::find(directory)->list().empty());
  }
}

TEST_CASE("what kills left is told apart from records, and cleared unless its owner is valid") {
  const Scratch scratch;
  const Records records{"bridge", scratch.path()};
  const Record live = of("net", "live", "eth0");
  records.write(live);
  const Owner torn{"net", "torn", "eth0"}, starting{"net", "starting", "eth0"};
  const os::Directory directory = os::Directory::ensure(scratch / "bridge/net", 0700);
  for (const std::string& name : {torn.file_name(), starting.file_name(), os::Directory::temporary_of(torn.file_name()),
                                  os::Directory::temporary_of(live.owner.file_name())}) {
    CHECK(directory.create(name, "", 0600));
  }
  const auto stale = records.stale("net", {live.owner, starting});
  CHECK(stale.records.empty());
  CHECK(stale.unreadable.size() == 2);
  records.remove("net", stale);
  std::vector<std::string> kept{live.owner.file_name(), starting.file_name(),
                                os::Directory::temporary_of(live.owner.file_name())};
  std::sort(kept.begin(), kept.end());
  CHECK(directory.list_all() == kept);
  CHECK(records.find(live.owner).has_value());
}

TEST_CASE("records are found by tag") {
  const Scratch scratch;
  const Records records{"bridge", scratch.path()};
  const std::string long_id(200, 'a');
  for (const Record& record :
       {of("red", "c1", "eth0"), of("red", "c1", "eth1"), of("blue", "c1", "eth0"), of("blue", long_id, "eth0")}) {
    records.write(record);
  }
  const auto found = [&](const Owner& owner) {
    const auto record = records.find_by_tag(owner.tag());
    return record ? record->owner : Owner{};
  };
  CHECK(found({"red", "c1", "eth1"}) == Owner{"red", "c1", "eth1"});
  CHECK(found({"blue", "c1", "*"}) == Owner{"blue", "c1", "eth0"});
  CHECK(found({"blue", long_id, "eth0"}) == Owner{"blue", long_id, "eth0"});
  CHECK(found({"blue", long_id, "*"}) == Owner{"blue", long_id, "eth0"});
  CHECK(found({"blue", "c1", "eth1"}) == Owner{});
  CHECK(found({"green", "c1", "eth0"}) == Owner{});
  CHECK_FALSE(records.find_by_tag(""));
  CHECK_FALSE(records.find_by_tag("../../etc"));

  Record dead = of("red", "c1", "eth0");
  dead.boot = "another";
  records.write(dead);
  CHECK(found({"red", "c1", "*"}) == Owner{"red", "c1", "eth1"});  // the one that lives
}

TEST_CASE("a record is dead when its boot is over or its namespace cannot be found") {
  Record record = of("net", "c1", "eth0");
  CHECK_FALSE(attach::is_dead(record));  // nothing is known of its namespace
  record.boot = "another";
  CHECK(attach::is_dead(record));
  record.boot = os::boot_id();
  record.netns = os::Netns::own().id();
  record.netns_path = "/proc/self/ns/net";
  CHECK_FALSE(attach::is_dead(record));
  record.netns_path = "/nonexistent";
  CHECK_FALSE(attach::is_dead(record));  // it is elsewhere
}

TEST_CASE("a record begins with what the request says") {
  const auto request = test::request(R"({"cniVersion":"1.0.0","name":"net"})");
  const auto netns = os::Netns::own();
  const Record record = attach::begin_record(request, netns.id());
  CHECK(record.owner == Owner{"net", "c1", "eth0"});
  CHECK(record.boot == os::boot_id());
  CHECK(record.netns == netns.id());
  CHECK(record.netns_path == "/run/netns/c1");
  CHECK_FALSE(attach::begin_record(request, std::nullopt).netns);
}
