// SPDX-License-Identifier: Apache-2.0
// The reference suite's own host-local and ours, taking turns on one directory. Neither may notice.
#include <unistd.h>

#include "common/attach/host_local.hpp"
#include "common/os/file.hpp"
#include "test/support/process.hpp"
#include "test/unit/attach/host_local_support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using contract::Command;
using nlohmann::json;
namespace host_local = attach::host_local;

namespace {

constexpr const char* kReference = "/usr/lib/cni/host-local";

// The address, or "refused: <message>".
std::string by_reference(Asked asked) {
  asked.config["cniVersion"] = "1.0.0";  // 1.1.1 knows no newer one
  Program program{.arguments = {kReference}, .environment = {}, .input = asked.config.dump()};
  for (const auto& [name, value] : asked.variables()) program.environment.push_back("CNI_" + name + "=" + value);
  program.environment.push_back("CNI_COMMAND=" + std::string{contract::to_string(asked.command)});
  const Ran ran = run(program);
  const json said = ran.out.empty() ? json{} : ran.json();
  if (ran.exit_code != 0) return "refused: " + said["msg"].get<std::string>();
  if (asked.command != Command::add) return "done";
  std::string addresses;
  for (const json& ip : said["ips"]) {
    addresses += ip["address"].get<std::string>() + " via " + ip["gateway"].get<std::string>() + " ";
  }
  return addresses;
}

std::string by_us(const Asked& asked) {
  try {
    const auto request = asked.request();
    if (asked.command == Command::del) host_local::del(request);
    if (asked.command == Command::check) host_local::check(request);
    if (asked.command != Command::add) return "done";
    std::string addresses;
    for (const auto& ip : host_local::add(request).ips) {
      addresses += ip.address.to_string() + " via " + ip.gateway->to_string() + " ";
    }
    return addresses;
  } catch (const Error& error) {
    return "refused: " + error.summary();
  }
}

using By = std::string (*)(Asked);
const By kReferenceDoes = by_reference;
const By kWeDo = [](Asked asked) { return by_us(asked); };

struct Fixture {
  Scratch scratch;
  json ipam = json::parse(R"({"ranges": [[{"subnet": "10.0.0.0/29"}], [{"subnet": "fd00::/120"}]]})");

  [[nodiscard]] Asked asked(Command command, const std::string& container, const std::string& ifname = "eth0") const {
    return {.command = command,
            .config = host_local_config(scratch / "data", ipam),
            .container = container,
            .ifname = ifname};
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{scratch / "data/net"}) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  // File names and contents, but for the marks that only we leave.
  [[nodiscard]] std::string picture() const {
    std::string text;
    for (const std::string& name : names()) {
      text += name + "=" + os::read_file(scratch / ("data/net/" + name)).value() + ";";
    }
    return text;
  }
};

const std::vector<std::string> kEmpty{"last_reserved_ip.0", "last_reserved_ip.1", "lock"};

bool reference_is_missing() { return access(kReference, X_OK) != 0; }

}  // namespace

TEST_CASE_METHOD(Fixture, "either suite deletes and checks what the other has added") {
  if (reference_is_missing()) PATCHBAY_SKIP(std::string{"no "} + kReference);
  const bool we_first = GENERATE(true, false);
  CAPTURE(we_first);
  const By first = we_first ? kWeDo : kReferenceDoes, second = we_first ? kReferenceDoes : kWeDo;
  CHECK(first(asked(Command::add, "c1")) == "10.0.0.2/29 via 10.0.0.1 fd00::2/120 via fd00::1 ");
  CHECK(second(asked(Command::check, "c1")) == "done");
  CHECK(second(asked(Command::add, "c2")) == "10.0.0.3/29 via 10.0.0.1 fd00::3/120 via fd00::1 ");
  CHECK(second(asked(Command::del, "c1")) == "done");
  CHECK(second(asked(Command::del, "c1")) == "done");
  CHECK(second(asked(Command::del, "c2")) == "done");
  CHECK(names() == kEmpty);
  CHECK(first(asked(Command::check, "c1")) == "refused: host-local: Failed to find address added by container c1");
  CHECK(first(asked(Command::del, "c1")) == "done");
  CHECK(first(asked(Command::add, "c1")) == "10.0.0.4/29 via 10.0.0.1 fd00::4/120 via fd00::1 ");
  CHECK(second(asked(Command::del, "c1")) == "done");
  CHECK(second(asked(Command::add, "c1")) == "10.0.0.5/29 via 10.0.0.1 fd00::5/120 via fd00::1 ");
  CHECK(first(asked(Command::del, "c1")) == "done");  // an index entry of ours, if any, is of the past
  CHECK(names() == kEmpty);
}

