// SPDX-License-Identifier: Apache-2.0
// Links removed without waiting for what the kernel does afterwards, and many at once.
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "test/netns/netlink.hpp"
#include "test/support/catch.hpp"
#include "test/support/refusing.hpp"
#include "test/support/world.hpp"

using namespace patchbay;
using namespace patchbay::test;
using netlink::Link;

namespace {

using std::chrono::steady_clock;

Link plug_in(Socket& socket, const os::Netns& container) {
  const auto veth =
      links::create_veth(socket, {.host = {.name = "veth0"}, .peer = {.name = "eth0", .netns = &container}});
  REQUIRE(veth);
  return veth->host;
}

// How many children of ours have ended by then; those that have not fail the test.
int children_that_ended(std::chrono::milliseconds patience) {
  const auto end = steady_clock::now() + patience;
  for (int ended = 0;;) {
    const pid_t pid = waitpid(-1, nullptr, WNOHANG);
    if (pid < 0) {
      REQUIRE(errno == ECHILD);
      return ended;
    }
    if (pid > 0) ++ended;
    REQUIRE(steady_clock::now() < end);
    if (pid == 0) std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
}

// 20 cables: "v0" and "w0" to "v19" and "w19", up.
std::vector<Link> make_cables(World& world, Socket& socket) {
  world.sh(
      "for i in $(seq 0 19); do echo link add name v$i type veth peer name w$i; echo link set v$i up; "
      "echo link set w$i up; done | ip -b -");
  std::vector<Link> made;
  for (int number = 0; number < 20; ++number) made.push_back(links::get(socket, "v" + std::to_string(number)));
  return made;
}

std::map<std::string, std::uint32_t> groups(Socket& socket) {
  std::map<std::string, std::uint32_t> all;
  for (const Link& link : links::list(socket)) all[link.name] = link.group;
  return all;
}

}  // namespace

TEST_CASE("a link removed early is gone from both namespaces, its names free, and the child ends soon") {
  World world;
  const auto container = os::Netns::open(world.netns("red"));
  Socket host, inside{container};
  for (int round = 0; round < 10; ++round) {
    INFO("round " << round);
    const Link link = plug_in(host, container);
    const bool removed = links::remove_early(host, link);
    CHECK(if_nametoindex("veth0") == 0);  // asks without waiting for a change that is under way, unlike find()
    CHECK(removed);
    CHECK_FALSE(links::find(host, link.index));
    CHECK_FALSE(links::find(host, "veth0"));
    CHECK_FALSE(links::find(inside, "eth0"));
  }
  CHECK(children_that_ended(std::chrono::seconds{2}) == 10);
}

TEST_CASE("nothing to be removed early is told, and no child stays") {
  World world;
  const auto container = os::Netns::open(world.netns("red"));
  Socket host;
  const Link link = plug_in(host, container);
  const Link bystander = links::create_veth(host, {.host = {.name = "a"}, .peer = {.name = "b"}}).value().host;
  REQUIRE(links::remove(host, link.index, {}));
  CHECK_FALSE(links::remove_early(host, link));
  CHECK(links::find(host, bystander.index));
  CHECK(children_that_ended(std::chrono::seconds{2}) == 1);
}

TEST_CASE("without a child, or with one that fails, the link is removed all the same") {
  World world;
  const auto container = os::Netns::open(world.netns("red"));
  Socket host, inside{container};
  const Link link = plug_in(host, container);
  const auto work = [&] {
    Socket socket;
    return links::remove_early(socket, link) && !links::remove_early(socket, link) ? 0 : 1;
  };
  SECTION("no process to be had") { CHECK(without_children(work) == 0); }
  SECTION("one that cannot let go of our descriptors") { CHECK(where_refused({SYS_close_range}, ENOSYS, work) == 0); }
  CHECK_FALSE(links::find(host, link.index));
  CHECK_FALSE(links::find(inside, "eth0"));
}

TEST_CASE("of many links exactly the given ones go, as one change") {
  World world;
  Socket socket, events;
  auto cables = make_cables(world, socket);
  world.sh(
      "ip link set v0 group 7; ip link set v12 group 7; ip link set v13 group 0x80000001; ip link set w14 group 9");
  const auto all = links::list(socket);
  const std::vector<Link> given(cables.begin(), cables.begin() + 12);
  auto expected = groups(socket);
  std::set<int> going;
  for (const Link& link : given) {
    going.insert({link.index, link.peer});
    expected.erase(link.name);
    expected.erase("w" + link.name.substr(1));
  }
  links::subscribe(events);
  links::remove_all(socket, given, all);
  CHECK(groups(socket) == expected);

  // Once the first has gone, nothing else is told of the others but that they have.
  bool one_has_gone = false;
  std::string told_after;
  const bool heard_all = events.wait_for(os::Deadline::in(std::chrono::seconds{5}), [&](const wire::Reply& reply) {
    const auto parsed = wire::parse<ifinfomsg>(reply.payload);
    if (!parsed || parsed->first.ifi_family != AF_UNSPEC || !going.contains(parsed->first.ifi_index)) return false;
    one_has_gone = one_has_gone || reply.type == RTM_DELLINK;
    if (reply.type == RTM_DELLINK) going.erase(parsed->first.ifi_index);
    if (reply.type == RTM_NEWLINK && one_has_gone) told_after += std::to_string(parsed->first.ifi_index) + " ";
    return going.empty();
  });
  CHECK(heard_all);
  CHECK(told_after.empty());
}

TEST_CASE("one link to be removed, none, and some that have gone meanwhile") {
  World world;
  Socket socket;
  const auto others = groups(socket).size();  // lo, and what else a kernel puts into every namespace
  const auto cables = make_cables(world, socket);
  const auto all = links::list(socket);
  links::remove_all(socket, {}, all);
  CHECK(groups(socket).size() == others + 40);
  links::remove_all(socket, {cables[0]}, all);
  links::remove_all(socket, {cables[0]}, all);
  CHECK(groups(socket).size() == others + 38);
  links::remove_all(socket, {cables[0], cables[1], cables[2]}, all);
  CHECK(groups(socket).size() == others + 34);
  links::remove_all(socket, {cables[0], cables[1]}, all);
  CHECK(groups(socket).size() == others + 34);
  CHECK(groups(socket).at("v3") == 0);
}
