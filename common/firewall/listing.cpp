// SPDX-License-Identifier: Apache-2.0
#include "common/firewall/listing.hpp"

#include "common/base/error_list.hpp"
#include "common/firewall/iptables/listing.hpp"
#include "common/firewall/nftables/listing.hpp"

namespace patchbay::firewall {

std::vector<Object> list() {
  std::vector<Object> all = nftables::list();
  for (Object& object : iptables::list()) all.push_back(std::move(object));
  return all;
}

std::vector<std::string> chains_of(const Owner& owner) { return iptables::chains_of(owner); }

bool is_of(const Object& rule, const Owner& owner) { return iptables::is_of(rule, owner); }

void remove(const std::vector<Object>& objects) {
  ErrorList errors;
  errors.attempt("nftables", [&] { nftables::remove(objects); });
  errors.attempt("iptables", [&] { iptables::remove(objects); });
  errors.throw_if_any();
}

}  // namespace patchbay::firewall
