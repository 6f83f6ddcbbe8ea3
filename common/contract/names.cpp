// SPDX-License-Identifier: Apache-2.0
// Names that come from outside end up in paths, rules and interface names: CNI spec 1.1.0,
// section 2 "Parameters", the reference's rules, and bounds of ours where it has none.
#include <algorithm>
#include <array>

#include "common/base/error.hpp"
#include "common/contract/detail/text.hpp"
#include "common/contract/detail/verbatim_error.hpp"
#include "common/contract/request.hpp"

namespace patchbay::contract {
namespace {

using detail::VerbatimError;

constexpr std::size_t kLongestContainerId = 253;
constexpr std::size_t kLongestNetworkName = 255;  // a path component
constexpr std::size_t kLongestIfname = 15;        // IFNAMSIZ with its NUL, <linux/if.h>
constexpr std::size_t kLongestType = 255;

// White space beyond ASCII as Go's unicode.IsSpace has it, in UTF-8.
constexpr std::array<std::string_view, 19> kUnicodeSpaces{
    "\u0085", "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
    "\u2007", "\u2008", "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"};

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// [a-zA-Z0-9][a-zA-Z0-9_.-]*
bool is_plain_name(std::string_view name) {
  return !name.empty() && is_alphanumeric(name.front()) && std::all_of(name.begin(), name.end(), [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
  });
}

bool has_space(std::string_view name) {
  return name.find_first_of(" \t\n\v\f\r") != std::string_view::npos ||
         std::any_of(kUnicodeSpaces.begin(), kUnicodeSpaces.end(),
                     [&](std::string_view space) { return name.find(space) != std::string_view::npos; });
}

bool has_control(std::string_view name) {
  return std::any_of(name.begin(), name.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

Error bad_ifname(std::string message) { return Error{Code::invalid_environment, std::move(message)}; }

}  // namespace

void validate_container_id(std::string_view id) {
  if (id.empty()) throw Error{Code::unknown_container, "missing containerID"};
  if (!is_plain_name(id)) {
    throw VerbatimError{Code::invalid_environment, "invalid characters in containerID", std::string{id.substr(0, 512)}};
  }
  if (id.size() > kLongestContainerId) {
    throw Error{Code::invalid_environment, "containerID is too long"}.expected(
        "at most " + std::to_string(kLongestContainerId) + " bytes");
  }
}

void validate_ifname(std::string_view name) {
  if (name.empty()) throw bad_ifname("interface name is empty");
  if (name.size() > kLongestIfname) {
    throw VerbatimError{Code::invalid_environment, "interface name is too long",
                        "interface name should be less than 16 characters"};
  }
  if (name == "." || name == "..") throw bad_ifname("interface name is . or ..");
  if (name.find_first_of("/:") != std::string_view::npos || has_space(name)) {
    throw bad_ifname("interface name contains / or : or whitespace characters");
  }
  // The kernel would make a pattern of '%' ("eth%d"), and these two are directories of
  // /proc/sys/net/ipv*/conf that speak for every interface.
  if (name.find('%') != std::string_view::npos || has_control(name)) {
    throw bad_ifname("interface name contains % or control characters");
  }
  if (name == "all" || name == "default") throw bad_ifname("interface name is all or default");
}

void validate_network_name(std::string_view name) {
  if (name.empty()) throw Error{Code::invalid_config, "missing network name"}.at("/name");
  if (!is_plain_name(name)) {
    throw VerbatimError{Code::invalid_config, "invalid characters found in network name",
                        std::string{name.substr(0, 512)}};
  }
  if (name.size() > kLongestNetworkName) {
    throw Error{Code::invalid_config, "network name is too long"}.at("/name").expected(
        "at most " + std::to_string(kLongestNetworkName) + " bytes");
  }
}

// A type becomes a path: CVE-2021-20206 was a '/' in it.
void validate_plugin_type(std::string_view type, const std::string& pointer) {
  if (type.empty()) throw Error{Code::invalid_config, "no plugin name provided"}.at(pointer);
  if (type == "." || type == ".." || type.find('/') != std::string_view::npos || has_control(type) ||
      type.find('\0') != std::string_view::npos || type.size() > kLongestType) {
    throw Error{Code::invalid_config, "invalid plugin name: " + detail::message_quote(type)}.at(pointer).expected(
        "the file name of a plugin in CNI_PATH");
  }
}

}  // namespace patchbay::contract
