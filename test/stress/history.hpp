// SPDX-License-Identifier: Apache-2.0
// Who had what and when, as those saw it who asked for it; and what cannot have been right about it.
//
// An attachment has its address for certain from the return of its ADD to the start of its next DEL, and
// can have one from the start of its ADD to the return of the DEL that succeeded. Two who have the same
// for certain at the same time are a defect; a refusal for something that nobody can have had is another.
#pragma once

#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace patchbay::stress {

using Time = std::int64_t;  // nanoseconds of CLOCK_MONOTONIC, in the time namespace of the program itself

inline constexpr Time kNever = std::numeric_limits<Time>::max();

Time now();

struct Span {
  Time begin = 0, end = 0;
  [[nodiscard]] bool overlaps(const Span& other) const { return begin < other.end && other.begin < end; }
};

// One attachment: an ADD and the DELs that it takes.
struct Life {
  std::string name, network;
  std::vector<std::string> addresses;  // that ADD reported
  std::string port;                    // that it asked for: "tcp 20001"
  Time born = 0;                       // ADD was called
  std::optional<Time> attached;        // ADD succeeded
  std::optional<Time> leaving;         // DEL or GC was called
  std::optional<Time> gone;            // DEL succeeded
};

// An ADD that was told that something is taken; of an attachment that is among the lives.
struct Refusal {
  std::string name, network;
  std::string port;  // empty: no address was left
  Span call;
};

class History {
 public:
  explicit History(std::size_t addresses_of_a_network) : capacity_(addresses_of_a_network) {}
  void add(Life life);
  void add(Refusal refusal);
  // The packet filter is emptied by somebody: what was published before is so no longer.
  std::size_t begin_flush(Time begin);
  void end_flush(std::size_t flush, Time end);
  [[nodiscard]] bool flushed_within(Span span) const;

  // In words, one a line; empty when all is well.
  [[nodiscard]] std::vector<std::string> violations() const;
  [[nodiscard]] std::size_t lives() const;

 private:
  std::vector<std::string> duplicates() const;
  std::vector<std::string> unfounded_refusals() const;
  std::optional<Span> certain(const Life& life) const;              // for its addresses
  std::optional<Span> certainly_published(const Life& life) const;  // for its port

  mutable std::mutex mutex_;
  std::size_t capacity_;
  std::vector<Life> lives_;
  std::vector<Refusal> refusals_;
  std::vector<Span> flushes_;  // without an end while it lasts
};

}  // namespace patchbay::stress
