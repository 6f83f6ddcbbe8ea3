// SPDX-License-Identifier: Apache-2.0
// Namespaces by their identity alone, for what a lease notes of its tenant. Nothing is opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/os/netns.hpp"

namespace patchbay::ipam {

// Of the PID namespace that we are in: its inode; 0 when it cannot be told.
std::uint64_t own_pid_namespace();

// Which namespace `path` is; nullopt when it is none. Its kind is not asked for: nobody attaches a
// container to what is no network namespace, so no lease that is in use depends on the answer.
std::optional<os::NetnsId> namespace_at(const std::string& path);

}  // namespace patchbay::ipam
