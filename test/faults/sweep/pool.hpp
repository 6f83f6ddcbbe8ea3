// SPDX-License-Identifier: Apache-2.0
// Each piece of work in a process of its own, some at a time.
#pragma once

#include <functional>
#include <string>

namespace patchbay::faults {

// `work(i)` for every i below `count`, in children; what it returns comes back to `take`, here, in any order.
// A child that dies, or does not end within a minute, yields what went wrong in `trouble`.
struct Pool {
  std::size_t jobs = 1;
  std::function<std::string(std::size_t)> work;
  std::function<void(std::size_t, const std::string& result, const std::string& trouble)> take;

  void run(std::size_t count) const;
};

}  // namespace patchbay::faults
