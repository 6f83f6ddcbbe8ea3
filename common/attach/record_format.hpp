// SPDX-License-Identifier: Apache-2.0
// An attachment record as text: one JSON object.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/attach/record.hpp"

namespace patchbay::attach {

std::string print_record(const Record& record);
// nullopt for anything that print_record() cannot have written: bytes on disk are not trusted.
std::optional<Record> parse_record(std::string_view text);

}  // namespace patchbay::attach
