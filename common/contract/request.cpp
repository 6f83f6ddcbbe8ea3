// SPDX-License-Identifier: Apache-2.0
#include "common/contract/request.hpp"

#include "common/base/error.hpp"
#include "common/contract/detail/configuration.hpp"
#include "common/contract/detail/json_read.hpp"

namespace patchbay::contract {
namespace {

constexpr std::size_t kMostAttachments = 65536;

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> directories;
  for (bool more = true; more;) {
    const std::size_t colon = path.find(':');
    if (colon != 0 && !path.empty()) directories.emplace_back(path.substr(0, colon));
    more = colon != std::string_view::npos;
    if (more) path.remove_prefix(colon + 1);
  }
  return directories;
}

// What ADD has refused must not keep DEL from ending: a DEL reads what can be read.
Args parse_args(Command command, const std::string& text) {
  if (command == Command::add || command == Command::check) return Args::parse(text);
  if (command != Command::del) return {};
  try {
    return Args::parse(text);
  } catch (const Error&) {
    return {};
  }
}

template <typename Validate>
std::string attachment_member(const Json& attachment, std::string_view key, Validate&& validate) {
  const std::string pointer = detail::pointer_to(attachment.pointer(), key);
  std::string name = attachment.text_or(key, "");
  try {
    validate(name);
  } catch (const Error& error) {
    throw Error{Code::invalid_config, error.summary()}.at(pointer);
  }
  return name;
}

}  // namespace

std::optional<Json> Request::runtime_config(std::string_view key) const {
  const auto runtime = config.object("runtimeConfig");
  return runtime ? runtime->find(key) : std::nullopt;
}

std::optional<Json> Request::cni_args(std::string_view key) const {
  const auto all = config.object("args");
  const auto cni = all ? all->object("cni") : std::nullopt;
  return cni ? cni->find(key) : std::nullopt;
}

std::optional<Result> Request::previous_result() const {
  const auto previous = config.object("prevResult");
  if (!previous) return std::nullopt;
  return with_context("could not parse prevResult", [&] { return Result::parse(*previous, version); });
}

Result Request::required_previous_result() const {
  auto previous = previous_result();
  if (previous) return std::move(*previous);
  throw Error{Code::invalid_config, "needs the result of an earlier plugin"}
      .at("/prevResult")
      .hint("this plugin is called after another one, in the \"plugins\" list of a .conflist");
}

std::optional<Owners> Request::valid_attachments() const {
  constexpr const char* kKey = "cni.dev/valid-attachments";
  constexpr const char* kHistoricalKey = "cni.dev/attachments";
  auto list = config.find(kKey);
  if (!list && config.is_null(kKey)) return Owners{};
  if (!list) list = config.find(kHistoricalKey);
  if (!list) return config.is_null(kHistoricalKey) ? std::optional{Owners{}} : std::nullopt;
  Owners owners;
  for (const Json& attachment : list->elements(kMostAttachments)) {
    owners.push_back({.network = owner.network,
                      .container = attachment_member(attachment, "containerID", validate_container_id),
                      .ifname = attachment_member(attachment, "ifname", validate_ifname)});
  }
  return owners;
}

Request read_request(Command command, std::string input) {
  auto environment = detail::read_environment(command);
  Json config = detail::parse_config(input);
  return detail::make_request(command, std::move(environment), std::move(config), std::move(input));
}

namespace detail {

Json parse_config(const std::string& input) {
  return with_context("error unmarshall network config", [&] {  // the reference's spelling
    if (input.empty()) {
      throw Error{Code::decode_failure, "unexpected end of JSON input"}.hint(
          "the network configuration is expected on stdin");
    }
    Json config = Json::parse(input);
    static_cast<void>(config.find("name"));  // throws unless it is an object
    return config;
  });
}

Request make_request(Command command, Environment environment, Json config, std::string input) {
  std::string network = with_context("error unmarshall network config", [&] { return config.text_or("name", ""); });
  validate_network_name(network);
  const Version version = negotiate(command, config);
  const bool attachment = command == Command::add || command == Command::del || command == Command::check;
  return {.command = command,
          .owner = attachment
                       ? Owner{std::move(network), std::move(environment.container_id), std::move(environment.ifname)}
                       : Owner{.network = std::move(network), .container = {}, .ifname = {}},
          .netns = attachment ? std::move(environment.netns) : std::string{},
          .own_netns_allowed = environment.own_netns_allowed,
          .args = parse_args(command, environment.args),
          .plugin_path = split_path(environment.path),
          .version = version,
          .config = std::move(config),
          .input = std::move(input)};
}

}  // namespace detail
}  // namespace patchbay::contract
