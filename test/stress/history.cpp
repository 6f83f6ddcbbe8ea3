// SPDX-License-Identifier: Apache-2.0
#include "test/stress/history.hpp"

#include <algorithm>
#include <ctime>
#include <map>

namespace patchbay::stress {

namespace {

struct Possession {
  Span span;
  const Life* owner;
};

std::string milliseconds(Time time) { return time == kNever ? "the end" : std::to_string(time / 1'000'000) + " ms"; }

std::string told(const Possession& it) {
  return it.owner->name + " (" + milliseconds(it.span.begin) + " to " + milliseconds(it.span.end) + ")";
}

// Sorted by their begin, each is compared with the one so far that lasts longest.
void find_overlaps(const std::string& what, std::vector<Possession> owners, std::vector<std::string>& found) {
  std::ranges::sort(owners, {}, [](const Possession& it) { return it.span.begin; });
  const Possession* longest = nullptr;
  for (const Possession& it : owners) {
    if (longest != nullptr && it.span.overlaps(longest->span))
      found.push_back(what + " belonged to two at once: " + told(*longest) + " and " + told(it));
    if (longest == nullptr || it.span.end > longest->span.end) longest = &it;
  }
}

// How many can have been there at some time.
class Presence {
 public:
  void add(const Life& life) {
    born_.push_back(life.born);
    if (life.gone) gone_.push_back(*life.gone);
  }
  void sort() {
    std::ranges::sort(born_);
    std::ranges::sort(gone_);
  }
  [[nodiscard]] std::ptrdiff_t within(Span span) const {
    return (std::ranges::lower_bound(born_, span.end) - born_.begin()) -
           (std::ranges::upper_bound(gone_, span.begin) - gone_.begin());
  }

 private:
  std::vector<Time> born_, gone_;
};

}  // namespace

Time now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * Time{1'000'000'000} + time.tv_nsec;
}

void History::add(Life life) {
  const std::lock_guard lock{mutex_};
  lives_.push_back(std::move(life));
}

void History::add(Refusal refusal) {
  const std::lock_guard lock{mutex_};
  refusals_.push_back(std::move(refusal));
}

std::size_t History::begin_flush(Time begin) {
  const std::lock_guard lock{mutex_};
  flushes_.push_back({begin, kNever});
  return flushes_.size() - 1;
}

void History::end_flush(std::size_t flush, Time end) {
  const std::lock_guard lock{mutex_};
  flushes_.at(flush).end = end;
}

bool History::flushed_within(Span span) const {
  const std::lock_guard lock{mutex_};
  return std::ranges::any_of(flushes_, [&](const Span& flush) { return flush.overlaps(span); });
}

std::size_t History::lives() const {
  const std::lock_guard lock{mutex_};
  return lives_.size();
}

std::optional<Span> History::certain(const Life& life) const {
  if (!life.attached) return std::nullopt;
  return Span{*life.attached, life.leaving.value_or(kNever)};
}

// Leases outlive a flush, rules do not: from then on the port is anybody's.
std::optional<Span> History::certainly_published(const Life& life) const {
  auto span = certain(life);
  if (!span) return std::nullopt;
  for (const Span& flush : flushes_) {
    if (flush.end > life.born) span->end = std::min(span->end, flush.begin);
  }
  return span->begin < span->end ? span : std::nullopt;
}

std::vector<std::string> History::duplicates() const {
  std::map<std::string, std::vector<Possession>> owners;
  for (const Life& life : lives_) {
    if (const auto span = certain(life))
      for (const auto& address : life.addresses) owners[life.network + " " + address].push_back({*span, &life});
    if (const auto span = certainly_published(life); span && !life.port.empty())
      owners["port " + life.port].push_back({*span, &life});
  }
  std::vector<std::string> found;
  for (auto& [what, possessions] : owners) find_overlaps(what, std::move(possessions), found);
  return found;
}

// Founded by others that can have been there meanwhile: one on that port, or as many as there are addresses.
std::vector<std::string> History::unfounded_refusals() const {
  std::map<std::string, Presence> present;
  for (const Life& life : lives_) {
    present["network " + life.network].add(life);
    if (!life.port.empty()) present["port " + life.port].add(life);
  }
  for (auto& [place, presence] : present) presence.sort();
  std::vector<std::string> found;
  for (const Refusal& refusal : refusals_) {
    const bool address = refusal.port.empty();
    const auto others =
        present[address ? "network " + refusal.network : "port " + refusal.port].within(refusal.call) - 1;
    if (others < (address ? static_cast<std::ptrdiff_t>(capacity_) : 1))
      found.push_back(refusal.name + " was refused " + (address ? "an address" : "port " + refusal.port) +
                      " that nobody can have had");
  }
  return found;
}

std::vector<std::string> History::violations() const {
  const std::lock_guard lock{mutex_};
  auto all = duplicates();
  std::ranges::move(unfounded_refusals(), std::back_inserter(all));
  return all;
}

}  // namespace patchbay::stress
