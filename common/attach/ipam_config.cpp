// SPDX-License-Identifier: Apache-2.0
#include "common/attach/ipam_config.hpp"

#include "common/base/error.hpp"

namespace patchbay::attach {
namespace {

constexpr contract::Version kFirstWithManyAddresses{0, 3, 0};

}  // namespace

contract::Json required_ipam(const contract::Request& request) {
  if (auto ipam = request.config.object("ipam")) return *ipam;
  throw Error{Code::invalid_config, "IPAM config missing 'ipam' key"}.at("/ipam");
}

void refuse_too_many(const contract::Request& request, std::ptrdiff_t v4, std::ptrdiff_t v6,
                     const std::string& pointer) {
  if (request.version >= kFirstWithManyAddresses || (v4 <= 1 && v6 <= 1)) return;
  throw Error{Code::invalid_config,
              "CNI version " + request.version.to_string() + " does not support more than 1 address per family"}
      .at(pointer);
}

}  // namespace patchbay::attach
