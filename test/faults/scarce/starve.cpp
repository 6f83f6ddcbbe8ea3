// SPDX-License-Identifier: Apache-2.0
#include "test/faults/scarce/starve.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <limits>

#include "test/faults/scarce/counters.hpp"

namespace patchbay::faults {
namespace {

class SharedCounters {
 public:
  SharedCounters() : fd_(memfd_create("allocations", 0)) {
    if (!fd_ || ftruncate(fd_.get(), sizeof(Counters)) != 0) test::fail_errno("memfd_create");
    memory_ = mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
    if (memory_ == MAP_FAILED) test::fail_errno("mmap");
  }
  SharedCounters(const SharedCounters&) = delete;
  SharedCounters& operator=(const SharedCounters&) = delete;
  ~SharedCounters() { munmap(memory_, sizeof(Counters)); }

  Counters& operator*() const { return *static_cast<Counters*>(memory_); }
  [[nodiscard]] std::string path() const {
    return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd_.get());
  }

 private:
  os::UniqueFd fd_;
  void* memory_ = nullptr;
};

}  // namespace

Observation starve(test::Program program, const Fault& fault) {
  const SharedCounters counters;
  const auto nth = static_cast<std::uint64_t>(fault.place.nth);
  (*counters).first_refused = nth == 0 ? std::numeric_limits<std::uint64_t>::max() : nth;
  (*counters).last_refused = fault.mode == Mode::allocation ? nth : std::numeric_limits<std::uint64_t>::max();
  const std::filesystem::path file{program.arguments.front()};
  program.arguments.front() = (std::filesystem::path{PATCHBAY_SCARCE} / file.filename()).string();
  program.environment.emplace_back(kCountersVariable).append("=").append(counters.path());
  const auto start = std::chrono::steady_clock::now();
  Observation observation{.ran = test::run(program)};
  observation.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  const auto calls = (*counters).calls.load();
  observation.hit = nth != 0 && calls >= nth;
  observation.points.push_back({.place = {0, "malloc", static_cast<int>(calls)}, .sight = {}});
  return observation;
}

}  // namespace patchbay::faults
