// SPDX-License-Identifier: Apache-2.0
// What the workers share.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "test/stress/nemeses.hpp"
#include "test/stress/place.hpp"
#include "test/stress/tally.hpp"

namespace patchbay::stress {

struct Options {
  std::chrono::seconds duration{60};
  int workers = 64;
  unsigned seed = 1;
  std::string backend = "nftables";
  std::string out;  // a file for the report; empty: none
  bool remove_namespaces = false;
};

struct Stage {
  const Options& options;
  test::World& world;
  const Runtime& runtime;
  std::vector<Network> networks;
  std::vector<os::UniqueFd> clocks;
  std::vector<std::unique_ptr<Place>> places;      // one a worker
  std::vector<std::atomic<unsigned>> generations;  // of the attachments of each worker; the latest
  History& history;
  Tally& tally;
  const Nemeses* nemeses = nullptr;

  // Most are on the first network; there what is left over stays until the end.
  [[nodiscard]] const Network& network_of(int worker) const { return networks[worker % 8 == 1 ? 1 : 0]; }
  // Fewer ports than workers of a protocol, so that they get in each other's way.
  [[nodiscard]] int ports() const { return std::max(1, options.workers * 2 / 5); }
  [[nodiscard]] static std::string id(int worker, unsigned generation) {
    return "w" + std::to_string(worker) + "-" + std::to_string(generation);
  }
};

}  // namespace patchbay::stress
