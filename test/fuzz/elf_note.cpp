// SPDX-License-Identifier: Apache-2.0
// A file in CNI_PATH, read to find out who built it.
#include <sys/mman.h>
#include <unistd.h>

#include "common/contract/delegate.hpp"
#include "test/fuzz/fuzz.hpp"

using namespace patchbay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const contract::Executable file{os::UniqueFd{memfd_create("plugin", MFD_CLOEXEC)}, "/opt/cni/bin/host-local"};
  fuzz::require(file.fd && write(file.fd.get(), data, size) == static_cast<ssize_t>(size), "there is a file");
  static_cast<void>(is_our_build(file));
  return 0;
}
