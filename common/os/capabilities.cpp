// SPDX-License-Identifier: Apache-2.0
#include "common/os/capabilities.hpp"

#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <optional>

namespace patchbay::os {
namespace {

static_assert(static_cast<int>(Capability::dac_override) == CAP_DAC_OVERRIDE);
static_assert(static_cast<int>(Capability::dac_read_search) == CAP_DAC_READ_SEARCH);
static_assert(static_cast<int>(Capability::net_admin) == CAP_NET_ADMIN);
static_assert(static_cast<int>(Capability::net_raw) == CAP_NET_RAW);
static_assert(static_cast<int>(Capability::sys_ptrace) == CAP_SYS_PTRACE);
static_assert(static_cast<int>(Capability::sys_admin) == CAP_SYS_ADMIN);

struct Sets {
  std::uint64_t effective = 0, permitted = 0, inheritable = 0;
};

// By number: glibc has no functions for these, and libcap is not worth it.
using Words = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

// The 32 capabilities from number `first` on.
__user_cap_data_struct word(const Sets& sets, unsigned first) {
  const auto part = [first](std::uint64_t all) { return static_cast<std::uint32_t>(all >> first); };
  return {.effective = part(sets.effective), .permitted = part(sets.permitted), .inheritable = part(sets.inheritable)};
}

bool set(const Sets& sets) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  Words words{word(sets, 0), word(sets, 32)};
  return syscall(SYS_capset, &header, words.data()) == 0;
}

std::optional<Sets> get() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  Words words{};
  if (syscall(SYS_capget, &header, words.data()) != 0) return std::nullopt;
  Sets sets;
  for (unsigned i = 0; i < words.size(); ++i) {
    sets.effective |= std::uint64_t{words[i].effective} << (32 * i);
    sets.permitted |= std::uint64_t{words[i].permitted} << (32 * i);
    sets.inheritable |= std::uint64_t{words[i].inheritable} << (32 * i);
  }
  return sets;
}

}  // namespace

bool keep_only(const Capabilities& needed) {
  const std::uint64_t keep = needed.bits();
  // Whatever root gives up, what it executes has again. (As we were started: no system call to find out.)
  if (getauxval(AT_EUID) == 0 && set({.effective = keep, .permitted = keep, .inheritable = 0})) return true;
  // We may lack some of them. And what is ambient, which it cannot be without being inheritable, must
  // stay permitted in order to reach a delegate.
  const auto now = get();
  return now && set({.effective = now->effective & keep,
                     .permitted = now->permitted & (keep | now->inheritable),
                     .inheritable = now->inheritable});
}

}  // namespace patchbay::os
