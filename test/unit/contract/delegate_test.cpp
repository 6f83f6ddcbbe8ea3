// SPDX-License-Identifier: Apache-2.0
// Small shell scripts as IPAM plugins.
#include "common/contract/delegate.hpp"

#include <sys/stat.h>

#include "common/contract/detail/verbatim_error.hpp"
#include "test/unit/base/stderr_capture.hpp"
#include "test/unit/contract/support.hpp"

using namespace patchbay::contract;
using patchbay::Code;
using patchbay::Error;
using patchbay::test::contains;
using patchbay::test::error_of;
using patchbay::test::Scratch;
using patchbay::test::StderrCapture;
using patchbay::test::Variables;

namespace {

// A CNI_PATH with one plugin, "ipam", and a request to delegate.
class Delegate {
 public:
  explicit Delegate(const std::string& script, const std::string& version = "1.1.0")
      : variables_(Variables::complete_but("PATH", "/nonexistent:" + scratch_.path())),
        request_(
            read_request(Command::add, R"({"name":"net", "cniVersion":")" + version + R"(","ipam":{"type":"ipam"}})")) {
    chmod(scratch_.file("ipam", "#!/bin/sh\n" + script).c_str(), 0755);
  }
  Result add() { return start(Command::add).finish_with_result(); }
  void del() { start(Command::del).finish(); }
  [[nodiscard]] const Request& request() const { return request_; }
  [[nodiscard]] const Scratch& scratch() const { return scratch_; }

 private:
  Scratch scratch_;
  Variables variables_;
  Request request_;

  Delegation start(Command command) { return Delegation::start(request_, require_plugin(request_, "ipam"), command); }
};

}  // namespace

