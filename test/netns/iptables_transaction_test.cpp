// SPDX-License-Identifier: Apache-2.0
// The iptables backend's transactions: many at once, others in between, killed, refused, locked out.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>

#include "common/base/error.hpp"
#include "test/netns/iptables.hpp"

using namespace patchbay;
using namespace patchbay::test;
using firewall::IsDead;

namespace {

// Runs `work` in a child of the test; its exit status, or minus the signal that ended it.
template <typename Work>
pid_t spawn(const Work& work) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child != 0) return child;
  int status = 0;
  try {
    work();
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.summary().c_str());
    status = 1;
  }
  _exit(status);
}

int outcome(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

TEST_CASE("iptables: 64 at once") {
  WORLD_OF_EITHER_IPTABLES(world);
  const std::string before = with_shared_chains(world);
  const auto all_at_once = [&](const std::function<void(int)>& work) {
    std::vector<pid_t> children;
    for (int i = 0; i < 64; ++i) children.push_back(spawn([&] { work(i); }));
    for (const pid_t child : children) CHECK(outcome(child) == 0);
  };
  all_at_once([](int i) { iptables::apply(owner(i), intents(i), {}); });
  for (int i = 0; i < 64; ++i) CHECK(iptables::missing(owner(i), intents(i)).empty());
  all_at_once([](int i) { iptables::remove(owner(i), kKinds, {}); });
  CHECK(rules(world) == before);
}

TEST_CASE("iptables: both families or none") {
  WORLD_OF_EITHER_IPTABLES(world);
  with_shared_chains(world);
  iptables::apply(owner(1), intents(1), {});  // to be replaced, and to come back
  // In IPv6 alone the marking chain leads back to where it is called from: the kernel sees the loop
  // when the table is committed (ELOOP), IPv4's has been by then.
  world.sh("iptables -t nat -N MARKER; ip6tables -t nat -N MARKER");
  world.sh("ip6tables -t nat -A MARKER -j CNI-HOSTPORT-DNAT");
  const std::string before = rules(world);
  Intents other = intents(3);
  other.port_forwards->external_set_mark_chain = "MARKER";
  try {
    iptables::apply(owner(1), other, {});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Code::firewall_refused);
    CHECK(error.error_number() == (variant == "legacy" ? ELOOP : EMLINK));
  }
  CHECK(rules(world) == before);

  other.port_forwards->external_set_mark_chain = "NOT-THERE";
  CHECK_THROWS_AS(iptables::apply(owner(1), other, {}), Error);
  CHECK(rules(world) == before);
  CHECK(iptables::missing(owner(1), intents(1)).empty());
}

TEST_CASE("iptables: a writer without the lock is noticed") {
  WORLD_OF_EITHER_IPTABLES(world);
  iptables::apply(owner(1), intents(1), {});
  const std::string intrude = "XTABLES_LOCKFILE=/run/another.lock iptables -t nat -A OUTPUT -j ACCEPT";
  Intents wanted = intents(2);  // owner 1's port: is_dead is asked, and asked again between get and commit
  for (PortForward& forward : wanted.port_forwards->families) forward.ports.front().host_port = 8001;
  int asked = 0;

  SECTION("once") {
    const IsDead is_dead = [&](const std::string&) {
      if (asked++ == 1) world.sh(intrude);
      return true;
    };
    iptables::apply(owner(2), wanted, is_dead);
    CHECK(iptables::missing(owner(2), wanted).empty());
    CHECK(world.sh("iptables -t nat -S OUTPUT | grep -c ACCEPT") == "2\n");  // the policy and theirs
  }
  if (variant == "legacy") {  // nf_tables is tried for 10 s
    SECTION("again and again") {
      const IsDead is_dead = [&](const std::string&) {
        ++asked;
        world.sh(intrude);
        return true;
      };
      try {
        iptables::apply(owner(2), wanted, is_dead);
        FAIL("accepted");
      } catch (const Error& error) {
        CHECK(error.code() == Code::try_again);
      }
      CHECK(asked < 50);
      CHECK(iptables::missing(owner(1), intents(1)).empty());
    }
  }
}

