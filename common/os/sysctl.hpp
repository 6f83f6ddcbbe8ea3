// SPDX-License-Identifier: Apache-2.0
// Kernel settings under /proc/sys/net, of the network namespace that the caller is in
// (os::inside for another). Keys use '/': "net/ipv6/conf/eth0.100/accept_ra".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace patchbay::os::sysctl {

// The value without trailing newline; nullopt when this kernel or namespace has no such key.
std::optional<std::string> find(std::string_view key);

// Reads first and writes only when different. Throws sysctl_refused when the value cannot be made
// so (a read-only /proc/sys that already holds the value is fine). False when the key does not exist.
bool ensure(std::string_view key, std::string_view value);

// The same without reading first, for what is known to be different, or to take its own value without
// effect: one open(2) and one read(2) less. Reads only when the kernel refuses.
bool set(std::string_view key, std::string_view value);

}  // namespace patchbay::os::sysctl
