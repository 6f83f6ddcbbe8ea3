// SPDX-License-Identifier: Apache-2.0
#include "tools/patchbay/failure.hpp"

#include <nlohmann/json.hpp>
#include <string_view>

#include "common/contract/version.hpp"
#include "tools/patchbay/output.hpp"

namespace patchbay::cli {
namespace {

constexpr std::string_view kIndent = "    ";
constexpr std::string_view kHint = "hint: ";  // as Error::details() writes it, last

void append_line(std::string& text, std::string_view line) {
  if (!line.empty()) text.append(kIndent).append(line) += '\n';
}

// "at /mtu; expected 0..65535; hint: …" becomes a line of facts and a line of advice.
void append_details(std::string& text, std::string_view details) {
  const auto hint = details.rfind(kHint);
  if (hint == std::string_view::npos) return append_line(text, details);
  std::string_view facts = details.substr(0, hint);
  if (facts.ends_with("; ")) facts.remove_suffix(2);
  append_line(text, facts);
  append_line(text, details.substr(hint));
}

}  // namespace

Failure describe(const Error& error) { return {static_cast<int>(error.code()), error.summary(), error.details()}; }

std::string to_text(const Failures& failures) {
  std::string text;
  for (const Failure& failure : failures) {
    text += "patchbay: " + failure.message + " (code " + std::to_string(failure.code) + ")\n";
    append_details(text, failure.details);
  }
  return text;
}

std::string to_json(const Failures& failures) {
  std::string message;
  std::string details;
  for (const Failure& failure : failures) {
    if (!message.empty()) message += "; ";
    message += failure.message;
    if (failure.details.empty()) continue;
    if (!details.empty()) details += "; ";
    details += failure.details;
  }
  nlohmann::ordered_json object{
      {"cniVersion", contract::kSupportedVersions.back()}, {"code", failures.front().code}, {"msg", message}};
  if (!details.empty()) object["details"] = details;
  // A plugin's words may be no UTF-8; ours must be JSON all the same.
  return object.dump(4, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void remark(const std::string& text) { tell("patchbay: " + text + "\n"); }

}  // namespace patchbay::cli
