// SPDX-License-Identifier: Apache-2.0
// Verbs over a chain of scripts that log what they are asked. ADD enters a namespace, which needs
// privileges: it is tested with real ones in test/clients/patchbay_cli.bats.
#include "tools/patchbay/chain.hpp"

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "test/support/catch.hpp"
#include "test/unit/patchbay/temporary.hpp"
#include "tools/patchbay/failure.hpp"

using namespace patchbay;
using namespace patchbay::cli;
using Catch::Matchers::Contains;
using nlohmann::json;
using patchbay::test::Temporary;

namespace {

const Owner kOwner{"blue", "c1", "eth0"};
constexpr const char* kList =
    R"({"name": "blue", "cniVersion": "1.1.0", "plugins": [{"type": "one"}, {"type": "two"}, {"type": "three"}]})";

// Plugins one, two and three; each logs "<name> <verb>", its stdin and its environment, and answers
// with the contents of <name>.answer, if there is such a file.
struct Fixture {
  Temporary directory;
  Chain chain{
      parse_conflist(kList), {{directory.path()}, std::chrono::seconds{20}}, ResultCache{directory.path("cni")}};

  Fixture() {
    for (const char* name : {"one", "two", "three"}) {
      const std::string path = directory.write(name, R"(#!/bin/sh
directory=${0%/*} name=${0##*/}
echo "$name $CNI_COMMAND" >> "$directory/log"
cat > "$directory/$name.stdin"
env > "$directory/$name.environment"
[ -e "$directory/$name.answer" ] || exit 0
cat "$directory/$name.answer"
exit 1
)");
      REQUIRE(chmod(path.c_str(), 0755) == 0);
    }
  }
  void fail(const std::string& name, const std::string& answer) const { directory.write(name + ".answer", answer); }
  [[nodiscard]] std::string log() const { return directory.read("log"); }
  [[nodiscard]] json asked(const std::string& name) const { return json::parse(directory.read(name + ".stdin")); }
  [[nodiscard]] std::string environment(const std::string& name) const {
    return "\n" + directory.read(name + ".environment");
  }
  void cache(const Owner& owner, const std::string& netns) const {
    const Attachment attachment{.owner = owner,
                                .netns = netns,
                                .args = {{"K", "v"}},
                                .capabilities = contract::Json::wrap(json{{"mac", "02:00:00:00:00:01"}})};
    chain.cache.store({attachment, kList, contract::Json::wrap(json{{"cniVersion", "1.0.0"}})});
  }
  [[nodiscard]] Attachment attachment() const { return {kOwner, directory.path("netns"), {}, {}}; }
};

template <typename Work>
Failures failures_of(Work&& work) {
  Failures failures;
  attempt(failures, work);
  return failures;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "DEL runs in reverse, with the cached result and parameters") {
  cache(kOwner, "/run/netns/then");
  del(chain, attachment());
  CHECK(log() == "three DEL\ntwo DEL\none DEL\n");
  CHECK(asked("one")["prevResult"]["cniVersion"] == "1.1.0");
  const std::string variables = environment("one");
  for (const std::string& expected :
       {std::string{"\nCNI_CONTAINERID=c1\n"}, std::string{"\nCNI_IFNAME=eth0\n"}, std::string{"\nCNI_ARGS=K=v\n"},
        "\nCNI_NETNS=" + directory.path("netns") + "\n", "\nCNI_PATH=" + directory.path() + "\n"}) {
    CHECK_THAT(variables, Contains(expected));
  }
  CHECK_FALSE(chain.cache.find(kOwner).has_value());
}

TEST_CASE_METHOD(Fixture, "DEL reaches every plugin, whatever the others say") {
  cache(kOwner, "");
  fail("three", R"({"cniVersion": "1.1.0", "code": 11, "msg": "busy", "details": "hint: wait"})");
  fail("two", "not JSON at all");
  const Failures failures = failures_of([&] { del(chain, attachment()); });
  CHECK(log() == "three DEL\ntwo DEL\none DEL\n");
  REQUIRE(failures.size() == 2);
  CHECK(failures[0].code == 11);
  CHECK(failures[0].message == "plugin \"three\" (DEL): busy");
  CHECK(failures[0].details == "hint: wait");
  CHECK(failures[1].code == 105);
  CHECK_THAT(failures[1].message, Contains("not JSON at all"));
  CHECK(chain.cache.find(kOwner).has_value());
}

TEST_CASE_METHOD(Fixture, "DEL does without a cache, also without one that can be read") {
  del(chain, attachment());
  CHECK_FALSE(asked("one").contains("prevResult"));
  directory.write("cni/results/blue-c1-eth0", "torn");
  del(chain, attachment());
  CHECK_FALSE(asked("one").contains("prevResult"));
  CHECK_FALSE(directory.has("cni/results/blue-c1-eth0"));
}

TEST_CASE_METHOD(Fixture, "DEL of a chain with a missing plugin still reaches the others") {
  std::filesystem::remove(directory.path("two"));
  const Failures failures = failures_of([&] { del(chain, attachment()); });
  REQUIRE(failures.size() == 1);
  CHECK_THAT(failures[0].message, Contains("failed to find plugin \"two\""));
  CHECK(log() == "three DEL\none DEL\n");
}

TEST_CASE_METHOD(Fixture, "before 0.4.0 DEL gets no result") {
  chain.network.version = {0, 3, 1};
  cache(kOwner, "");
  del(chain, attachment());
  CHECK_FALSE(asked("one").contains("prevResult"));
}

TEST_CASE_METHOD(Fixture, "CHECK runs in order up to the first complaint") {
  cache(kOwner, "");
  check(chain, attachment());
  CHECK(log() == "one CHECK\ntwo CHECK\nthree CHECK\n");
  CHECK(asked("three")["prevResult"]["cniVersion"] == "1.1.0");

  fail("two", R"({"code": 106, "msg": "the MTU is not 1500"})");
  const Failures failures = failures_of([&] { check(chain, attachment()); });
  CHECK(log() == "one CHECK\ntwo CHECK\nthree CHECK\none CHECK\ntwo CHECK\n");
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].code == 106);
}

