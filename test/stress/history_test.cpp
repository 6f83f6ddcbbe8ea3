// SPDX-License-Identifier: Apache-2.0
// The checker finds what it is there to find, in histories made by hand.
#include "test/stress/history.hpp"

#include "test/support/catch.hpp"

using namespace patchbay::stress;

namespace {

Life life(const std::string& name, Time born, Time attached, Time leaving, Time gone) {
  return {.name = name,
          .network = "net",
          .addresses = {"10.10.0.2/24"},
          .port = "tcp 20001",
          .born = born,
          .attached = attached,
          .leaving = leaving,
          .gone = gone};
}

// Apart in everything but time.
Life elsewhere(Life it) {
  it.addresses = {"10.10.0.99/24"};
  it.port = "udp 20001";
  return it;
}

Life with_another_port(Life it) {
  it.port = "tcp 20002";
  return it;
}

Life with_another_address(Life it) {
  it.addresses = {"10.10.0.3/24"};
  return it;
}

// Its ADD was killed.
Life never_attached(Life it) {
  it.attached.reset();
  it.addresses.clear();
  return it;
}

std::vector<std::string> judged(const std::vector<Life>& lives, const std::vector<Refusal>& refusals = {}) {
  History history{2};
  for (const Life& it : lives) history.add(it);
  for (const Refusal& it : refusals) history.add(it);
  return history.violations();
}

}  // namespace

TEST_CASE("one after the other is in order, even when the second is served while the first is leaving") {
  CHECK(judged({}).empty());
  CHECK(judged({life("a", 0, 10, 20, 30), life("b", 31, 40, 50, 60)}).empty());
  CHECK(judged({life("a", 0, 10, 20, 30), life("b", 15, 25, 50, 60)}).empty());
  CHECK(judged({life("a", 0, 10, 20, 30), elsewhere(life("b", 0, 11, 19, 30))}).empty());
}

TEST_CASE("an address that two have at once is found") {
  const auto found = judged({life("a", 0, 10, 20, 30), with_another_port(life("b", 5, 19, 50, 60))});
  REQUIRE(found.size() == 1);
  CHECK(found[0].find("net 10.10.0.2/24 belonged to two at once: a") == 0);
}

TEST_CASE("an address of one who was never detached is its own to the end") {
  auto forever = life("a", 0, 10, 20, 30);
  forever.leaving.reset();
  forever.gone.reset();
  CHECK(judged({forever, with_another_port(life("b", 1000, 1001, 1002, 1003))}).size() == 1);
}

TEST_CASE("a long possession is compared with all that fall into it, not with the next alone") {
  CHECK(judged({life("a", 0, 10, 100, 110), with_another_port(life("b", 15, 20, 30, 40)),
                with_another_port(life("c", 45, 50, 60, 70))})
            .size() == 2);
}

TEST_CASE("equal addresses of two networks are two addresses") {
  auto other = with_another_port(life("b", 0, 10, 20, 30));
  other.network = "another";
  CHECK(judged({life("a", 0, 10, 20, 30), other}).empty());
}

TEST_CASE("a host port that two have at once is found") {
  const auto found = judged({life("a", 0, 10, 20, 30), with_another_address(life("b", 5, 19, 50, 60))});
  REQUIRE(found.size() == 1);
  CHECK(found[0].find("port tcp 20001 belonged to two at once") == 0);
}

TEST_CASE("who was never attached has nothing") {
  CHECK(judged({life("a", 0, 10, 20, 30), never_attached(life("b", 5, 0, 50, 60))}).empty());
}

TEST_CASE("a flush ends the possession of host ports, not that of addresses") {
  const auto flushed = [](Life second, Span flush) {
    History history{2};
    history.add(life("a", 0, 10, 50, 60));
    history.add(std::move(second));
    history.end_flush(history.begin_flush(flush.begin), flush.end);
    return history.violations().size();
  };
  const Life port = with_another_address(life("b", 29, 30, 40, 45));
  const Life address = with_another_port(life("b", 29, 30, 40, 45));
  CHECK(flushed(port, {20, 25}) == 0);
  CHECK(flushed(address, {20, 25}) == 1);
  CHECK(flushed(port, {42, 44}) == 1);                                           // too late to excuse it
  CHECK(flushed(with_another_address(life("b", 29, 30, 40, 45)), {5, 8}) == 0);  // the first was being attached
}

TEST_CASE("a flush counts while it lasts") {
  History history{2};
  const auto flush = history.begin_flush(10);
  CHECK(history.flushed_within({1000, 1001}));
  history.end_flush(flush, 20);
  CHECK(history.flushed_within({0, 11}));
  CHECK(history.flushed_within({19, 30}));
  CHECK_FALSE(history.flushed_within({20, 30}));
  CHECK_FALSE(history.flushed_within({0, 10}));
}

TEST_CASE("a refused port must be somebody's, though perhaps only of one whose ADD was killed") {
  const auto refused = never_attached(life("b", 12, 0, 18, 19));
  const Refusal refusal{.name = "b", .network = "net", .port = "tcp 20001", .call = {12, 15}};
  CHECK(judged({life("a", 0, 10, 20, 30), refused}, {refusal}).empty());
  CHECK(judged({never_attached(life("a", 0, 0, 20, 30)), refused}, {refusal}).empty());
  CHECK(judged({refused}, {refusal}).size() == 1);
  CHECK(judged({elsewhere(life("a", 0, 10, 20, 30)), refused}, {refusal}).size() == 1);
  CHECK(judged({life("a", 0, 5, 10, 12), refused}, {refusal}).size() == 1);    // gone before
  CHECK(judged({life("a", 15, 16, 20, 30), refused}, {refusal}).size() == 1);  // came after
}

TEST_CASE("no address is left only when as many can be there as there are addresses") {
  const auto refused = never_attached(life("c", 12, 0, 18, 19));
  const Refusal refusal{.name = "c", .network = "net", .port = "", .call = {12, 15}};
  const auto first = life("a", 0, 10, 20, 30);
  const auto second = with_another_port(with_another_address(life("b", 0, 10, 20, 30)));
  CHECK(judged({first, second, refused}, {refusal}).empty());
  CHECK(judged({first, refused}, {refusal}).size() == 1);
}
