// SPDX-License-Identifier: Apache-2.0
// Linked into the plugins under test with --wrap: every allocation is counted, and some are refused.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "test/faults/scarce/counters.hpp"

extern "C" {
int __real_main(int argc, char** argv);                    // NOLINT
int __wrap_main(int argc, char** argv);                    // NOLINT
void* __real_malloc(std::size_t size);                     // NOLINT: the linker's names
void* __real_calloc(std::size_t count, std::size_t size);  // NOLINT
void* __real_realloc(void* old, std::size_t size);         // NOLINT
void* __wrap_malloc(std::size_t size);                     // NOLINT
void* __wrap_calloc(std::size_t count, std::size_t size);  // NOLINT
void* __wrap_realloc(void* old, std::size_t size);         // NOLINT
}

namespace {

using patchbay::faults::Counters;

Counters* map_counters() {
  const char* path = std::getenv(patchbay::faults::kCountersVariable);
  const int fd = path == nullptr ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return nullptr;
  void* memory = mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  return memory == MAP_FAILED ? nullptr : static_cast<Counters*>(memory);
}

Counters* counters = nullptr;

bool is_refused() {
  if (counters == nullptr) return false;
  const auto call = ++counters->calls;
  const bool refused = call >= counters->first_refused && call <= counters->last_refused;
  if (refused) errno = ENOMEM;
  return refused;
}

}  // namespace

// What is allocated before is the libraries' start.
int __wrap_main(int argc, char** argv) {
  counters = map_counters();
  return __real_main(argc, argv);
}

void* __wrap_malloc(std::size_t size) { return is_refused() ? nullptr : __real_malloc(size); }

void* __wrap_calloc(std::size_t count, std::size_t size) { return is_refused() ? nullptr : __real_calloc(count, size); }

void* __wrap_realloc(void* old, std::size_t size) { return is_refused() ? nullptr : __real_realloc(old, size); }
