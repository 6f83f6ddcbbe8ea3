// SPDX-License-Identifier: Apache-2.0
// Races that somebody tries to win: what a name leads to changes all the time while plugins work. Whatever they meet,
// they succeed or refuse with one error, and in the end nothing is left and nobody else's file was touched.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "test/hostile/files.hpp"
#include "test/hostile/judge.hpp"
#include "test/hostile/trial.hpp"
#include "test/support/catch.hpp"
#include "test/support/process.hpp"
#include "test/support/world.hpp"

using namespace patchbay;
using namespace patchbay::test;
using namespace patchbay::test::hostile;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::string kRoot = "/run/race";

// Does it over and over, beside the test, until it goes.
class Meanwhile {
 public:
  explicit Meanwhile(std::function<void()> work)
      : thread_([this, work = std::move(work)] {
          for (; !over_; ++rounds_) work();
        }) {}
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;
  ~Meanwhile() {
    over_ = true;
    thread_.join();
    CHECK(rounds_ > 10);  // otherwise there was no race
  }

 private:
  std::atomic<bool> over_ = false;
  std::atomic<int> rounds_ = 0;
  std::thread thread_;
};

void exchange(const std::string& one, const std::string& other) {
  if (renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) != 0) fail_errno("exchange " + one);
}

void write(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path{path}.parent_path());
  std::ofstream{path} << text;
}

void write_script(const std::string& path, const std::string& body) {
  write(path, "#!/bin/sh\n" + body + "\n");
  fs::permissions(path, fs::perms{0755});
}

struct Attack {
  std::string plugin;
  json config;
  std::string netns;
  std::string path = PATCHBAY_BIN;

  [[nodiscard]] Trial trial(const std::string& command, const std::string& container) const {
    return {.arguments = {std::string{PATCHBAY_BIN} + "/" + plugin},
            .environment = {"CNI_COMMAND=" + command, "CNI_CONTAINERID=" + container, "CNI_NETNS=" + netns,
                            "CNI_IFNAME=eth0", "CNI_PATH=" + path, std::string{"PATH="} + std::getenv("PATH")},
            .input = {config.dump()},
            .prelude = {},
            .denied = {},
            .denied_with = 0};
  }
  [[nodiscard]] Outcome call(const std::string& command, const std::string& container) const {
    return run(trial(command, container));
  }
};

Expectation either(std::vector<int> codes) {
  return {.kind = Expectation::Kind::either, .codes = std::move(codes), .pointer = std::nullopt, .says = ""};
}

constexpr Limits kUnhurried{.at_most = std::chrono::seconds{5}};  // others keep the processors busy

// So many attachments come and go while the race is on; afterwards each of them can be deleted.
struct Tally {
  int added = 0, refused = 0;
};
Tally come_and_go(const Attack& attack, int rounds, const std::vector<int>& codes) {
  Tally tally;
  for (int round = 0; round < rounds; ++round) {
    const std::string container = "c" + std::to_string(round);
    const Outcome added = attack.call("ADD", container);
    INFO(added.ran.out << added.ran.err);
    CHECK(complaints(added, either(codes), kUnhurried) == "");
    ++(was_accepted(added) ? tally.added : tally.refused);
    const Outcome deleted = attack.call("DEL", container);
    INFO(deleted.ran.out << deleted.ran.err);
    CHECK(complaints(deleted, either(codes), kUnhurried) == "");
  }
  return tally;
}

void delete_all(const Attack& attack, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const Outcome deleted = attack.call("DEL", "c" + std::to_string(round));
    INFO(deleted.ran.out << deleted.ran.err);
    CHECK(complaints(deleted, {}, kUnhurried) == "");
  }
}

json host_local_config() {
  json config = bridge_config();
  config["ipam"]["dataDir"] = kRoot + "/leases";
  return config;
}

}  // namespace

TEST_CASE("state that is swapped for a link between check and use") {
  World world;
  const std::string leases = kRoot + "/leases/net", victim = kRoot + "/victim";
  write(victim + "/10.10.0.2", "precious");
  write(victim + "/lock", "precious");
  write(victim + "/file", "10.10.0.7");
  fs::create_directories(leases);
  write(leases + "/last_reserved_ip.0", "10.10.0.9");
  write(leases + "/lock", "");
  struct Swap {
    std::string name, link, target;
  };
  const Swap swap = GENERATE_COPY(Swap{leases, kRoot + "/leases/other", victim},
                                  Swap{leases + "/last_reserved_ip.0", leases + "/other", victim + "/file"},
                                  Swap{leases + "/lock", leases + "/other", victim + "/file"});
  fs::create_symlink(swap.target, swap.link);
  const Listing before = list_files(victim);
  const Attack attack{.plugin = "host-local", .config = host_local_config(), .netns = world.netns("box")};
  constexpr int kRounds = 60;
  {
    const Meanwhile swapping{[&] { exchange(swap.name, swap.link); }};
    come_and_go(attack, kRounds, {5});
  }
  if (fs::is_symlink(swap.name)) exchange(swap.name, swap.link);
  fs::remove(swap.link);
  CHECK(difference(before, list_files(victim)) == "");
  delete_all(attack, kRounds);
  for (const auto& entry : fs::directory_iterator{leases}) {
    const auto name = entry.path().filename().string();
    INFO(name);
    CHECK((name == "lock" || name == "last_reserved_ip.0"));
  }
}