TEST_CASE_METHOD(Fixture, "CHECK needs a version that has it, and an ADD before it") {
  CHECK(failures_of([&] { check(chain, attachment()); }).at(0).code == 3);
  chain.network.version = {0, 3, 1};
  CHECK(failures_of([&] { check(chain, attachment()); }).at(0).code == 1);
  chain.network.version = {0, 4, 0};
  chain.network.disable_check = true;
  CHECK(failures_of([&] { check(chain, attachment()); }).empty());
  CHECK(log().empty());
}

TEST_CASE_METHOD(Fixture, "GC deletes the dead and names the living") {
  const Owner alive{"blue", "alive", "eth0"};
  const Owner unknown{"blue", "unknown", "eth0"};
  const Owner other{"green", "c9", "eth0"};
  cache(kOwner, directory.path("gone"));
  cache(alive, "/proc/self/ns/net");
  cache(unknown, "");
  cache(other, directory.path("gone"));
  gc(chain, Valid::living);
  CHECK(log() == "three DEL\ntwo DEL\none DEL\none GC\ntwo GC\nthree GC\n");
  const json living =
      json::array({{{"containerID", "alive"}, {"ifname", "eth0"}}, {{"containerID", "unknown"}, {"ifname", "eth0"}}});
  CHECK(asked("two")["cni.dev/valid-attachments"] == living);
  CHECK_THAT(environment("two"), Contains("\nCNI_CONTAINERID=\n") && Contains("\nCNI_NETNS=\n"));
  CHECK_FALSE(chain.cache.find(kOwner).has_value());
  CHECK(chain.cache.find(alive).has_value());
  CHECK(chain.cache.find(other).has_value());
}

TEST_CASE_METHOD(Fixture, "GC of all spares nobody") {
  cache(kOwner, "");
  directory.write("cni/results/blue-old-eth0", R"({"cniVersion": "0.4.0"})");
  gc(chain, Valid::none);
  CHECK(asked("two")["cni.dev/valid-attachments"] == json::array());
  CHECK_FALSE(chain.cache.find(kOwner).has_value());
}

TEST_CASE_METHOD(Fixture, "GC goes on after a failure and reports all of them") {
  cache(kOwner, directory.path("gone"));
  fail("two", R"({"code": 5, "msg": "disk"})");
  const Failures failures = failures_of([&] { gc(chain, Valid::living); });
  REQUIRE(failures.size() == 2);
  CHECK_THAT(failures[0].message, Contains("blue/c1/eth0") && Contains("(DEL)"));
  CHECK_THAT(failures[1].message, Contains("(GC)"));
  CHECK(log() == "three DEL\ntwo DEL\none DEL\none GC\ntwo GC\nthree GC\n");
}

TEST_CASE_METHOD(Fixture, "GC knows its version and disableGC") {
  cache(kOwner, directory.path("gone"));
  chain.network.disable_gc = true;
  gc(chain, Valid::living);
  CHECK(log().empty());
  chain.network.disable_gc = false;
  chain.network.version = {1, 0, 0};
  gc(chain, Valid::living);
  CHECK(log() == "three DEL\ntwo DEL\none DEL\n");
}

TEST_CASE_METHOD(Fixture, "STATUS runs in order up to the first complaint") {
  fail("two", R"({"code": 50, "msg": "no backend"})");
  CHECK(failures_of([&] { status(chain); }).at(0).code == 50);
  CHECK(log() == "one STATUS\ntwo STATUS\n");
  chain.network.version = {1, 0, 0};
  CHECK(failures_of([&] { status(chain); }).empty());
  CHECK(log() == "one STATUS\ntwo STATUS\n");
}

TEST_CASE_METHOD(Fixture, "a plugin that hangs, crashes or says nothing is told apart") {
  const auto complaint = [&](const std::string& script) {
    directory.write("one", "#!/bin/sh\n" + script + "\n");
    return failures_of([&] { status(chain); }).at(0);
  };
  CHECK_THAT(complaint("kill -KILL $$").message, Contains("SIGKILL"));
  CHECK_THAT(complaint("exit 3").message, Contains("exit code 3"));
  CHECK_THAT(complaint("echo oh no >&2; exit 1").details, Contains("oh no"));
  CHECK(complaint(R"(echo '{"code": "x", "msg": "m"}'; exit 1)").message == "plugin \"one\" (STATUS): m");
  chain.runner.patience = std::chrono::milliseconds{200};
  CHECK_THAT(complaint("exec sleep 30").message, Contains("no answer within"));
}
