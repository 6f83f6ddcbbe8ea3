// SPDX-License-Identifier: Apache-2.0
// Which backend does what.
#include "common/firewall/firewall.hpp"

#include <linux/capability.h>
#include <sys/syscall.h>

#include "test/netns/nftables.hpp"

using namespace patchbay;
using namespace patchbay::test;
using firewall::Backend;

namespace {

// What `work` says in a process without any capability.
std::string unprivileged(const std::function<std::string()>& work) {
  int answer[2];
  REQUIRE(pipe(answer) == 0);
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2]{};
    if (syscall(SYS_capset, &header, none) != 0) _exit(1);
    std::string text;
    try {
      text = work();
    } catch (const Error& error) {
      text = "thrown: " + error.summary();
    }
    _exit(write(answer[1], text.data(), text.size()) < 0 ? 1 : 0);
  }
  close(answer[1]);
  char text[1024];
  const auto size = read(answer[0], text, sizeof text);
  close(answer[0]);
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  return size < 0 ? "" : std::string{text, static_cast<std::size_t>(size)};
}

}  // namespace

TEST_CASE("backends have names") {
  for (const Backend backend : {Backend::nftables, Backend::iptables}) {
    CHECK(firewall::parse_backend(firewall::to_string(backend)) == backend);
  }
  CHECK_FALSE(firewall::parse_backend("firewalld"));
  CHECK_FALSE(firewall::parse_backend(""));
}

TEST_CASE("the configured backend wins, then what the host runs on") {
  World world;
  CHECK(firewall::choose({}) == Backend::nftables);
  CHECK(firewall::choose(Backend::iptables) == Backend::iptables);
  CHECK_FALSE(firewall::unavailable(Backend::nftables));
  if (const auto reason = lacks_legacy_iptables()) PATCHBAY_SKIP(*reason);
  world.sh("iptables-legacy -t nat -S");
  CHECK(firewall::choose({}) == Backend::iptables);
  CHECK(firewall::choose(Backend::nftables) == Backend::nftables);
}

TEST_CASE("who may not is told so, and a DEL that could not look is a failure") {
  World world;
  const std::string reason =
      unprivileged([] { return firewall::unavailable(Backend::nftables).value_or("available"); });
  CHECK(reason.starts_with("nftables: "));
  CHECK(reason.find("EPERM") != std::string::npos);
  CHECK(unprivileged([] {
          nftables::apply(owner(1), intents(1), nobody_is_dead);
          return std::string{"done"};
        }).find("EPERM") != std::string::npos);
  CHECK(unprivileged([] {
          nftables::remove(owner(1), kKinds, {});
          return std::string{"done"};
        }).find("EPERM") != std::string::npos);
}

TEST_CASE("with iptables too the spoof check is nftables', and DEL and GC clean both") {
  World world;
  if (const auto reason = lacks_legacy_iptables()) PATCHBAY_SKIP(*reason);
  const Intents all = intents(1);
  firewall::apply(Backend::iptables, owner(1), all, nobody_is_dead);
  CHECK(ruleset(world).find("table inet") == std::string::npos);
  CHECK(ruleset(world).find("02:00:00:00:00:01") != std::string::npos);
  CHECK(firewall::missing(Backend::iptables, owner(1), all).empty());
  CHECK(firewall::missing(Backend::nftables, owner(1), all).empty());  // it is all there, in the other one
  CHECK_FALSE(firewall::missing(Backend::nftables, owner(2), intents(2)).empty());
  firewall::apply(Backend::nftables, owner(2), intents(2), nobody_is_dead);
  CHECK(firewall::missing(Backend::iptables, owner(2), intents(2)).empty());
  firewall::remove(owner(1), kKinds, hints(all));
  firewall::collect("net", kKinds, {});
  CHECK(count(ruleset(world), "\"net/") == 0);
  CHECK(world.sh("iptables-legacy -t nat -S; ip6tables-legacy -t nat -S").find("net") == std::string::npos);
}

TEST_CASE("when iptables refuses, the spoof check goes too") {
  World world;
  if (const auto reason = lacks_legacy_iptables()) PATCHBAY_SKIP(*reason);
  firewall::apply(Backend::iptables, owner(1), intents(1), nobody_is_dead);
  Intents late = intents(2);
  late.port_forwards->families[0].ports[0].host_port = 8001;
  error_of([&] { firewall::apply(Backend::iptables, owner(2), late, nobody_is_dead); }, Code::host_port_taken);
  CHECK(ruleset(world).find("veth2") == std::string::npos);
  CHECK(ruleset(world).find("veth1") != std::string::npos);
}
