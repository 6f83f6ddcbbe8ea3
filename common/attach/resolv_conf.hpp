// SPDX-License-Identifier: Apache-2.0
// The file that `resolvConf` names, as the dns part of a result (resolv.conf(5)).
#pragma once

#include <string>
#include <string_view>

#include "common/contract/result.hpp"

namespace patchbay::attach {

// nameserver, domain, search and options; several lines of a kind add up, except domain: the last
// counts. Lines that are comments, incomplete or of another kind are passed over.
contract::Dns parse_resolv_conf(std::string_view text);

// Throws io_failure at `pointer` when there is no such file, or it is no regular file of at most 64 KiB.
contract::Dns read_resolv_conf(const std::string& path, const std::string& pointer);

}  // namespace patchbay::attach