TEST_CASE_METHOD(Fixture, "both hand out the same addresses in the same order, and leave the same files") {
  if (reference_is_missing()) PATCHBAY_SKIP(std::string{"no "} + kReference);
  const std::string ranges =
      GENERATE(as<std::string>{},  //
               R"([[{"subnet": "10.0.0.0/29"}]])", R"([[{"subnet": "10.0.0.0/29", "rangeStart": "10.0.0.4"}]])",
               R"([[{"subnet": "10.0.0.0/29", "rangeStart": "10.0.0.0", "rangeEnd": "10.0.0.7"}]])",
               R"([[{"subnet": "10.0.0.0/29", "gateway": "10.0.0.6"}]])",
               R"([[{"subnet": "10.0.0.0/29", "rangeStart": "10.0.0.1", "rangeEnd": "10.0.0.1"}]])",
               R"([[{"subnet": "10.0.0.0/30"}, {"subnet": "10.0.1.0/30"}]])",
               R"([[{"subnet": "10.0.0.0/30"}, {"subnet": "10.0.1.0/30"}], [{"subnet": "fd00::/126"}]])",
               R"([[{"subnet": "fd00::/126"}]])");
  CAPTURE(ranges);
  ipam["ranges"] = json::parse(ranges);
  Fixture other;
  other.ipam = ipam;
  for (const char* step : {"+a", "+b", "+c", "-a", "+d", "+e", "+f", "-b", "-d", "+g", "+h", "-c", "+a", "+i", "+a"}) {
    CAPTURE(step);
    const Command command = step[0] == '+' ? Command::add : Command::del;
    const std::string container{step + 1};
    CHECK(by_us(asked(command, container)) == by_reference(other.asked(command, container)));
    CHECK(picture() == other.picture());
  }
}

TEST_CASE("requested addresses are served and refused alike") {
  if (reference_is_missing()) PATCHBAY_SKIP(std::string{"no "} + kReference);
  using Texts = std::vector<std::string>;
  const auto requested = GENERATE(Texts{"10.0.0.6"}, Texts{"10.0.0.5"}, Texts{"10.0.0.1"}, Texts{"10.0.0.6", "fd00::9"},
                                  Texts{"fd00::9", "10.0.0.6"}, Texts{"10.9.9.9"}, Texts{"10.0.0.3/24"},
                                  Texts{"fd00::9"}, Texts{"10.0.0.7"}, Texts{"10.0.0.2", "10.0.0.2"});
  CAPTURE(requested);
  const Fixture ours, theirs;
  const auto ask = [](const Fixture& fixture, const std::string& container, const Texts& ips) {
    Asked asked = fixture.asked(Command::add, container);
    asked.config["runtimeConfig"]["ips"] = ips;
    return asked;
  };
  CHECK(by_us(ask(ours, "c0", {"10.0.0.5"})) == by_reference(ask(theirs, "c0", {"10.0.0.5"})));
  CHECK(by_us(ask(ours, "c1", requested)) == by_reference(ask(theirs, "c1", requested)));
}

TEST_CASE_METHOD(Fixture, "interfaces of one container are told apart by both") {
  if (reference_is_missing()) PATCHBAY_SKIP(std::string{"no "} + kReference);
  CHECK(by_us(asked(Command::add, "c1", "eth0")) == "10.0.0.2/29 via 10.0.0.1 fd00::2/120 via fd00::1 ");
  CHECK(by_reference(asked(Command::add, "c1", "eth1")) == "10.0.0.3/29 via 10.0.0.1 fd00::3/120 via fd00::1 ");
  CHECK(by_reference(asked(Command::add, "c1", "eth0")) ==
        "refused: failed to allocate for range 0: 10.0.0.2 has been allocated to c1, duplicate allocation is not "
        "allowed");
  CHECK(by_reference(asked(Command::del, "c1", "eth0")) == "done");
  CHECK(by_us(asked(Command::check, "c1", "eth1")) == "done");
  CHECK(by_us(asked(Command::del, "c1", "eth1")) == "done");
  CHECK(names() == kEmpty);
}

TEST_CASE_METHOD(Fixture, "leases by container only, from before interfaces were told apart") {
  static_cast<void>(by_us(asked(Command::add, "c2")));
  scratch.file("data/net/10.0.0.6", "c1");
  CHECK(by_us(asked(Command::check, "c1")) == "done");
  CHECK(by_us(asked(Command::del, "c2")) == "done");
  CHECK(by_us(asked(Command::del, "c1")) == "done");
  CHECK(names() == kEmpty);
}

TEST_CASE_METHOD(Fixture, "a lease that the reference was killed at is taken over; there it is lost") {
  if (reference_is_missing()) PATCHBAY_SKIP(std::string{"no "} + kReference);
  static_cast<void>(by_us(asked(Command::add, "c1")));
  scratch.file("data/net/10.0.0.3", "");
  CHECK(by_reference(asked(Command::add, "c2")) == "10.0.0.4/29 via 10.0.0.1 fd00::3/120 via fd00::1 ");
  for (const char* container : {"c3", "c4"}) static_cast<void>(by_us(asked(Command::add, container)));
  CHECK(by_us(asked(Command::add, "c5")) == "10.0.0.3/29 via 10.0.0.1 fd00::6/120 via fd00::1 ");
}
