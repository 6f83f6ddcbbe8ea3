// SPDX-License-Identifier: Apache-2.0
// SHA-512 in hexadecimal: the names that the reference suite and we derive from owners.
#pragma once

#include <string>
#include <string_view>

namespace patchbay {

// The first `digits` (at most 128) lower-case hex digits of SHA-512(text).
std::string sha512_hex(std::string_view text, std::size_t digits);

}  // namespace patchbay
