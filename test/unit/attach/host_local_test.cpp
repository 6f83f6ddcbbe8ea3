// SPDX-License-Identifier: Apache-2.0
#include "common/attach/host_local.hpp"

#include "common/ipam/store.hpp"
#include "test/unit/attach/host_local_support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using contract::Command;
using nlohmann::json;
namespace host_local = attach::host_local;

namespace {

struct Fixture {
  Scratch scratch;
  json ipam = json::parse(R"({"ranges": [[{"subnet": "10.0.0.0/29"}], [{"subnet": "fd00::/126"}]],
                              "routes": [{"dst": "0.0.0.0/0"}]})");

  [[nodiscard]] Asked asked(Command command, const std::string& container = "c1") const {
    return {.command = command, .config = host_local_config(scratch / "data", ipam), .container = container};
  }
  [[nodiscard]] contract::Result add(const std::string& container = "c1") const {
    return host_local::add(asked(Command::add, container).request());
  }
  void del(const std::string& container = "c1") const { host_local::del(asked(Command::del, container).request()); }
  [[nodiscard]] std::size_t leases() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator{scratch / "data/net"}) {
      if (net::Ip::parse(entry.path().filename().string())) ++count;
    }
    return count;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "ADD reports addresses in the order of the sets, gateways and routes, and no interfaces") {
  const auto result = add();
  REQUIRE(result.ips.size() == 2);
  CHECK(result.ips[0].address.to_string() == "10.0.0.2/29");
  CHECK(result.ips[0].gateway->to_string() == "10.0.0.1");
  CHECK(result.ips[1].address.to_string() == "fd00::2/126");
  CHECK_FALSE(result.ips[1].interface);
  CHECK(result.routes.size() == 1);
  CHECK(result.interfaces.empty());
  CHECK(result.dns.empty());
  CHECK(error_of([&] { static_cast<void>(add()); }).code() == Code::address_unavailable);
}

TEST_CASE_METHOD(Fixture, "nothing is reserved when anything is wrong") {
  SECTION("a missing resolv.conf") { ipam["resolvConf"] = scratch / "none"; }
  SECTION("a route that is none") { ipam["routes"] = {{{"dst", "nowhere"}}}; }
  SECTION("ranges that overlap") { ipam["subnet"] = "10.0.0.0/24"; }
  CHECK_THROWS_AS(add(), Error);
  CHECK_FALSE(std::filesystem::exists(scratch / "data"));
}

TEST_CASE_METHOD(Fixture, "DEL needs no more than the directory and the name") {
  del();  // before any ADD
  CHECK_FALSE(std::filesystem::exists(scratch / "data"));
  static_cast<void>(add());
  SECTION("as it was") {}
  SECTION("with other ranges") { ipam["ranges"] = json::parse(R"([[{"subnet": "10.9.0.0/24"}]])"); }
  SECTION("without ranges") { ipam.erase("ranges"); }
  SECTION("with ranges that are nonsense") { ipam["ranges"] = "nonsense"; }
  SECTION("with a resolv.conf that is gone") { ipam["resolvConf"] = scratch / "none"; }
  del();
  CHECK(leases() == 0);
  del();
}

TEST_CASE_METHOD(Fixture, "DEL needs no namespace, and bad CNI_ARGS do not stop it") {
  static_cast<void>(add());
  Asked asked = this->asked(Command::del);
  asked.netns.clear();
  asked.args = "IP=nonsense=;";
  host_local::del(asked.request());
  CHECK(leases() == 0);
}

TEST_CASE_METHOD(Fixture, "CHECK compares leases with the result") {
  const auto check = [&](const json& ips) {
    Asked asked = this->asked(Command::check);
    if (!ips.is_null()) asked.config["prevResult"] = {{"cniVersion", "1.1.0"}, {"ips", ips}};
    host_local::check(asked.request());
  };
  const auto drift = [&](const json& ips) {
    const Error error = error_of([&] { check(ips); });
    CHECK(error.code() == Code::drift);
    return error.summary();
  };
  const json right = json::parse(R"([{"address": "10.0.0.2/29"}, {"address": "fd00::2/126"}])");
  CHECK(drift(right) == "host-local: Failed to find address added by container c1");
  static_cast<void>(add());
  CHECK_NOTHROW(check(right));
  CHECK_NOTHROW(check(nullptr));
  json more = right;
  more.push_back({{"address", "192.0.2.7/24"}});  // of another plugin
  CHECK_NOTHROW(check(more));
  CHECK(drift(json::parse(R"([{"address": "10.0.0.2/29"}])")) ==
        "host-local: address fd00::2 is leased to this attachment, which does not use it");
  CHECK(drift(json::parse(R"([{"address": "10.0.0.3/29"}, {"address": "fd00::2/126"}])")) ==
        "host-local: address 10.0.0.3 is not leased to this attachment");
  std::filesystem::remove(scratch / "data/net/10.0.0.2");
  CHECK(drift(right) == "host-local: address 10.0.0.2 is not leased to this attachment");
  scratch.file("data/net/10.0.0.2", "c2\r\neth0");
  CHECK(drift(right) == "host-local: address 10.0.0.2 is not leased to this attachment");
}

