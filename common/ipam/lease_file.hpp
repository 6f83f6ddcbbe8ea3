// SPDX-License-Identifier: Apache-2.0
// What a lease file says: "<container>\r\n<ifname>", as the reference's host-local writes it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace patchbay::ipam {

struct LeaseFile {
  enum class Kind {
    torn,    // nothing was written before a crash: nobody's
    named,   // of an interface of a container
    legacy,  // of a container, written before interfaces were told apart
    other,   // not a container's: an address that an administrator has set aside; never ours to free
  } kind = Kind::torn;
  std::string container, ifname;

  // Surrounding white space does not count, as in the reference.
  static LeaseFile parse(std::string_view content);
  static std::string print(const std::string& container, const std::string& ifname);
  [[nodiscard]] bool names(std::string_view whose, std::string_view interface) const {
    return kind == Kind::named && container == whose && ifname == interface;
  }
};

inline constexpr std::size_t kLeaseFileLimit = 4096;

// Read-only, for a lease never changes. The reference suite never uses this mode, so it also tells
// whose lease it is that stands where the index says that ours should.
inline constexpr unsigned kLeaseMode = 0400;

}  // namespace patchbay::ipam
