// SPDX-License-Identifier: Apache-2.0
// A child process that may outlive us: for what takes long and nobody has to wait for.
#pragma once

#include <functional>

#include "common/os/unique_fd.hpp"

namespace patchbay::os {

class Background {
 public:
  // Forks. The child holds no descriptor of ours - neither the pipes that a runtime reads to their end,
  // nor a lock, nor a namespace -, runs `work` and is gone; an exception is the end of it as well.
  // Throws io_failure when there can be no child.
  static Background start(const std::function<void()>& work);

  // Readable when it has ended (pidfd_open(2)).
  [[nodiscard]] int ended() const { return process_.get(); }

 private:
  explicit Background(UniqueFd process) : process_(std::move(process)) {}
  UniqueFd process_;
};

}  // namespace patchbay::os
