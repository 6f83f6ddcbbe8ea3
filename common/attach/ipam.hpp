// SPDX-License-Identifier: Apache-2.0
// Asking for addresses: from our own host-local and static in process, at once; from any other IPAM plugin by
// running it, while the link is being made.
#pragma once

#include <optional>
#include <string>

#include "common/contract/delegate.hpp"
#include "common/contract/request.hpp"
#include "common/contract/result.hpp"
#include "common/os/netns.hpp"

namespace patchbay::attach {

// The type named by /ipam/type; nullopt when there is no IPAM (a pure layer 2 network).
std::optional<std::string> ipam_type(const contract::Request& request);

inline constexpr const char* kHostLocal = "host-local";  // the type of our own that keeps leases

class AddressRequest {
 public:
  // Finds out who is to be asked; nothing is asked yet. `netns`: which namespace the addresses are for.
  AddressRequest(const contract::Request& request, std::string type, const os::NetnsId& netns);
  // Our own answers within finish(), and leaves nothing behind when it fails.
  [[nodiscard]] bool is_answered_in_process() const { return !executable_ && !delegation_; }
  // Starts a foreign plugin's ADD.
  void start();
  // The addresses; throws when the IPAM fails or returns none (and then has released them).
  contract::Result finish();
  // When another step fails: gives back what there may be by now, nothing after a failed finish().
  void release();

 private:
  const contract::Request* request_;
  std::string type_;
  os::NetnsId netns_;
  std::optional<contract::Executable> executable_;  // of a foreign plugin that has not been started
  std::optional<contract::Delegation> delegation_;
  bool owes_ = false;  // there may be addresses to give back
};

// DEL, CHECK, GC, STATUS of the IPAM. For `release`, a missing IPAM executable is a warning on stderr, not
// an error - unless it is one of ours, which then answers in process.
void release_addresses(const contract::Request& request, const std::string& type);
void check_addresses(const contract::Request& request, const std::string& type);
void collect_addresses(const contract::Request& request, const std::string& type);
void check_ipam_status(const contract::Request& request, const std::string& type);  // 50 when it is not available

}  // namespace patchbay::attach
