// SPDX-License-Identifier: Apache-2.0
// A survey for people at 3 a.m., and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tools/patchbay/node/drift.hpp"
#include "tools/patchbay/node/survey.hpp"

namespace patchbay::cli {

struct Line {
  Verdict verdict{};
  std::string kind;  // "link", "address", "rule", "element", "lease", "record", "index entry", "cache entry"
  std::string owner;
  std::string what;
  std::string why;
  auto operator<=>(const Line&) const = default;
};
using Lines = std::vector<Line>;

// By owner, then kind.
Lines lines_of(const Survey& survey);
Lines only_stale(Lines lines);

std::string to_text(const Lines& lines);     // one line each, in columns
std::string count_text(const Lines& lines);  // "12 live, 1 stale"
nlohmann::ordered_json to_json(const Lines& lines);

// The whole report of an audit.
std::string audit_text(const Lines& lines, const std::vector<Drift>& drifts);
std::string audit_json(const Lines& lines, const std::vector<Drift>& drifts, const Failures& failures);
// What of live attachments is not there, counted.
std::size_t count_missing(const std::vector<Drift>& drifts);

}  // namespace patchbay::cli
