// SPDX-License-Identifier: Apache-2.0
// Conversations with the kernel: errors in their place, nothing lost, nothing mixed up.
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <set>
#include <string>

#include "common/netlink/link.hpp"
#include "common/wire/socket.hpp"
#include "test/support/catch.hpp"
#include "test/support/world.hpp"

using namespace patchbay;
using namespace patchbay::wire;
namespace links = netlink::links;
using test::World;

namespace {

using Requests = std::vector<Request>;

template <typename... Each>
Requests all(Each... each) {
  Requests requests;
  (requests.push_back(std::move(each)), ...);
  return requests;
}

void make_bridges(Socket& socket, int count) {
  for (int i = 0; i < count; ++i) REQUIRE(links::create_bridge(socket, {.name = "keep" + std::to_string(i)}));
}

}  // namespace

TEST_CASE("an error in the middle is told, and the next conversation is undisturbed") {
  World world;
  Socket socket;
  world.sh("ip link add br0 type bridge; ip link add br1 type bridge");
  const int br0 = links::get(socket, "br0").index, br1 = links::get(socket, "br1").index;
  try {
    socket.transact(all(links::set_up(br0, "br0"), links::set_up(4711, "nobody"), links::set_up(br1, "br1")));
    FAIL("the error was lost");
  } catch (const Error& error) {
    CHECK(error.summary() == "set nobody up: No such device (ENODEV)");
  }
  // rtnetlink carries on behind an error
  CHECK(links::get(socket, "br0").up);
  CHECK(links::get(socket, "br1").up);
  for (int i = 0; i < 3; ++i) CHECK(links::get(socket, i % 2 == 0 ? "br0" : "br1").index == (i % 2 == 0 ? br0 : br1));
}

TEST_CASE("the first of several errors counts, and tolerated ones do not") {
  World world;
  Socket socket;
  const auto nobody = [](const std::string& name, std::vector<int> tolerated = {}) {
    auto request = links::set_up(4711, name);
    request.tolerated = std::move(tolerated);
    return request;
  };
  CHECK_NOTHROW(socket.transact(nobody("last", {ENODEV})));
  CHECK_NOTHROW(socket.transact(all(nobody("a", {EEXIST, ENODEV}), nobody("b", {ENODEV}))));
  try {
    socket.transact(all(nobody("tolerated", {ENODEV}), nobody("second"), nobody("third")));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.summary().find("second") != std::string::npos);
  }
  CHECK_NOTHROW(socket.transact(Requests{}));
  CHECK(links::find(socket, "lo"));
}

TEST_CASE("the kernel's own words are passed on") {
  World world;
  Socket socket;
  Message message{RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{}};
  message.put_text(IFLA_IFNAME, "br0");
  message.put_u32(IFLA_MTU, 5);
  message.nest(IFLA_LINKINFO, [&] { message.put_text(IFLA_INFO_KIND, "bridge"); });
  try {
    socket.transact({"make a bridge with MTU 5", message.release(), {}});
    FAIL("it was made");
  } catch (const Error& error) {
    CHECK(error.error_number() == EINVAL);
    CHECK(error.details().find("kernel says: mtu less than") != std::string::npos);
  }
}

TEST_CASE("a socket keeps living where it was born") {
  World world;
  const auto red = os::Netns::open(world.netns("red")), blue = os::Netns::open(world.netns("blue"));
  Socket host, in_red{red}, in_blue{blue};
  world.sh_in("red", "ip link add only-red type bridge");
  world.sh_in("blue", "ip link add only-blue type bridge");
  for (int i = 0; i < 2; ++i) {
    CHECK(links::find(in_red, "only-red"));
    CHECK_FALSE(links::find(in_red, "only-blue"));
    CHECK(links::find(in_blue, "only-blue"));
    CHECK_FALSE(links::find(host, "only-red"));
  }
}

TEST_CASE("a list is whole although the world changes while it is read") {
  World world;
  Socket socket;
  make_bridges(socket, 60);
  const int churn = world.background("",
                                     "echo started; while :; do ip link add churn0 type bridge; ip link add churn1 "
                                     "type bridge; ip link del churn0; ip link del churn1; done",
                                     "started");
  int incomplete = 0, refused = 0;
  for (int i = 0; i < 300; ++i) {
    try {
      std::multiset<std::string> kept;
      for (const auto& link : links::list(socket)) {
        if (link.name.starts_with("keep")) kept.insert(link.name);
      }
      if (kept.size() != 60 || std::set(kept.begin(), kept.end()).size() != 60) ++incomplete;
    } catch (const Error& error) {
      CHECK(error.code() == Code::try_again);
      ++refused;
    }
  }
  world.stop(churn);
  CHECK(incomplete == 0);
  CHECK(refused == 0);
}

TEST_CASE("an interrupted dump begins anew, and gives up after ten times") {
  World world;
  Socket socket, meddler;
  make_bridges(socket, 100);
  // A link that comes and goes in the middle of the first `times` dumps; the answer to each comes in several datagrams.
  const auto disturbed = [&](int times) {
    int begun = 0, seen = 0;
    const auto restart = [&] { ++begun, seen = 0; };
    socket.dump({"list", Message{RTM_GETLINK, 0, ifinfomsg{}}.release(), {}}, restart, [&](const Reply&) {
      if (++seen != 1 || begun > times) return;
      const auto made = links::create_bridge(meddler, {.name = "meddler"});
      CHECK(links::remove(meddler, made->index, {}));
    });
    CHECK(seen == 101);
    return begun;
  };
  CHECK(disturbed(0) == 1);
  CHECK(disturbed(3) == 4);
  CHECK_THROWS_AS(disturbed(10), Error);
  CHECK(disturbed(0) == 1);
}

TEST_CASE("notifications arrive, and waiting for them is bounded") {
  World world;
  Socket watcher, worker;
  watcher.subscribe(RTNLGRP_LINK);
  world.sh("ip link add br0 type bridge");
  const auto is_new_link = [](const Reply& reply) { return reply.type == RTM_NEWLINK; };
  CHECK(watcher.wait_for(os::Deadline::in(std::chrono::seconds{5}), is_new_link));
  CHECK_FALSE(watcher.wait_for(os::Deadline::in(std::chrono::milliseconds{30}), [](const Reply&) { return false; }));
  // also on a socket that has spoken before
  const int br0 = links::get(worker, "br0").index;
  worker.subscribe(RTNLGRP_LINK);
  watcher.transact(links::set_up(br0, "br0"));
  CHECK(worker.wait_for(os::Deadline::in(std::chrono::seconds{5}), is_new_link));
}

TEST_CASE("a flood of notifications is noticed, and loses no answer") {
  World world;
  Socket watcher, worker;
  world.sh("ip link add br0 up type bridge");
  const int br0 = links::get(worker, "br0").index;
  watcher.subscribe(RTNLGRP_LINK);
  const auto flood = [&] {
    for (int round = 0; round < 10; ++round) {
      Requests requests;
      for (int i = 0; i < 200; ++i) requests.push_back(links::set_alias(br0, std::to_string(i), "br0"));
      worker.transact(std::move(requests));
    }
  };
  flood();
  CHECK(watcher.wait_for(os::Deadline::in(std::chrono::seconds{5}),
                         [](const Reply& reply) { return reply.type == NLMSG_OVERRUN; }));
  flood();
  CHECK(links::get(watcher, "br0").index == br0);
  CHECK_NOTHROW(watcher.transact(links::set_up(br0, "br0")));
  CHECK(links::list(watcher).size() == 2);
}
