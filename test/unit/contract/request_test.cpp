// SPDX-License-Identifier: Apache-2.0
#include "common/contract/request.hpp"

#include "test/unit/contract/support.hpp"

using namespace patchbay::contract;
using patchbay::Code;
using patchbay::Owner;
using patchbay::Owners;
using patchbay::test::error_of;
using patchbay::test::request;
using patchbay::test::Variables;

namespace {

const std::string kConfig = R"({"cniVersion":"1.1.0","name":"net","type":"bridge"})";

}  // namespace

TEST_CASE("A complete request is taken as it is") {
  const Variables variables{{{"CONTAINERID", "c1"},
                             {"NETNS", "/run/netns/c1"},
                             {"IFNAME", "eth0"},
                             {"ARGS", "IgnoreUnknown=1;MAC=02:00:00:00:00:01"},
                             {"PATH", "/a::/b:/c:"},
                             {"NETNS_OVERRIDE", "tRuE"}}};
  const Request request = read_request(Command::add, kConfig);
  CHECK(request.command == Command::add);
  CHECK(request.owner == Owner{"net", "c1", "eth0"});
  CHECK(request.netns == "/run/netns/c1");
  CHECK(request.own_netns_allowed);
  CHECK(request.args.find("MAC") == "02:00:00:00:00:01");
  CHECK(request.plugin_path == std::vector<std::string>{"/a", "/b", "/c"});
  CHECK(request.version == Version{1, 1, 0});
  CHECK(request.config.text("type") == "bridge");
  CHECK(request.input == kConfig);
}

TEST_CASE("Verbs have their names") {
  for (const auto command :
       {Command::add, Command::del, Command::check, Command::gc, Command::status, Command::version}) {
    CHECK_FALSE(to_string(command).empty());
  }
  CHECK(to_string(Command::status) == "STATUS");
}

TEST_CASE("All missing variables are told at once") {
  struct Case {
    Command command;
    std::string missing;
  };
  const auto test = GENERATE(values<Case>({{Command::add, "CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH"},
                                           {Command::check, "CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH"},
                                           {Command::del, "CNI_CONTAINERID,CNI_IFNAME,CNI_PATH"},
                                           {Command::gc, "CNI_PATH"},
                                           {Command::status, "CNI_PATH"}}));
  const Variables none{{}};
  const auto error = error_of([&] { read_request(test.command, kConfig); });
  CHECK(error.code() == Code::invalid_environment);
  CHECK(error.summary() == "required env variables [" + test.missing + "] missing");
}

TEST_CASE("An invalid name is told before what is missing") {
  const Variables variables{{{"CONTAINERID", "a/b"}}};
  CHECK(error_of([] { read_request(Command::add, kConfig); }).summary() == "invalid characters in containerID");
}

TEST_CASE("The environment comes before the configuration, and the name before the version") {
  {
    const Variables variables{Variables::complete_but("IFNAME", "a b")};
    CHECK(error_of([] { read_request(Command::add, "x"); }).code() == Code::invalid_environment);
  }
  CHECK(error_of([] { request(R"({"cniVersion":"9.9.9"})"); }).summary() == "missing network name");
}

TEST_CASE("GC and STATUS are about a network, not about an attachment") {
  const Variables variables{{{"PATH", "/p"}, {"CONTAINERID", "a/b"}, {"ARGS", "nonsense"}, {"NETNS", "/n"}}};
  for (const auto command : {Command::gc, Command::status}) {
    const Request request = read_request(command, kConfig);
    CHECK(request.owner == Owner{"net", "", ""});
    CHECK(request.netns.empty());
  }
}

TEST_CASE("DEL needs no namespace and is not stopped by arguments that ADD has refused") {
  const Variables variables{{{"PATH", "/p"}, {"CONTAINERID", "c1"}, {"IFNAME", "eth0"}, {"ARGS", "nonsense"}}};
  CHECK(read_request(Command::del, kConfig).netns.empty());
  CHECK(error_of([] { request(""); }).code() == Code::decode_failure);
  const Variables add{Variables::complete_but("ARGS", "nonsense")};
  CHECK(error_of([] { read_request(Command::add, kConfig); }).summary() == "ARGS: invalid pair \"nonsense\"");
}

TEST_CASE("Only TRUE and 1 allow our own namespace") {
  for (const char* no : {"", "0", "yes", "truee", "tru"}) {
    const Variables variables{Variables::complete_but("NETNS_OVERRIDE", no)};
    CHECK_FALSE(read_request(Command::add, kConfig).own_netns_allowed);
  }
  const Variables variables{Variables::complete_but("NETNS_OVERRIDE", "1")};
  CHECK(read_request(Command::add, kConfig).own_netns_allowed);
}