TEST_CASE("A delegate gets our stdin to the letter, and our environment with its own verb") {
  Delegate delegate{R"(cat > "${0%/*}/stdin"; env > "${0%/*}/env"; echo '{}')"};
  setenv("CNI_COMMAND", "CHECK", 1);
  CHECK(delegate.add() == Result{});
  const auto content = [&](const char* name) {
    std::ifstream file{delegate.scratch() / name};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  };
  CHECK(content("stdin") == delegate.request().input);
  const std::string environment = content("env");
  CHECK(contains(environment, "CNI_COMMAND=ADD\n"));
  CHECK_FALSE(contains(environment, "CNI_COMMAND=CHECK"));
  CHECK(contains(environment, "CNI_CONTAINERID=c1\n"));
  CHECK(contains(environment, "CNI_IFNAME=eth0\n"));
  delegate.del();
  CHECK(contains(content("env"), "CNI_COMMAND=DEL\n"));
}

TEST_CASE("A delegate's result is read in the version that it says, or in the configuration's") {
  CHECK(Delegate{R"(echo '{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.2/24"}]}')"}.add().ips.size() == 1);
  CHECK(Delegate{R"(echo '{"ips":[{"address":"10.0.0.2/24","interface":0}]}')"}.add().ips.size() == 1);
  CHECK(Delegate{R"(echo '{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/24"}}')"}.add().ips.size() == 1);
  CHECK(Delegate{R"(echo '{"cniVersion":"","ip4":{"ip":"10.0.0.2/24"}}')", "0.2.0"}.add().ips.size() == 1);
  CHECK(Delegate{"echo null"}.add() == Result{});
}

TEST_CASE("What is no result is the delegate's failure") {
  for (const char* script : {"true", "echo nonsense", "echo '[]'", "echo '{\"ips\":5}'", "echo '{}{}'",
                             "printf '\\377'", "echo '{\"cniVersion\":\"7.0.0\"}'",
                             "echo '{\"ips\":[{\"address\":\"10.0.0.2\"}]}'", "echo '{\"cniVersion\":5}'"}) {
    CAPTURE(script);
    const auto error = error_of([&] { Delegate{script}.add(); });
    CHECK(error.code() == Code::delegate_failed);
    CHECK(error.summary().starts_with("ipam plugin ipam: failed to unmarshal raw result: "));
  }
  CHECK(contains(error_of([] { Delegate{"echo '{\"cniVersion\":\"7.0.0\"}'"}.add(); }).summary(),
                 "unsupported CNI result version \"7.0.0\""));
}

TEST_CASE("A delegate's stdout does not matter for the other verbs") {
  for (const char* script : {"true", "echo nonsense", "echo '{}'"}) CHECK_NOTHROW(Delegate{script}.del());
}

TEST_CASE("A delegate's error keeps its code, message and details") {
  Delegate delegate{R"(echo '{"cniVersion":"1.1.0","code":11,"msg":"come back","details":"in a minute"}'; exit 1)"};
  for (const bool add : {true, false}) {
    try {
      add ? static_cast<void>(delegate.add()) : delegate.del();
      FAIL("nothing was thrown");
    } catch (const detail::VerbatimError& error) {
      CHECK(error.code() == Code::try_again);
      CHECK(error.summary() == "ipam plugin ipam: come back");
      CHECK(error.verbatim() == "in a minute");
    }
  }
  CHECK(static_cast<int>(error_of([] { Delegate{R"(echo '{"code":999,"msg":"x"}'; exit 2)"}.add(); }).code()) == 999);
  // Kept as a plain Error, as in a list of them, it still has its details.
  CHECK(contains(error_of([&] { delegate.del(); }).details(), "in a minute"));
}

TEST_CASE("A delegate that fails without a proper error is described") {
  struct Case {
    std::string script, says;
  };
  const auto test = GENERATE(values<Case>({
      {"exit 3", "netplugin failed with no error message: exit status 3"},
      {"kill -9 $$", "netplugin failed with no error message: signal: Killed"},
      {"echo oops >&2; exit 1", R"(netplugin failed: "oops\n": exit status 1)"},
      {"echo nonsense; exit 1", R"(netplugin failed but error parsing its diagnostic message "nonsense\n": )"},
      {"echo '{}'; exit 1", R"(netplugin failed but error parsing its diagnostic message "{}\n": code is missing)"},
      {"echo '{\"code\":\"7\",\"msg\":\"x\"}'; exit 1", "netplugin failed but error parsing"},
      {"echo '{\"code\":0,\"msg\":\"x\"}'; exit 1", "netplugin failed but error parsing"},
      {"echo '{\"code\":7}'; exit 1", "netplugin failed but error parsing"},
      {"yes", "printed more than 1048576 bytes"},
  }));
  CAPTURE(test.script);
  StderrCapture quiet;
  const auto error = error_of([&] { Delegate{test.script}.add(); });
  CHECK(error.code() == Code::delegate_failed);
  CHECK(error.summary().starts_with("ipam plugin ipam: " + test.says));
}

TEST_CASE("A delegate is not waited for without limit") {
  Delegate delegate{"exec sleep 30"};
  auto sleeping = Delegation::start(delegate.request(), require_plugin(delegate.request(), "ipam"), Command::add,
                                    std::chrono::milliseconds{50});
  const auto error = error_of([&] { sleeping.finish(); });
  CHECK(error.code() == Code::delegate_failed);
  CHECK(error.summary() == "ipam plugin ipam: not done after 50 ms, and killed");
}

TEST_CASE("The first regular file of CNI_PATH is the plugin, links followed") {
  const Scratch first;
  const Scratch second;
  const Scratch third;
  REQUIRE(mkdir((first / "ipam").c_str(), 0755) == 0);
  REQUIRE(mkfifo((second / "ipam").c_str(), 0644) == 0);
  REQUIRE(symlink(third.file("real", "#!/bin/sh\n").c_str(), (third / "ipam").c_str()) == 0);
  const Variables variables{Variables::complete_but("PATH", first.path() + ":" + second.path() + ":" + third.path())};
  const Request request = read_request(Command::add, R"({"name":"n"})");
  const auto found = find_plugin(request, "ipam");
  REQUIRE(found);
  CHECK(found->path == third / "ipam");
  CHECK(found->fd.get() >= 0);
  CHECK_FALSE(find_plugin(request, "other"));
}

TEST_CASE("A plugin that is not there is named with where it was looked for") {
  const Variables variables{Variables::complete_but("PATH", "/a:/b")};
  const Request request = read_request(Command::add, R"({"name":"n"})");
  const auto error = error_of([&] { require_plugin(request, "ipam"); });
  CHECK(error.code() == Code::not_available);
  CHECK(error.summary() == "failed to find plugin \"ipam\" in path [/a /b]");
  CHECK(error.pointer() == "/ipam/type");
}

TEST_CASE("A type that leads out of CNI_PATH is never looked for") {
  const Request request = Delegate{"true"}.request();
  for (const char* type : {"../ipam", "/bin/sh", "..", "."}) {
    CHECK(error_of([&] { find_plugin(request, type); }).code() == Code::invalid_config);
    CHECK(error_of([&] { require_plugin(request, type); }).code() == Code::invalid_config);
  }
}

TEST_CASE("A file that cannot be executed is the delegate's failure, with its name") {
  Delegate delegate{"true"};
  chmod((delegate.scratch() / "ipam").c_str(), 0644);
  const auto error = error_of([&] { delegate.add(); });
  CHECK(error.code() == Code::delegate_failed);
  CHECK(contains(error.summary(), delegate.scratch() / "ipam"));
}
