// SPDX-License-Identifier: Apache-2.0
#include "common/ipam/walk.hpp"

namespace patchbay::ipam {

Walk::Walk(const RangeSet& set, const std::optional<net::Ip>& last) : set_(set) {
  if (!last) return;
  const Range* range = find_range(set_, *last);
  if (range == nullptr) return;  // the configuration has changed since
  range_ = static_cast<std::size_t>(range - set_.data());
  current_ = last;
}

void Walk::advance() {
  if (!current_) {
    current_ = set_[range_].start;
  } else if (*current_ == set_[range_].end) {
    range_ = (range_ + 1) % set_.size();
    current_ = set_[range_].start;
  } else {
    current_ = current_->next();
  }
}

std::optional<Candidate> Walk::next() {
  while (true) {
    advance();
    if (first_ == current_) return std::nullopt;
    if (!first_) first_ = current_;
    const Range& range = set_[range_];
    if (*current_ != range.gateway) return Candidate{*current_, &range};
  }
}

}  // namespace patchbay::ipam
