// SPDX-License-Identifier: Apache-2.0
#include "test/faults/injector/injector.hpp"

#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <filesystem>

#include "test/support/catch.hpp"
#include "test/support/world.hpp"

using namespace patchbay::faults;
namespace test = patchbay::test;
using Catch::Matchers::Contains;

namespace {

Observation run(const std::vector<std::string>& arguments, const std::optional<Fault>& fault = std::nullopt) {
  test::Program program{.arguments = arguments, .environment = test::own_environment(), .input = ""};
  program.arguments.insert(program.arguments.begin(), PATCHBAY_VICTIM);
  program.patience = std::chrono::milliseconds{3000};
  return observe(program, fault);
}

Fault at(const std::string& place, const std::string& what) {
  Fault fault = parse_fault(what).value();
  fault.place = Place::parse(place).value();
  return fault;
}

// The place of the `n`th point that `is_it`.
template <typename IsIt>
std::string place(const Observation& observation, int n, const IsIt& is_it) {
  for (const Point& point : observation.points) {
    if (is_it(point) && n-- == 0) return point.place.to_text();
  }
  return "0:none:0";
}

std::string write_to(const Observation& observation, const std::string& file) {
  return place(observation, 0,
               [&](const Point& point) { return point.place.call == "write" && point.sight.detail.ends_with(file); });
}

struct Scratch {
  Scratch() { std::filesystem::create_directories(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(path); }
  std::string path = (std::filesystem::temp_directory_path() / ("faults." + std::to_string(getpid()))).string();
};

}  // namespace

TEST_CASE("a fault and a place are written as they are read") {
  for (const char* text : {"error=ENOSPC", "refuse=2", "kill-tree", "netlink-dead", "allocations"}) {
    const auto fault = parse_fault(text);
    REQUIRE(fault);
    CHECK(fault->mode_text() == text);
  }
  CHECK(Place::parse("1:sendto:12")->to_text() == "1:sendto:12");
  CHECK_FALSE(parse_fault("error=ENOSUCHTHING"));
  CHECK_FALSE(parse_fault("explode"));
  CHECK_FALSE(Place::parse("sendto:1"));
}

TEST_CASE("without a fault a program runs as always, and its points are the same every time") {
  const Scratch scratch;
  const auto first = run({"files", scratch.path}), second = run({"files", scratch.path});
  CHECK(first.ran.exit_code == 0);
  CHECK(first.ran.out == "a 0\nwrite 4\nb 0\nwrite 4\nc 0\nwrite 4\n");
  const auto places = [](const Observation& observation) {
    std::vector<std::string> all;
    for (const Point& point : observation.points) {
      if (point.sight.changes_state) all.push_back(point.place.to_text());
    }
    return all;
  };
  CHECK(places(first).size() >= 6);
  CHECK(places(first) == places(second));
}

TEST_CASE("one call fails with the errno that was asked for, the others do not") {
  const Scratch scratch;
  const auto seen = run({"files", scratch.path});
  const auto hit = run({"files", scratch.path}, at(write_to(seen, "/b"), "error=ENOSPC"));
  CHECK(hit.hit);
  CHECK(hit.ran.out == "a 0\nwrite 4\nb 0\nwrite ENOSPC\nc 0\nwrite 4\n");
}

TEST_CASE("a write may be interrupted or short") {
  const Scratch scratch;
  const auto seen = run({"files", scratch.path});
  CHECK(run({"files", scratch.path}, at(write_to(seen, "/c"), "interrupted")).ran.out ==
        "a 0\nwrite 4\nb 0\nwrite 4\nc 0\nwrite EINTR\n");
  CHECK(run({"files", scratch.path}, at(write_to(seen, "/a"), "shortened")).ran.out ==
        "a 0\nwrite 1\nb 0\nwrite 4\nc 0\nwrite 4\n");
}

TEST_CASE("a full disk stays full") {
  const Scratch scratch;
  const auto seen = run({"files", scratch.path});
  const auto hit = run({"files", scratch.path}, at(write_to(seen, "/a"), "disk-full"));
  CHECK(hit.ran.out == "a 0\nwrite ENOSPC\nb ENOSPC\nc ENOSPC\n");
}

TEST_CASE("a killed program does not make the call at which it is killed") {
  const Scratch scratch;
  const auto seen = run({"files", scratch.path});
  std::filesystem::remove_all(scratch.path);
  std::filesystem::create_directories(scratch.path);
  const auto hit = run({"files", scratch.path}, at(write_to(seen, "/b"), "kill-tree"));
  CHECK(hit.ran.exit_code == 128 + SIGKILL);
  CHECK(std::filesystem::file_size(scratch.path + "/a") == 4);
  CHECK(std::filesystem::file_size(scratch.path + "/b") == 0);
  CHECK_FALSE(std::filesystem::exists(scratch.path + "/c"));
}

TEST_CASE("SIGTERM arrives, and ends who does not mind it") {
  const Scratch scratch;
  const auto seen = run({"files", scratch.path});
  CHECK(run({"files", scratch.path}, at(write_to(seen, "/b"), "terminate")).ran.exit_code == 128 + SIGTERM);
}

TEST_CASE("processes are counted apart, in the order of their birth") {
  const auto seen = run({"family"});
  CHECK(seen.processes == 2);
  const auto opens_null = [](int process) {
    return
        [process](const Point& point) { return point.place.process == process && point.sight.detail == "/dev/null"; };
  };
  const auto of_parent = place(seen, 0, opens_null(0)), of_child = place(seen, 0, opens_null(1));
  CHECK(run({"family"}, at(of_child, "error=EMFILE")).ran.out == "child EMFILE\nchild's end 0\nparent 0\n");
  CHECK(run({"family"}, at(of_parent, "error=EMFILE")).ran.out == "child 0\nchild's end 0\nparent EMFILE\n");
  CHECK(run({"family"}, at(of_child, "kill-one")).ran.out == "child's end 9\nparent 0\n");
  CHECK(run({"family"}, at(of_child, "kill-tree")).ran.exit_code == 128 + SIGKILL);
}

TEST_CASE("the kernel itself refuses one message of two, and an answer can get lost") {
  test::World world;
  const auto seen = run({"links"});
  REQUIRE_THAT(seen.ran.out, Contains("answer 1 yes\nanswer 2 yes\n"));
  const auto send =
      place(seen, 0, [](const Point& point) { return point.sight.netlink && !point.sight.refusable.empty(); });
  CHECK_THAT(run({"links"}, at(send, "refuse=1")).ran.out, Contains("answer 1 yes\nanswer 2 EOPNOTSUPP\n"));
  CHECK_THAT(run({"links"}, at(send, "error=ENOBUFS")).ran.out, Contains("send ENOBUFS\nrecv EAGAIN"));
  const auto receive = place(seen, 0, [](const Point& point) { return point.sight.receives; });
  CHECK_THAT(run({"links"}, at(receive, "error=ENOBUFS")).ran.out, Contains("recv ENOBUFS\nanswer 2 yes\n"));
  CHECK_THAT(run({"links"}, at(receive, "netlink-dead")).ran.out, Contains("recv ENOBUFS\nrecv ENOBUFS\n"));
}

TEST_CASE("the heap can be kept from growing") {
  const auto seen = run({"memory"});
  CHECK_THAT(seen.ran.out, Contains("sbrk 0"));
  const bool can = std::ranges::any_of(seen.points, [](const Point& point) {
    return point.place.call == "brk" &&
           run({"memory"}, at(point.place.to_text(), "error=ENOMEM")).ran.out.find("sbrk ENOMEM") != std::string::npos;
  });
  CHECK(can);
}

TEST_CASE("what happens before main() is told apart") {
  const auto seen = run({"memory"});
  REQUIRE_FALSE(seen.points.empty());
  CHECK(run({"memory"}, at(seen.points.front().place.to_text(), "error=ENOMEM")).before_main);
}

TEST_CASE("a program that hangs is ended, and that is told") {
  const auto hung = run({"hang"});
  CHECK(hung.timed_out);
  CHECK(hung.ran.exit_code == 128 + SIGKILL);
}

TEST_CASE("a place that is never reached is told") {
  const Scratch scratch;
  CHECK_FALSE(run({"files", scratch.path}, at("0:write:99", "error=EIO")).hit);
}
