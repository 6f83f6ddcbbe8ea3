// SPDX-License-Identifier: Apache-2.0
#include "common/attach/ipam.hpp"

#include <unistd.h>

#include "common/attach/host_local.hpp"
#include "common/base/error.hpp"

namespace patchbay::attach {
namespace {

constexpr std::string_view kOurs = "host-local";

// We can answer in its place.
bool is_ours(const contract::Request& request, const std::string& type) {
  return type == kOurs && contract::finds_our_build(request, type);
}

// The executable that would answer, or nullopt when it is our own build.
std::optional<contract::Executable> foreign_plugin(const contract::Request& request, const std::string& type) {
  if (is_ours(request, type)) return std::nullopt;
  return contract::require_plugin(request, type);
}

void warn(const std::string& text) {
  const std::string line = text + "\n";
  // A warning that cannot be written has no other place to go.
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
}

void delegate(const contract::Request& request, contract::Executable plugin, contract::Command command) {
  contract::Delegation::start(request, std::move(plugin), command).finish();
}

}  // namespace

std::optional<std::string> ipam_type(const contract::Request& request) {
  const auto ipam = request.config.object("ipam");
  if (!ipam) return std::nullopt;
  auto type = ipam->text("type");
  if (!type || type->empty()) return std::nullopt;
  contract::validate_plugin_type(*type, "/ipam/type");
  return type;
}

AddressRequest::AddressRequest(const contract::Request& request, std::string type, const os::NetnsId& netns)
    : request_(&request), type_(std::move(type)), netns_(netns), executable_(foreign_plugin(request, type_)) {}

void AddressRequest::start() {
  if (!executable_) return;
  delegation_.emplace(contract::Delegation::start(*request_, *std::move(executable_), contract::Command::add));
  executable_.reset();
}

contract::Result AddressRequest::finish() {
  start();
  if (!delegation_) return host_local::add(*request_, netns_);
  try {
    contract::Result result = delegation_->finish_with_result();
    if (!result.ips.empty()) return result;
    throw Error{Code::delegate_failed, "IPAM plugin " + type_ + " returned no address"}
        .at("/ipam/type")
        .hint("see what the plugin is configured to hand out");
  } catch (Error&) {
    // Spec 1.1.0, "Delegated Plugins": a failed ADD is followed by a DEL before we return.
    try {
      release_addresses(*request_, type_);
    } catch (const Error& error) {
      warn("release addresses after a failed ADD: " + error.summary());
    }
    throw;
  }
}

void release_addresses(const contract::Request& request, const std::string& type) {
  if (is_ours(request, type)) return host_local::del(request);
  auto plugin = contract::find_plugin(request, type);
  if (!plugin && type == kOurs) return host_local::del(request);
  if (!plugin) return warn("IPAM plugin " + type + " is not in CNI_PATH: what it handed out is not released");
  delegate(request, std::move(*plugin), contract::Command::del);
}

void check_addresses(const contract::Request& request, const std::string& type) {
  auto plugin = foreign_plugin(request, type);
  if (!plugin) return host_local::check(request);
  delegate(request, std::move(*plugin), contract::Command::check);
}

void collect_addresses(const contract::Request& request, const std::string& type) {
  if (is_ours(request, type)) return host_local::gc(request);
  auto plugin = contract::find_plugin(request, type);
  if (!plugin && type == kOurs) return host_local::gc(request);
  if (!plugin) return warn("IPAM plugin " + type + " is not in CNI_PATH: its stale addresses are not collected");
  delegate(request, std::move(*plugin), contract::Command::gc);
}

void check_ipam_status(const contract::Request& request, const std::string& type) {
  auto plugin = foreign_plugin(request, type);
  if (!plugin) return host_local::status(request);
  delegate(request, std::move(*plugin), contract::Command::status);
}

}  // namespace patchbay::attach
