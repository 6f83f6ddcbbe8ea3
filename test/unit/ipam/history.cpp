// SPDX-License-Identifier: Apache-2.0
#include "test/unit/ipam/history.hpp"

#include <random>

namespace patchbay::test {

History random_history(std::uint32_t seed, unsigned length) {
  using Kind = Event::Kind;
  // As often as it stands here.
  static constexpr Kind kKinds[] = {Kind::add,           Kind::add,
                                    Kind::add,           Kind::add,
                                    Kind::add,           Kind::add,
                                    Kind::del,           Kind::del,
                                    Kind::del,           Kind::check,
                                    Kind::collect,       Kind::reclaim,
                                    Kind::vanish,        Kind::vanish,
                                    Kind::vanish,        Kind::reference_add,
                                    Kind::reference_add, Kind::reference_del,
                                    Kind::reference_del, Kind::tear,
                                    Kind::tear,          Kind::reboot,
                                    Kind::power_cut,     Kind::other_view,
                                    Kind::set_aside,     Kind::reference_killed};
  std::mt19937 random{seed};
  std::uniform_int_distribution<std::size_t> any{0, std::size(kKinds) - 1};
  History history{.seed = seed, .events = {}};
  while (history.events.size() < length) {
    const Kind kind = kKinds[any(random)];
    history.events.push_back({kind, static_cast<std::uint32_t>(random())});
  }
  return history;
}

History shrunk(History failing, const Run& run) {
  for (std::size_t size = failing.events.size() / 2; size > 0;) {
    bool any = false;
    for (std::size_t start = 0; start < failing.events.size();) {
      History shorter = failing;
      const auto first = shorter.events.begin() + static_cast<std::ptrdiff_t>(start);
      const auto count = std::min(size, shorter.events.size() - start);
      shorter.events.erase(first, first + static_cast<std::ptrdiff_t>(count));
      std::string story;
      if (run(shorter, story)) {
        failing = std::move(shorter);
        any = true;
      } else {
        start += size;
      }
    }
    if (!any || size > 1) size /= 2;
  }
  return failing;
}

}  // namespace patchbay::test
