// SPDX-License-Identifier: Apache-2.0
// Comments as nft(8) keeps them: type, length, value in the object's userdata (libnftnl's udata.h).
// Other programs' entries are skipped.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::firewall::nftables {

// Tables, chains, rules and elements all keep their comment under type 0; sets do not.
inline constexpr std::uint8_t kComment = 0;

// The longest that nft reads back (NFTNL_UDATA_COMMENT_MAXLEN less the terminating NUL).
inline constexpr std::size_t kCommentLength = 127;

std::vector<std::uint8_t> comment_userdata(std::string_view comment);
std::string comment_of(std::span<const std::uint8_t> userdata);  // empty: none

// In which byte order nft shall read keys and data of a set (NFTNL_UDATA_SET_KEYBYTEORDER…).
enum class ByteOrder : std::uint32_t { mixed = 0, host = 1, network = 2 };
std::vector<std::uint8_t> set_userdata(ByteOrder keys, bool has_data);

}  // namespace patchbay::firewall::nftables
