// SPDX-License-Identifier: Apache-2.0
// operator new with a reserve, which costs nothing while nobody touches its pages. A call needs far less
// than that, and so ends well without any memory. Should it need more, it learns so by an exception while
// there still is enough to take back what it has done and to say so: undo, error objects, and even
// destructors of JSON values allocate.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <new>

namespace {

constexpr std::size_t kReserve = std::size_t{512} * 1024, kForUndo = kReserve / 4;

alignas(std::max_align_t) std::array<std::byte, kReserve> reserve;
std::atomic<std::size_t> used{0};
std::atomic<bool> has_failed{false};

void* take_from_reserve(std::size_t size, std::size_t limit) noexcept {
  constexpr std::size_t kUnit = alignof(std::max_align_t);
  if (size > limit) return nullptr;
  const std::size_t whole = (size + kUnit - 1) / kUnit * kUnit;
  std::size_t start = used.load();
  do {
    if (start + whole > limit) return nullptr;
  } while (!used.compare_exchange_weak(start, start + whole));
  return &reserve[start];
}

bool is_of_reserve(const void* memory) noexcept {
  const std::less<const void*> before;
  return !before(memory, reserve.data()) && before(memory, reserve.data() + kReserve);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  if (void* memory = take_from_reserve(size, has_failed ? kReserve : kReserve - kForUndo)) return memory;
  has_failed = true;
  throw std::bad_alloc{};
}

// The reserve is never given back: whoever lives on it is about to end.
void operator delete(void* memory) noexcept {
  if (!is_of_reserve(memory)) std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept { operator delete(memory); }
