// SPDX-License-Identifier: Apache-2.0
// nfnetlink batches: all or nothing, and every refusal in its place.
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <string>

#include "common/wire/socket.hpp"
#include "test/support/catch.hpp"
#include "test/support/world.hpp"

using namespace patchbay;
using namespace patchbay::wire;
using test::World;

namespace {

using Requests = std::vector<Request>;

template <typename... Each>
Requests all(Each... each) {
  Requests requests;
  (requests.push_back(std::move(each)), ...);
  return requests;
}

Request nft(int type, std::uint16_t flags, const std::string& table, std::vector<int> tolerated = {}) {
  Message message{static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type), flags,
                  nfgenmsg{.nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0, .res_id = 0}};
  message.put_text(NFTA_TABLE_NAME, table);
  return {.doing = "table " + table, .message = message.release(), .tolerated = std::move(tolerated)};
}
Request make(const std::string& table) { return nft(NFT_MSG_NEWTABLE, NLM_F_CREATE, table); }
Request make_new(const std::string& table) { return nft(NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, table); }
Request drop(const std::string& table) { return nft(NFT_MSG_DELTABLE, 0, table); }

std::uint32_t generation(Socket& socket) {
  Message message{NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0, nfgenmsg{}};
  std::uint32_t id = 0;
  const int refusal = socket.query({"generation", message.release(), {}}, [&](const Reply& reply) {
    if (const auto parsed = parse<nfgenmsg>(reply.payload)) id = parsed->second.be32(NFTA_GEN_ID).value_or(0);
  });
  CHECK(refusal == 0);
  return id;
}

std::vector<Refusal> commit(Socket& socket, Requests requests, std::uint32_t expected = 0) {
  return socket.batch(NFNL_SUBSYS_NFTABLES, expected, std::move(requests));
}

}  // namespace

TEST_CASE("a batch of nf_tables is all or nothing, with every refusal in its place") {
  World world;
  Socket socket{Socket::Family::netfilter};
  const auto before = generation(socket);
  CHECK(commit(socket, {}).empty());
  CHECK(commit(socket, all(make("a"), make("b"))).empty());
  const auto after = generation(socket);
  CHECK(after != before);

  const auto refusals = commit(socket, all(make("c"), drop("nope"), make_new("a"), make("d")));
  REQUIRE(refusals.size() == 2);
  CHECK(refusals[0].request == 1);
  CHECK(refusals[0].error_number == ENOENT);
  CHECK(refusals[1].request == 2);
  CHECK(refusals[1].error_number == EEXIST);
  CHECK(generation(socket) == after);
  const auto last = commit(socket, all(make("c"), drop("nope")));
  REQUIRE(last.size() == 1);
  CHECK(last[0].request == 1);
  CHECK(world.sh("nft list tables") == "table inet a\ntable inet b\n");
}

TEST_CASE("a batch holds for one generation of the ruleset") {
  World world;
  Socket socket{Socket::Family::netfilter};
  REQUIRE(commit(socket, all(make("a"))).empty());
  const auto now = generation(socket);
  const auto stale = commit(socket, all(make("b")), now + 1);
  REQUIRE(stale.size() == 1);
  CHECK(stale[0].request == SIZE_MAX);
  CHECK(stale[0].error_number == ERESTART);
  CHECK(commit(socket, all(make("b")), now).empty());
  CHECK(commit(socket, all(make("c")), now).size() == 1);
  const auto unknown = socket.batch(9, 0, all(make("a")));
  REQUIRE(unknown.size() == 1);
  CHECK(unknown[0].error_number == EOPNOTSUPP);
}

TEST_CASE("batches of any size pass, and a batch full of errors is refused") {
  World world;
  Socket socket{Socket::Family::netfilter};
  const auto many = [](const auto& each) {
    Requests requests;
    for (int i = 0; i < 20000; ++i) requests.push_back(each("a"));
    return requests;
  };
  CHECK(commit(socket, many(make)).empty());
  CHECK_FALSE(commit(socket, many([](const std::string&) { return drop("nope"); })).empty());
  CHECK(commit(socket, all(drop("a"))).empty());
  CHECK(world.sh("nft list tables").empty());
}