TEST_CASE("iptables: nobody waits at the lock until it is known whether a competitor lives") {
  SKIP_WITHOUT_LEGACY();  // nf_tables takes no lock to begin with
  World world;
  iptables::apply(owner(1), intents(1), {});
  Intents wanted = intents(2);
  for (PortForward& forward : wanted.port_forwards->families) forward.ports.front().host_port = 8001;
  std::string locked;  // when it was asked
  bool dead = false;
  const IsDead is_dead = [&](const std::string&) {
    const int fd = open("/run/xtables.lock", O_RDONLY | O_CLOEXEC);
    locked += flock(fd, LOCK_EX | LOCK_NB) == 0 ? "no " : "yes ";
    close(fd);
    return dead;
  };
  CHECK_THROWS_AS(iptables::apply(owner(2), wanted, is_dead), Error);
  CHECK(locked == "no ");
  dead = true;
  locked.clear();
  iptables::apply(owner(2), wanted, is_dead);
  CHECK(locked.starts_with("no yes "));  // he may have come back meanwhile
  CHECK(iptables::missing(owner(2), wanted).empty());
}

TEST_CASE("iptables: killed between get and commit") {
  WORLD_OF_EITHER_IPTABLES(world);
  iptables::apply(owner(1), intents(1), {});
  const std::string before = rules(world);
  Intents wanted = intents(2);
  for (PortForward& forward : wanted.port_forwards->families) forward.ports.front().host_port = 8001;
  int asked = 0;
  const IsDead die = [&](const std::string&) { return asked++ == 0 || raise(SIGKILL) != 0; };
  CHECK(outcome(spawn([&] { iptables::apply(owner(2), wanted, die); })) == -SIGKILL);
  CHECK(rules(world) == before);
  iptables::apply(owner(2), intents(2), {});  // the lock is free
}

TEST_CASE("iptables: a lock that is not let go") {
  SKIP_WITHOUT_LEGACY();
  World world;
  iptables::apply(owner(1), intents(1), {});
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t holder = spawn([&] {
    const int fd = open("/run/xtables.lock", O_RDONLY | O_CLOEXEC);
    if (flock(fd, LOCK_EX) != 0 || write(ready[1], "x", 1) != 1) _exit(1);
    raise(SIGSTOP);
  });
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  const auto start = std::chrono::steady_clock::now();
  const auto waited = [&] { return std::chrono::steady_clock::now() - start; };

  iptables::remove(owner(2), kKinds, {});  // nothing to do, nothing to wait for
  iptables::collect("netB", kKinds, {});
  CHECK(iptables::missing(owner(1), intents(1)).empty());
  CHECK(waited() < std::chrono::seconds{2});
  try {
    iptables::apply(owner(2), intents(2), {});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Code::try_again);
    CHECK(error.summary().find(std::to_string(holder)) != std::string::npos);
  }
  CHECK(waited() > std::chrono::seconds{4});
  CHECK(waited() < std::chrono::seconds{8});
  kill(holder, SIGKILL);
  CHECK(outcome(holder) == -SIGKILL);
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("iptables: the lock file is iptables' own choice") {
  SKIP_WITHOUT_LEGACY();
  World world;
  iptables::apply(owner(1), intents(1), {});
  struct ::stat status {};
  REQUIRE(stat("/run/xtables.lock", &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);

  std::filesystem::remove("/run/xtables.lock");
  setenv("XTABLES_LOCKFILE", "/run/elsewhere.lock", 1);
  iptables::apply(owner(2), intents(2), {});
  unsetenv("XTABLES_LOCKFILE");
  CHECK_FALSE(std::filesystem::exists("/run/xtables.lock"));
  CHECK(std::filesystem::exists("/run/elsewhere.lock"));
}