TEST_CASE("What is no configuration is refused in the reference's words") {
  struct Case {
    std::string input;
    Code code;
    std::string says;
  };
  const auto test = GENERATE(values<Case>({
      {"", Code::decode_failure, "error unmarshall network config: unexpected end of JSON input"},
      {"{", Code::decode_failure, "error unmarshall network config: parse error at line 1, column 2"},
      {"[]", Code::decode_failure, "error unmarshall network config: the document is an array"},
      {R"({"name":5})", Code::decode_failure, "error unmarshall network config: name is the number 5"},
      {R"({"cniVersion":"1.1.0"})", Code::invalid_config, "missing network name"},
      {R"({"name":""})", Code::invalid_config, "missing network name"},
      {R"({"name":"a/b"})", Code::invalid_config, "invalid characters found in network name"},
      {R"({"name":"a","cniVersion":1})", Code::decode_failure,
       "decoding version from network config: cniVersion is the number 1"},
  }));
  CAPTURE(test.input);
  const auto error = error_of([&] { request(test.input); });
  CHECK(error.code() == test.code);
  CHECK(error.summary().starts_with(test.says));
}

TEST_CASE("runtimeConfig and args are found where the conventions put them") {
  const Request with =
      request(R"({"name":"n","runtimeConfig":{"mac":"02:00:00:00:00:01","ips":null},"args":{"cni":{"ips":[]}}})");
  CHECK(with.runtime_config("mac")->as_text() == "02:00:00:00:00:01");
  CHECK_FALSE(with.runtime_config("ips"));
  CHECK(with.cni_args("ips")->is_array());
  const Request without = request(R"({"name":"n"})");
  CHECK_FALSE(without.runtime_config("mac"));
  CHECK_FALSE(without.cni_args("ips"));
  CHECK(error_of([] { static_cast<void>(request(R"({"name":"n","args":5})").cni_args("x")); }).pointer() == "/args");
}

TEST_CASE("prevResult is read in the configuration's version") {
  const Request request = patchbay::test::request(
      R"({"name":"n","cniVersion":"0.4.0","prevResult":{"ips":[{"version":"4","address":"10.0.0.2/24"}]}})");
  REQUIRE(request.previous_result());
  CHECK(request.required_previous_result().ips.at(0).address.to_string() == "10.0.0.2/24");
  const Request none = patchbay::test::request(R"({"name":"n","prevResult":null})");
  CHECK_FALSE(none.previous_result());
  const auto missing = error_of([&] { static_cast<void>(none.required_previous_result()); });
  CHECK(missing.code() == Code::invalid_config);
  CHECK(missing.pointer() == "/prevResult");
  const Request bad =
      patchbay::test::request(R"({"name":"n","cniVersion":"1.1.0","prevResult":{"cniVersion":"0.4.0"}})");
  const auto mismatch = error_of([&] { static_cast<void>(bad.previous_result()); });
  CHECK(mismatch.summary().starts_with("could not parse prevResult: result type supports"));
  CHECK(mismatch.pointer() == "/prevResult/cniVersion");
}

TEST_CASE("The valid attachments are owners of this network") {
  const auto owners = [](const std::string& list) {
    return request(R"({"name":"n","cniVersion":"1.1.0",)" + list + "}", Command::gc).valid_attachments();
  };
  CHECK_FALSE(owners(R"("x":1)"));
  CHECK(owners(R"("cni.dev/valid-attachments":null,"cni.dev/attachments":null)") == Owners{});
  CHECK(owners(R"("cni.dev/attachments":null)") == Owners{});
  CHECK(owners(R"("cni.dev/valid-attachments":[])") == Owners{});
  const Owners one{{"n", "c1", "eth0"}};
  const std::string c1 = R"([{"containerID":"c1","ifname":"eth0","more":1}])";
  CHECK(owners("\"cni.dev/valid-attachments\":" + c1) == one);
  CHECK(owners("\"cni.dev/attachments\":" + c1) == one);
  CHECK(owners("\"cni.dev/attachments\":[],\"cni.dev/valid-attachments\":" + c1) == one);
}

TEST_CASE("A list of valid attachments that cannot be trusted is refused") {
  struct Case {
    std::string list, pointer;
  };
  const auto test = GENERATE(
      values<Case>({{"{}", ""},
                    {"[5]", "/0"},
                    {R"([{"containerID":"c1"}])", "/0/ifname"},
                    {R"([{"ifname":"eth0"}])", "/0/containerID"},
                    {R"([{"containerID":"c1","ifname":"eth0"},{"containerID":"a/b","ifname":"x"}])", "/1/containerID"},
                    {R"([{"containerID":"c1","ifname":"a b"}])", "/0/ifname"},
                    {R"([{"containerID":7,"ifname":"x"}])", "/0/containerID"}}));
  CAPTURE(test.list);
  const Request gc =
      request(R"({"name":"n","cniVersion":"1.1.0","cni.dev/valid-attachments":)" + test.list + "}", Command::gc);
  const auto error = error_of([&] { static_cast<void>(gc.valid_attachments()); });
  CHECK((error.code() == Code::invalid_config || error.code() == Code::decode_failure));
  CHECK(error.pointer() == "/cni.dev~1valid-attachments" + test.pointer);
}
