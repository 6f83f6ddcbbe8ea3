// SPDX-License-Identifier: Apache-2.0
// In which boot dead leases were last reclaimed: a symbolic link that leads nowhere, to the boot ID.
// One system call reads it, and the next boot's takes its place.
#pragma once

#include <string>

#include "common/os/file.hpp"

namespace patchbay::ipam::detail {

bool is_marked(const os::Directory& index, const std::string& boot_id);
// There is a marker, and it is of another boot: nobody has been here in this one.
bool is_marked_by_another(const os::Directory& index, const std::string& boot_id);
void mark(const os::Directory& index, const std::string& boot_id);

}  // namespace patchbay::ipam::detail
