// SPDX-License-Identifier: Apache-2.0
#include "common/attach/ipam.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "common/attach/host_local.hpp"
#include "common/attach/ipam_answer.hpp"
#include "common/attach/static_addresses.hpp"
#include "common/attach/warning.hpp"
#include "common/base/error.hpp"

namespace patchbay::attach {
namespace {

// For a DEL that takes a failed ADD back: who did not answer ADD shall not have as long again.
constexpr std::chrono::milliseconds kUndoPatience{5000};

// An IPAM plugin of ours, as verbs.
struct Own {
  std::string_view type;
  contract::Result (*add)(const contract::Request& request, const os::NetnsId& netns);
  void (*del)(const contract::Request& request);
  void (*check)(const contract::Request& request);
  void (*gc)(const contract::Request& request);
  void (*status)(const contract::Request& request);
};

constexpr std::array<Own, 2> kOwn{{
    {kHostLocal, host_local::add, host_local::del, host_local::check, host_local::gc, host_local::status},
    {"static", [](const contract::Request& request, const os::NetnsId&) { return static_addresses::add(request); },
     static_addresses::del, static_addresses::check, static_addresses::gc, static_addresses::status},
}};

const Own* own_of(const std::string& type) {
  const auto* const found = std::find_if(kOwn.begin(), kOwn.end(), [&](const Own& own) { return own.type == type; });
  return found == kOwn.end() ? nullptr : found;
}

// Ours, when it is also what would be run: we can answer in its place.
const Own* answering(const contract::Request& request, const std::string& type) {
  const Own* const own = own_of(type);
  return own != nullptr && contract::finds_our_build(request, type) ? own : nullptr;
}

// The executable that would answer, or nullopt when it is our own build.
std::optional<contract::Executable> foreign_plugin(const contract::Request& request, const std::string& type) {
  if (answering(request, type) != nullptr) return std::nullopt;
  return contract::require_plugin(request, type);
}

void delegate(const contract::Request& request, contract::Executable plugin, contract::Command command,
              std::chrono::milliseconds patience = contract::kDelegatePatience) {
  contract::Delegation::start(request, std::move(plugin), command, patience).finish();
}

// By the executable. What we can do in process, a missing one does not keep us from.
void release_by_plugin(const contract::Request& request, const std::string& type, std::chrono::milliseconds patience) {
  if (auto plugin = contract::find_plugin(request, type)) {
    return delegate(request, std::move(*plugin), contract::Command::del, patience);
  }
  if (const Own* own = own_of(type)) return own->del(request);
  warn("IPAM plugin " + type + " is not in CNI_PATH: what it handed out is not released");
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
  owes_ = true;
}

contract::Result AddressRequest::finish() {
  start();
  if (!delegation_) {
    contract::Result result = own_of(type_)->add(*request_, netns_);
    owes_ = true;
    return result;
  }
  try {
    contract::Result result = delegation_->finish_with_result();
    with_context("IPAM plugin " + type_, [&] { check_answer(result); });
    return result;
  } catch (Error&) {
    // Spec 1.1.0, "Delegated Plugins": a failed ADD is followed by a DEL before we return.
    try {
      release();
    } catch (const Error& error) {
      warn("release addresses after a failed ADD: " + error.summary());
    }
    throw;
  }
}

void AddressRequest::release() {
  if (!std::exchange(owes_, false)) return;
  if (!delegation_) return own_of(type_)->del(*request_);
  delegation_.reset();  // it may not be done yet: nobody hands out addresses while they are given back
  release_by_plugin(*request_, type_, kUndoPatience);
}

void release_addresses(const contract::Request& request, const std::string& type) {
  if (const Own* own = answering(request, type)) return own->del(request);
  release_by_plugin(request, type, contract::kDelegatePatience);
}

void check_addresses(const contract::Request& request, const std::string& type) {
  auto plugin = foreign_plugin(request, type);
  if (!plugin) return own_of(type)->check(request);
  delegate(request, std::move(*plugin), contract::Command::check);
}

void collect_addresses(const contract::Request& request, const std::string& type) {
  if (const Own* own = answering(request, type)) return own->gc(request);
  if (auto plugin = contract::find_plugin(request, type)) {
    return delegate(request, std::move(*plugin), contract::Command::gc);
  }
  if (const Own* own = own_of(type)) return own->gc(request);
  warn("IPAM plugin " + type + " is not in CNI_PATH: its stale addresses are not collected");
}

void check_ipam_status(const contract::Request& request, const std::string& type) {
  auto plugin = foreign_plugin(request, type);
  if (!plugin) return own_of(type)->status(request);
  delegate(request, std::move(*plugin), contract::Command::status);
}

}  // namespace patchbay::attach