TEST_CASE("a namespace that is replaced under way") {
  World world;
  const std::string one = world.netns("one"), other = world.netns("other"), path = kRoot + "/ns";
  write(path, "");
  const Attack attack{.plugin = "bridge", .config = bridge_config(), .netns = path};
  Attack healthy = attack;
  healthy.netns = one;
  REQUIRE(was_accepted(healthy.call("ADD", "first")));  // makes the bridge
  REQUIRE(was_accepted(healthy.call("DEL", "first")));
  const auto before = world.snapshot();
  constexpr int kRounds = 25;
  {
    const Meanwhile replacing{[&] {
      for (const auto& netns : {one, other}) {
        if (mount(netns.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) fail_errno("mount");
        std::this_thread::sleep_for(std::chrono::microseconds{300});
        if (umount2(path.c_str(), MNT_DETACH) != 0) fail_errno("umount");
      }
    }};
    come_and_go(attack, kRounds, {8});
  }
  delete_all(attack, kRounds);
  CHECK(difference(before, world.snapshot()) == "");
}

TEST_CASE("an entry of CNI_PATH that is replaced under way") {
  World world;
  const std::string bin = kRoot + "/bin", liar = bin + "/liar", other = bin + "/other";
  const std::string answer = "echo '{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.10.0.9/24\"}]}'";
  write_script(liar, answer);
  const int kind = GENERATE(0, 1, 2, 3);
  if (kind == 0) write_script(other, "echo garbage");
  if (kind == 1) write(other, "no program");
  if (kind == 2) fs::create_symlink("/dev/null", other);
  if (kind == 3) fs::create_directory(other);
  json config = bridge_config();
  config["ipam"] = {{"type", "liar"}};
  const Attack attack{.plugin = "bridge", .config = config, .netns = world.netns("box"), .path = bin};
  REQUIRE(was_accepted(attack.call("ADD", "first")));  // makes the bridge
  REQUIRE(was_accepted(attack.call("DEL", "first")));
  const auto before = world.snapshot();
  constexpr int kRounds = 15;
  {
    const Meanwhile replacing{[&] {
      exchange(liar, other);
      std::this_thread::sleep_for(std::chrono::microseconds{200});
    }};
    come_and_go(attack, kRounds, {50, 105});
  }
  fs::remove(liar);
  write_script(liar, answer);
  delete_all(attack, kRounds);
  CHECK(difference(before, world.snapshot()) == "");
}

TEST_CASE("an ADD that is stopped anywhere keeps others no longer than a lock may, and goes on") {
  World world;
  Attack stopped{.plugin = "bridge", .config = host_local_config(), .netns = world.netns("one")};
  Attack other = stopped;
  other.netns = world.netns("other");
  REQUIRE(was_accepted(other.call("ADD", "first")));
  REQUIRE(was_accepted(other.call("DEL", "first")));
  const auto before = world.snapshot();
  for (int round = 0; round < 12; ++round) {
    INFO("stopped after " << round * 250 << " us");
    const Trial trial = stopped.trial("ADD", "stopped");
    const os::UniqueFd in{memfd_create("stdin", MFD_CLOEXEC)}, out{memfd_create("stdout", MFD_CLOEXEC)};
    REQUIRE(::pwrite(in.get(), trial.input.before.data(), trial.input.before.size(), 0) > 0);
    const int pid = start({.arguments = trial.arguments, .environment = trial.environment, .input = {}}, in.get(),
                          out.get(), out.get());
    std::this_thread::sleep_for(std::chrono::microseconds{round * 250});
    kill(pid, SIGSTOP);
    const Outcome added = other.call("ADD", "other");
    CHECK(complaints(added, either({11}), {.at_most = std::chrono::seconds{7}}) == "");
    kill(pid, SIGCONT);
    CHECK(reap(pid, std::chrono::seconds{10}) == 0);
    CHECK(complaints(other.call("DEL", "other"), {}, kUnhurried) == "");
    CHECK(complaints(stopped.call("DEL", "stopped"), {}, kUnhurried) == "");
  }
  CHECK(difference(before, world.snapshot()) == "");
}
