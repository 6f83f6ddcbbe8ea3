// SPDX-License-Identifier: Apache-2.0
// Many processes at one store.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "common/ipam/allocate.hpp"
#include "test/unit/ipam/support.hpp"

using namespace patchbay;
using namespace patchbay::test;
using ipam::Store;

namespace {

// Exit codes of `count` children that all do `work`, each with its number.
template <typename Work>
std::vector<int> in_processes(unsigned count, Work&& work) {
  std::vector<pid_t> children;
  for (unsigned number = 0; number < count; ++number) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        work(number);
        _exit(0);
      } catch (const Error& error) {
        _exit(static_cast<int>(error.code()));
      }
    }
    children.push_back(child);
  }
  std::vector<int> codes;
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    codes.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  }
  return codes;
}

}  // namespace

TEST_CASE("64 processes at once get 192 different addresses, from the first ADD on") {
  const Machine machine;
  const Scratch scratch;
  const std::vector<ipam::RangeSet> sets{set_of("10.0.0.0/24")};
  const auto open = [&] { return Store::open(scratch.path(), "net", Machine::environment()); };
  const auto codes = in_processes(64, [&](unsigned number) {
    for (const char* ifname : {"eth0", "eth1", "eth2"}) {
      Store store = open();
      ipam::allocate(store, Machine::tenant("c" + std::to_string(number), 1000 + number, ifname), sets, {});
    }
  });
  CHECK(codes == std::vector<int>(64, 0));
  CHECK(open().leases().size() == 192);

  CHECK(in_processes(64, [&](unsigned number) {
          for (const char* ifname : {"eth0", "eth1", "eth2"}) {
            open().release({"net", "c" + std::to_string(number), ifname});
          }
        }) == std::vector<int>(64, 0));
  CHECK(open().leases().empty());
}

TEST_CASE("a lock that is not let go is waited for no longer than five seconds") {
  const Machine machine;
  const Scratch scratch;
  const Store holder = Store::open(scratch.path(), "net", Machine::environment());
  const auto before = std::chrono::steady_clock::now();
  const auto codes = in_processes(3, [&](unsigned number) {
    if (number == 0) Store::open(scratch.path(), "net", Machine::environment());
    if (number == 1) Store::find(scratch.path(), "net", Machine::environment());
    if (number == 2) throw Error{Code::internal, "not waiting"};
  });
  const auto waited = std::chrono::steady_clock::now() - before;
  CHECK(codes == std::vector{static_cast<int>(Code::try_again), static_cast<int>(Code::try_again),
                             static_cast<int>(Code::internal)});
  CHECK(waited >= std::chrono::seconds{5});
  CHECK(waited < std::chrono::seconds{8});
}
