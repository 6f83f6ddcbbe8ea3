// SPDX-License-Identifier: Apache-2.0
// What a record says, and what says nothing.
#include "common/attach/record_format.hpp"

#include "common/attach/record.hpp"
#include "test/unit/attach/record_support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using attach::Record;

TEST_CASE("a record survives the way to disk and back") {
  const auto read = attach::parse_record(attach::print_record(example_record())).value();
  CHECK(attach::print_record(read) == attach::print_record(example_record()));
  CHECK(read.owner == example_record().owner);
  CHECK(read.netns == example_record().netns);
  CHECK(read.addresses == example_record().addresses);
  CHECK(read.port_forwards[0].ports == example_record().port_forwards[0].ports);
  CHECK(read.port_forwards[0].conditions == example_record().port_forwards[0].conditions);
  CHECK(read.cable == "blue");
  CHECK_FALSE(attach::parse_record(attach::print_record(record_of("n", "c", "i"))).value().netns);
}

TEST_CASE("a record tells the rules that were made for it, or that it does not") {
  const Record read = attach::parse_record(attach::print_record(example_record())).value();
  const auto intents = attach::intents_of(read).value();
  CHECK(intents.masquerade->addresses == example_record().addresses);
  CHECK(intents.mac_spoof->host_ifname == "veth0123");
  CHECK(intents.mac_spoof->mac == example_record().mac);
  CHECK(intents.port_forwards->families.size() == 1);
  CHECK_FALSE(intents.port_forwards->snat);
  CHECK(intents.port_forwards->masquerade_all);
  CHECK(intents.port_forwards->mark_bit == 7);
  CHECK(intents.port_forwards->external_set_mark_chain == "KUBE-MARK");
  CHECK(intents.forwarding->addresses == example_record().addresses);
  CHECK(intents.forwarding->admin_chain == "SITE-ADMIN");
  CHECK(intents.forwarding->policy->ingress == firewall::Ingress::isolated);
  CHECK(intents.forwarding->policy->bridge == "br0");
  CHECK(intents.isolation->ports == std::vector<std::string>{"veth0123"});

  Record lacking = example_record();
  SECTION("the MAC") { lacking.mac.reset(); }
  SECTION("how ports are forwarded") { lacking.forwarding.reset(); }
  SECTION("the addresses") { lacking.addresses_known = false; }
  CHECK(attach::intents_of(lacking).has_value() == (lacking.mac && lacking.forwarding && lacking.addresses_known));
  Record nothing = record_of("n", "c", "i");
  nothing.addresses_known = true;
  CHECK(attach::intents_of(nothing).value().empty());
}

TEST_CASE("what is no record is none") {
  const std::string whole = attach::print_record(example_record());
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(attach::parse_record(whole.substr(0, size)));
  for (const char* text : {"null", "[]", "{}", R"({"network":"n","container":"c","ifname":5,"boot":"b"})",
                           R"({"network":"n","container":"c","ifname":"i","boot":"b","addresses":["10.0.0.1"]})",
                           R"({"network":"n","container":"c","ifname":"i","boot":"b","netns":"4:x"})"}) {
    CHECK_FALSE(attach::parse_record(text));
  }
}

TEST_CASE("a record is dead when its boot is over or its namespace cannot be found") {
  Record record = record_of("net", "c1", "eth0");
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