TEST_CASE_METHOD(Fixture, "GC frees what is not valid, and wants to be told what is") {
  static_cast<void>(add("c1"));
  static_cast<void>(add("c2"));
  Asked asked = this->asked(Command::gc);
  CHECK(error_of([&] { host_local::gc(asked.request()); }).code() == Code::invalid_config);
  CHECK(leases() == 4);
  asked.config["cni.dev/valid-attachments"] = {{{"containerID", "c1"}, {"ifname", "eth0"}}};
  asked.config["ipam"]["ranges"] = "nonsense";
  host_local::gc(asked.request());
  CHECK(leases() == 2);
  asked.config["cni.dev/valid-attachments"] = json::array();
  host_local::gc(asked.request());
  CHECK(leases() == 0);
}

TEST_CASE_METHOD(Fixture, "STATUS says why an ADD would fail, and changes nothing") {
  const auto status = [&] { host_local::status(asked(Command::status).request()); };
  CHECK_NOTHROW(status());
  CHECK_FALSE(std::filesystem::exists(scratch / "data"));
  SECTION("no address is left") {
    ipam["ranges"] = json::parse(R"([[{"subnet": "10.0.0.0/30"}]])");
    static_cast<void>(add());
    const Error error = error_of(status);
    CHECK(error.code() == Code::not_available);
    CHECK(error.summary() == "no IP addresses available in range set: 10.0.0.1-10.0.0.2");
    CHECK(contains(error.details(), "1 addresses are leased"));
    del();
    CHECK_NOTHROW(status());
    scratch.file("data/net/10.0.0.2", "");  // torn: an ADD would take it
    CHECK_NOTHROW(status());
  }
  SECTION("the directory cannot be made") {
    scratch.file("data", "a file");
    CHECK(error_of(status).code() == Code::not_available);
  }
  SECTION("the configuration is wrong") {
    ipam["ranges"] = json::array();
    CHECK(error_of(status).code() == Code::invalid_config);
  }
  SECTION("resolv.conf is gone") {
    ipam["resolvConf"] = scratch / "none";
    CHECK(error_of(status).code() == Code::not_available);
  }
}

TEST_CASE_METHOD(Fixture, "a lease notes the namespace that it is for, told or found out") {
  const auto noted = [&] {
    const auto index = os::Directory::find(scratch / "data/.patchbay/net").value();
    return ipam::IndexEntry::parse(index.read(Owner{"net", "c1", "eth0"}.file_name()).value()).value();
  };
  Asked asked = this->asked(Command::add);
  SECTION("told") {
    host_local::add(asked.request(), {4, 4711});
    CHECK(noted().netns == os::NetnsId{4, 4711});
    CHECK(noted().netns_path == "/run/netns/c1");
  }
  SECTION("found out") {
    asked.netns = "/proc/self/ns/net";
    host_local::add(asked.request());
    CHECK(noted().netns == os::Netns::own().id());
  }
  SECTION("there is none") {
    asked.netns = "/etc/passwd";
    host_local::add(asked.request());
    CHECK_FALSE(noted().netns);
  }
  CHECK(noted().pid_namespace == ipam::own_pid_namespace());
}

TEST_CASE_METHOD(Fixture, "an odd CNI_NETNS is not host-local's concern") {
  for (const char* netns : {"/nonexistent", "/etc/passwd", "/proc/self/ns/net", "/proc/self/ns/pid", "/"}) {
    Asked asked = this->asked(Command::add);
    asked.netns = netns;
    CHECK_NOTHROW(host_local::add(asked.request()));
    del();
  }
}
