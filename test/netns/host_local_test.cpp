// SPDX-License-Identifier: Apache-2.0
// host-local as its executable, on a node with real namespaces.
#include <fstream>

#include "test/support/catch.hpp"
#include "test/support/world.hpp"

using namespace patchbay::test;
using nlohmann::json;

namespace {

json config(const std::string& subnet, const std::string& version = "1.1.0") {
  return {{"cniVersion", version},
          {"name", "net"},
          {"type", "bridge"},
          {"ipam", {{"type", "host-local"}, {"ranges", {{{{"subnet", subnet}}}}}}}};
}

Call call(const std::string& command, const json& config, const std::string& container = "c1") {
  return {.plugin = "host-local",
          .command = command,
          .config = config,
          .container = container,
          .netns = "/run/netns/" + container};
}

// Shell functions `add c1`, `del c1`, which print what the plugin prints.
std::string script(const json& config, const std::string& body) {
  std::ofstream{"/run/config"} << config.dump();
  return "run() { CNI_COMMAND=$1 CNI_CONTAINERID=$2 CNI_NETNS=/run/netns/$2 CNI_IFNAME=eth0 CNI_PATH=/ " PATCHBAY_BIN
         "/host-local < /run/config; }\n"
         "add() { echo \"$(run ADD \"$1\" | grep -E '\"(address|code)\"' | tr -d ' \",')\"; }\n"
         "del() { run DEL \"$1\"; }\n" +
         body;
}

std::string leases(World& world) {
  return world.sh("cd /var/lib/cni/networks/net && for f in 10.*; do [ -e $f ] && echo $f; done; true");
}

}  // namespace

TEST_CASE("host-local answers as the reference does, in the default directory") {
  World world;
  const auto result = world.call(call("ADD", config("10.0.0.0/24")));
  CHECK(result.exit_code == 0);
  CHECK(result.out ==
        "{\n    \"cniVersion\": \"1.1.0\",\n    \"ips\": [\n        {\n            \"address\": \"10.0.0.2/24\",\n"
        "            \"gateway\": \"10.0.0.1\"\n        }\n    ]\n}");
  CHECK(world.sh("cat /var/lib/cni/networks/net/10.0.0.2") == "c1\r\neth0");
  CHECK(world.add(call("ADD", config("10.0.0.0/24", "0.2.0"), "c2"))["ip4"]["ip"] == "10.0.0.3/24");
  CHECK(world.call(call("CHECK", config("10.0.0.0/24"))).exit_code == 0);
  for (int i = 0; i < 2; ++i) {
    const auto gone = world.call(call("DEL", config("10.0.0.0/24")));
    CHECK(gone.exit_code == 0);
    CHECK(gone.out.empty());
  }
  CHECK(world.call(call("CHECK", config("10.0.0.0/24"))).json()["code"] == 106);
}

TEST_CASE("host-local says what is wrong so that something can be done about it") {
  World world;
  const auto full = config("10.0.0.0/30");
  world.add(call("ADD", full));
  const auto none_left = world.call(call("ADD", full, "c2")).json();
  CHECK(none_left["code"] == 102);
  CHECK(none_left["msg"] ==
        "failed to allocate for range 0: no IP addresses available in range set: 10.0.0.1-10.0.0.2");
  CHECK(none_left["details"].get<std::string>().find("widen the range") != std::string::npos);
  const auto status = world.call(call("STATUS", full));
  CHECK(status.exit_code == 1);
  CHECK(status.json()["code"] == 50);
  const auto wrong = world.call(call("ADD", config("10.0.0.1/24"), "c2")).json();
  CHECK(wrong["code"] == 7);
  CHECK(wrong["details"].get<std::string>().find("/ipam/ranges/0/0/subnet") != std::string::npos);
  world.sh("rm /var/lib/cni/networks/net/lock && mkfifo /var/lib/cni/networks/net/lock");
  CHECK(world.call(call("ADD", full, "c2")).json()["code"] == 5);
}

TEST_CASE("GC frees the leases of attachments that are not valid") {
  World world;
  for (const char* container : {"c1", "c2", "c3"}) world.add(call("ADD", config("10.0.0.0/24"), container));
  json valid = config("10.0.0.0/24");
  CHECK(world.call(call("GC", valid)).json()["code"] == 7);
  valid["cni.dev/valid-attachments"] = {{{"containerID", "c2"}, {"ifname", "eth0"}}};
  CHECK(world.call(call("GC", valid)).exit_code == 0);
  CHECK(leases(world) == "10.0.0.3\n");
}

TEST_CASE("an exhausted pool is reclaimed from namespaces that are gone, and from no other") {
  World world;
  for (const char* container : {"c1", "c2", "c3"}) world.netns(container);
  // In a PID namespace of its own: where there are processes that we may not look into, nothing is proven.
  const std::string own_processes = "unshare --pid --fork --mount-proc sh ";
  const auto possible = world.try_sh(own_processes + "-c true");
  if (possible.exit_code != 0) PATCHBAY_SKIP("no PID namespace: " + possible.err);
  std::ofstream{"/run/script"} << script(config("10.0.0.0/29"), R"(
for c in c1 c2 c3 c4; do add $c; done  # c4 has no namespace that is known
mkfifo /run/ready
nsenter --net=/run/netns/c3 sh -c 'echo > /run/ready; exec sleep 60' &
read -r line < /run/ready
umount /run/netns/c2 /run/netns/c3; rm /run/netns/c2 /run/netns/c3  # c2 is gone, c3 has still a process
for c in c5 c6 c7; do add $c; done
)");
  CHECK(world.sh(own_processes + "/run/script") ==
        "address:10.0.0.2/29\naddress:10.0.0.3/29\naddress:10.0.0.4/29\naddress:10.0.0.5/29\n"
        "address:10.0.0.6/29\naddress:10.0.0.3/29\ncode:102\n");
}

TEST_CASE("64 processes at once get 64 addresses") {
  World world;
  const std::string body =
      script(config("10.0.0.0/24"),
             "for i in $(seq 64); do add c$i & done | sort -u | wc -l; wait; ls /var/lib/cni/networks/net");
  CHECK(world.sh(body).starts_with("64\n"));
  CHECK(world.sh(script(config("10.0.0.0/24"), "for i in $(seq 64); do del c$i & done; wait")).empty());
  CHECK(leases(world).empty());
}

TEST_CASE("ADDs that are killed at any time leave nothing that their DEL does not find") {
  World world;
  world.add(call("ADD", config("10.0.0.0/24"), "neighbour"));
  const std::string left = world.sh(script(config("10.0.0.0/24"), R"(
for i in $(seq 100); do
  env CNI_COMMAND=ADD CNI_CONTAINERID=c$i CNI_NETNS=/n CNI_IFNAME=eth0 CNI_PATH=/ )" PATCHBAY_BIN R"(/host-local \
    < /run/config > /dev/null &
  sleep 0.00$((i % 10)); kill -9 $! 2>/dev/null; wait
  del c$i || echo failed $i
done
ls -A /var/lib/cni/networks/net; ls -A /var/lib/cni/networks/.patchbay/net | wc -l
)"));
  CHECK(left == "10.0.0.2\nlast_reserved_ip.0\nlock\n2\n");  // the neighbour's entry and the boot marker
}
