// SPDX-License-Identifier: Apache-2.0
// Which version of the specification a request is served in. Rules and texts are the reference's:
// ADD and DEL want one of our versions to the letter; CHECK, GC and STATUS first want one that has
// them, and read the version as numbers for that.
#include <algorithm>

#include "common/base/error.hpp"
#include "common/contract/detail/configuration.hpp"
#include "common/contract/detail/result_read.hpp"
#include "common/contract/detail/text.hpp"
#include "common/contract/detail/verbatim_error.hpp"

namespace patchbay::contract {
namespace {

constexpr std::string_view kWhenAbsent = "0.1.0";
constexpr Version kNewest{1, 1, 0};

std::string version_text(const Json& config) {
  auto text = with_context("decoding version from network config", [&] { return config.text_or("cniVersion", ""); });
  return text.empty() ? std::string{kWhenAbsent} : text;
}

Version parse_as_numbers(const std::string& text) {
  if (const auto version = Version::parse(text)) return *version;
  if (std::count(text.begin(), text.end(), '.') > 2) {
    throw Error{Code::decode_failure, "invalid version " + detail::message_quote(text) + ": too many parts"}.at(
        "/cniVersion");
  }
  std::string_view rest = text;
  for (const std::string_view part : {"major", "minor", "micro"}) {
    const std::size_t dot = rest.find('.');
    const std::string quoted = detail::message_quote(rest.substr(0, dot));
    if (!Version::parse(rest.substr(0, dot))) {
      std::string message = "failed to convert ";
      message.append(part).append(" version part ").append(quoted);
      message.append(": strconv.Atoi: parsing ").append(quoted).append(": invalid syntax");
      throw Error{Code::decode_failure, std::move(message)}.at("/cniVersion");
    }
    rest.remove_prefix(dot + 1);  // one of the parts is bad, so the last is not passed
  }
  throw Error{Code::internal, "a version that is neither good nor bad: " + text};
}

void require_at_least(const Version& floor, Command command, const std::string& text) {
  const Version version = parse_as_numbers(text);
  const std::string tail = " version does not allow " + std::string{to_string(command)};
  if (version < floor) {
    throw Error{Code::incompatible_version, "config" + tail}
        .at("/cniVersion")
        .expected("at least " + floor.to_string());
  }
  if (version > kNewest) throw Error{Code::incompatible_version, "plugin" + tail}.at("/cniVersion");
}

}  // namespace

namespace detail {

std::optional<Version> spoken_version(const Json& config) {
  const auto text = version_text(config);
  return is_supported(text) ? Version::parse(text) : std::nullopt;
}

Version negotiate(Command command, const Json& config) {
  const std::string text = version_text(config);
  if (command == Command::check) require_at_least(kFirstWithCheck, command, text);
  if (command == Command::gc || command == Command::status) require_at_least(kFirstWithGc, command, text);
  if (const auto version = spoken_version(config)) return *version;
  const std::vector<std::string> supported{kSupportedVersions.begin(), kSupportedVersions.end()};
  throw VerbatimError{Code::incompatible_version, "incompatible CNI versions",
                      "config is " + message_quote(text) + ", plugin supports " + message_quote(supported)};
}

}  // namespace detail
}  // namespace patchbay::contract
