// SPDX-License-Identifier: Apache-2.0
#include "test/hostile/judge.hpp"

#include <algorithm>

namespace patchbay::test::hostile {

namespace {

using nlohmann::json;
using Kind = Expectation::Kind;

// Sanitizers cost more of both, and are not what is shipped.
constexpr long kMostMemoryKib = kSanitized ? 1 << 20 : 32 << 10;
constexpr int kSlower = kSanitized ? 10 : 1;

constexpr int kInternal = 199;

bool points_at(const std::string& details, const std::string& pointer) {
  const std::string at = "at " + pointer;
  return pointer.empty() ? !details.starts_with("at ") : details == at || details.starts_with(at + ";");
}

bool is_one_error(const json& object) {
  return object.is_object() && object.contains("code") && object.at("code").is_number_integer() &&
         object.contains("msg") && object.at("msg").is_string() && !object.at("msg").get<std::string>().empty() &&
         object.contains("cniVersion") && object.at("cniVersion").is_string();
}

std::string refusal_complaints(const Outcome& outcome, const Expectation& expected) {
  const json error = json::parse(outcome.ran.out, nullptr, false);  // the whole of it: exactly one
  if (error.is_discarded() || !is_one_error(error)) return "stdout is not exactly one JSON error object\n";
  std::string wrong;
  const int code = error.at("code");
  const auto& codes = expected.codes;
  // Where no system call can be relied upon that is all there is to say.
  if (code == kInternal && expected.kind != Kind::either) wrong += "the plugin calls it a defect of its own\n";
  if (!codes.empty() && std::find(codes.begin(), codes.end(), code) == codes.end())
    wrong += "code " + std::to_string(code) + ", expected " + json(codes).dump() + "\n";
  const std::string message = error.at("msg"), details = error.value("details", "");
  if (message.find('\n') != std::string::npos) wrong += "msg has more than one line\n";
  if (expected.pointer && !points_at(details, *expected.pointer))
    wrong += "expected to point at \"" + *expected.pointer + "\"\n";
  if ((message + details).find(expected.says) == std::string::npos) wrong += "does not say: " + expected.says + "\n";
  return wrong;
}

std::string unheard_complaints(const Outcome& outcome, const Expectation& expected) {
  std::string wrong;
  if (outcome.ran.exit_code != 1) wrong += "exit code " + std::to_string(outcome.ran.exit_code) + ", expected 1\n";
  if (!outcome.ran.out.empty()) wrong += "something reached stdout\n";
  if (outcome.ran.err.find(expected.says) == std::string::npos) wrong += "stderr does not say: " + expected.says + "\n";
  return wrong;
}

std::string answer_complaints(const Outcome& outcome, const Expectation& expected) {
  if (expected.kind == Kind::unheard) return unheard_complaints(outcome, expected);
  if (was_accepted(outcome)) {
    if (expected.kind == Kind::refused) return "accepted\n";
    if (!outcome.ran.out.empty() && !json::accept(outcome.ran.out)) return "the result is no JSON\n";
    return outcome.ran.out.find(expected.says) == std::string::npos ? "does not say: " + expected.says + "\n" : "";
  }
  if (outcome.ran.exit_code != 1) return "exit code " + std::to_string(outcome.ran.exit_code) + "\n";
  if (expected.kind == Kind::accepted) return "refused\n";
  return refusal_complaints(outcome, expected);
}

}  // namespace

bool was_accepted(const Outcome& outcome) { return !outcome.hung && outcome.ran.exit_code == 0; }

std::string complaints(const Outcome& outcome, const Expectation& expected, const Limits& limits) {
  if (outcome.hung) return "hangs\n";
  std::string wrong = answer_complaints(outcome, expected);
  const auto took = outcome.took.count();
  if (outcome.took > limits.at_most * kSlower) wrong += "took " + std::to_string(took) + " ms\n";
  if (outcome.took < limits.at_least) wrong += "took only " + std::to_string(took) + " ms\n";
  if (outcome.peak_kib > kMostMemoryKib) wrong += "took " + std::to_string(outcome.peak_kib) + " KiB\n";
  return wrong;
}

}  // namespace patchbay::test::hostile
