// SPDX-License-Identifier: Apache-2.0
// Where a container lives: a network namespace, with a process in it that answers on port 80 with the
// place's name. It is kept from one container to the next.
#pragma once

#include <string>

#include "common/os/unique_fd.hpp"

namespace patchbay::stress {

class Place {
 public:
  // `protocol`: "tcp" or "udp".
  Place(std::string name, std::string protocol);
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& protocol() const { return protocol_; }
  [[nodiscard]] std::string path() const { return "/run/netns/" + name_; }

  // The path goes, the namespace and its process stay: to a plugin a container that is being removed.
  void hide();
  // Both go. Kernels are known that do not survive this while dozens of plugins run.
  void remove();
  // Tells its process to end: for many of them at once, before they are removed one by one.
  void dismiss() const;
  // As it was in the beginning.
  void show();

 private:
  void make();
  std::string name_, protocol_;
  int process_ = -1;
  os::UniqueFd netns_;
  bool shown_ = false;
};

}  // namespace patchbay::stress
