// SPDX-License-Identifier: Apache-2.0
// prevResult, and what a delegated plugin prints, in every version. The first byte says which.
#include "common/contract/result.hpp"

#include "common/contract/detail/result_read.hpp"
#include "test/fuzz/fuzz.hpp"

using namespace patchbay::contract;
using namespace patchbay::fuzz;

namespace {

constexpr std::size_t kVersions = kSupportedVersions.size();

Version version(std::size_t index) { return *Version::parse(kSupportedVersions.at(index)); }

// Older versions cannot say everything; but what they say, they say again when read back.
void print_and_read(const Result& result, const Version& version) {
  const auto printed = attempt([&] { return result.print(version); });
  if (!printed) return;
  const Result again = Result::parse(Json::parse(*printed), version);
  require(again.print(version) == *printed, "a result that was printed reads as what it says");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::uint8_t> input{data, size};
  const unsigned choice = take_choice(input);
  const auto json = attempt([&] { return Json::parse(text_of(input)); });
  if (!json || !json->is_object()) return 0;
  const auto dangling = choice / kVersions % 2 == 0 ? detail::DanglingIndex::check : detail::DanglingIndex::ignore;
  const auto result = attempt([&] { return detail::read_result(*json, version(choice % kVersions), dangling); });
  if (!result) return 0;
  for (const IpConfig& ip : result->ips) {
    require(!ip.interface || *ip.interface < result->interfaces.size(), "an index points at an interface");
  }
  for (std::size_t i = 0; i < kVersions; ++i) print_and_read(*result, version(i));
  return 0;
}
