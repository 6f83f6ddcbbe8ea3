// SPDX-License-Identifier: Apache-2.0
// What comes in over the system bus.
#include "common/dbus/message.hpp"
#include "test/fuzz/fuzz.hpp"

using namespace patchbay;
using namespace patchbay::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes{data, size};
  const auto whole = attempt([&] { return dbus::size_of_message(bytes); });
  const auto message = attempt([&] { return dbus::decode(bytes); });
  if (!message) return 0;
  require(whole == size, "a message is as long as it says");
  require(message->text.size() < size && message->error.size() < size, "nothing is there that it does not say");
  return 0;
}
