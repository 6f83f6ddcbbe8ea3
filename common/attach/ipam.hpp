// SPDX-License-Identifier: Apache-2.0
// Asking for addresses: from our own host-local in process, from any other IPAM plugin by running
// it - while the link is being made.
#pragma once

#include <optional>
#include <string>

#include "common/contract/delegate.hpp"
#include "common/contract/request.hpp"
#include "common/contract/result.hpp"

namespace patchbay::attach {

// The type named by /ipam/type; nullopt when there is no IPAM (a pure layer 2 network).
std::optional<std::string> ipam_type(const contract::Request& request);

class AddressRequest {
 public:
  // Starts a foreign plugin's ADD; for our own, remembers only that it is to be asked.
  static AddressRequest start(const contract::Request& request, const std::string& type);
  // The addresses; throws when the IPAM fails or returns none (and then has released them).
  contract::Result finish();

 private:
  AddressRequest(const contract::Request& request, std::string type);
  const contract::Request* request_;
  std::string type_;
  std::optional<contract::Delegation> delegation_;  // nullopt: in process
};

// DEL, CHECK, GC, STATUS of the IPAM. For `release`, a missing IPAM executable is a warning on stderr, not
// an error - unless it is our own format, which is then released in process.
void release_addresses(const contract::Request& request, const std::string& type);
void check_addresses(const contract::Request& request, const std::string& type);
void collect_addresses(const contract::Request& request, const std::string& type);
void check_ipam_status(const contract::Request& request, const std::string& type);  // 50 when it is not available

}  // namespace patchbay::attach
