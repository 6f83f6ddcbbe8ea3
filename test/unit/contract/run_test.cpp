// SPDX-License-Identifier: Apache-2.0
// What run() prints, for runtimes and for people.
#include "common/contract/run.hpp"

#include "test/unit/contract/run_support.hpp"

using namespace patchbay::contract;
using namespace patchbay::test;
using patchbay::Code;
using patchbay::Error;

TEST_CASE("Without CNI_COMMAND the banner is printed, as clients expect it") {
  const Ran ran = run_plugin({});
  CHECK(ran.exit_code == 0);
  CHECK(ran.out.empty());
  CHECK(ran.err == "CNI veth plugin v" PATCHBAY_VERSION
                   "\nCNI protocol versions supported: 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0\n");
  CHECK(run_plugin({{"COMMAND", ""}}).err == ran.err);
}

TEST_CASE("veth calls itself ptp when it is called so") {
  for (const char* path : {"ptp", "/opt/cni/bin/ptp", "./ptp"}) {
    CHECK(run_plugin({}, plugin(), {.arguments = {path}}).err.starts_with("CNI ptp plugin v"));
  }
  CHECK(run_plugin({}, plugin(), {.arguments = {"/ptp/x"}}).err.starts_with("CNI veth plugin v"));
  CHECK(run_plugin({}, plugin(), {.arguments = {}}).err.starts_with("CNI veth plugin v"));
}

TEST_CASE("People get help and a version") {
  const Ran help = run_plugin({}, plugin(), {.arguments = {"veth", "--help"}});
  CHECK(help.exit_code == 0);
  for (const char* part : {"veth " PATCHBAY_VERSION " - a test\n", "CNI_CONTAINERID", "Build ID: ", "1.1.0"}) {
    CHECK(contains(help.out, part));
  }
  CHECK(run_plugin({}, plugin(), {.arguments = {"veth", "--version"}}).out == "veth " PATCHBAY_VERSION "\n");
}

TEST_CASE("VERSION is answered without asking for anything") {
  const Ran ran = run_plugin({{"COMMAND", "VERSION"}}, plugin(), {.input = "not JSON"});
  CHECK(ran.exit_code == 0);
  CHECK(ran.out ==
        "{\"cniVersion\":\"1.1.0\",\"supportedVersions\":[\"0.1.0\",\"0.2.0\",\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\","
        "\"1.1.0\"]}\n");
}

TEST_CASE("ADD prints its result, without a line feed; the other verbs print nothing") {
  const Ran ran = run_plugin(with_command("ADD"));
  CHECK(ran.exit_code == 0);
  CHECK(ran.out ==
        "{\n    \"cniVersion\": \"1.1.0\",\n    \"interfaces\": [\n        {\n            \"name\": \"eth0\"\n"
        "        }\n    ]\n}");
  CHECK(ran.calls == "add ");
  for (const auto& [command, calls] :
       {std::pair{"DEL", "d:DEL "}, {"CHECK", "c:CHECK "}, {"GC", "g:GC "}, {"STATUS", "s:STATUS "}}) {
    const Ran other = run_plugin(with_command(command));
    CHECK(other.exit_code == 0);
    CHECK(other.out.empty());
    CHECK(other.calls == calls);
  }
}

TEST_CASE("An error is an object with cniVersion, code, msg and details, in this order") {
  Plugin tested = plugin();
  tested.del = [](const Request&) {
    throw Error{Code::invalid_config, "mtu is <0>"}.at("/mtu").expected("more").context("delete");
  };
  const Ran ran = run_plugin(with_command("DEL"), tested, {.input = R"({"name":"n","cniVersion":"0.4.0"})"});
  CHECK(ran.exit_code == 1);
  CHECK(ran.out ==
        "{\n    \"cniVersion\": \"0.4.0\",\n    \"code\": 7,\n    \"msg\": \"delete: mtu is \\u003c0\\u003e\",\n"
        "    \"details\": \"at /mtu; expected more\"\n}");
  CHECK(ran.err.empty());
}

TEST_CASE("An error names our newest version until the request's is known") {
  struct Case {
    std::string command, input, version;
    int code;
  };
  const auto test = GENERATE(values<Case>({{"ADD", "", "1.1.0", 6},
                                           {"ADD", R"({"name":"n","cniVersion":"9.9.9"})", "1.1.0", 1},
                                           {"ADD", R"({"cniVersion":"0.3.1"})", "0.3.1", 7},
                                           {"ADD", R"({"name":""})", "0.1.0", 7},
                                           {"CHECK", R"({"name":"n","cniVersion":"0.3.1"})", "0.3.1", 1},
                                           {"FROB", R"({"name":"n","cniVersion":"0.3.1"})", "1.1.0", 4}}));
  const Ran ran = run_plugin(with_command(test.command), plugin(), {.input = test.input});
  CHECK(ran.exit_code == 1);
  CHECK(ran.out.starts_with("{\n    \"cniVersion\": \"" + test.version +
                            "\",\n    \"code\": " + std::to_string(test.code) + ","));
  CHECK(ran.calls.empty());
}

TEST_CASE("Clients tell a plugin without VERSION by these words") {
  CHECK(contains(run_plugin(with_command("FROB")).out, "\"msg\": \"unknown CNI_COMMAND: FROB\""));
}

TEST_CASE("What is no Error is a defect of ours, told all the same") {
  Plugin tested = plugin();
  tested.del = [](const Request&) { throw std::runtime_error{"surprise"}; };
  tested.check = [](const Request&) { throw std::bad_alloc{}; };
  CHECK(contains(run_plugin(with_command("DEL"), tested).out, "\"code\": 199,\n    \"msg\": \"surprise\""));
  CHECK(contains(run_plugin(with_command("CHECK"), tested).out, "\"msg\": \"out of memory\""));
}
