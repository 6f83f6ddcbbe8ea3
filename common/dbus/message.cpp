// SPDX-License-Identifier: Apache-2.0
#include "common/dbus/message.hpp"

#include <bit>
#include <cstring>

#include "common/base/error.hpp"
#include "common/dbus/detail/reader.hpp"
#include "common/dbus/detail/writer.hpp"

namespace patchbay::dbus {
namespace {

using detail::Reader;
using detail::Writer;

constexpr std::uint8_t kOurOrder = std::endian::native == std::endian::little ? 'l' : 'B';
constexpr std::uint8_t kNoAutoStart = 2, kProtocol = 1;
constexpr std::size_t kAlignment = 8;  // of a header's fields, and of the body

enum Field : std::uint8_t {
  kPath = 1,
  kInterface = 2,
  kMember = 3,
  kErrorName = 4,
  kReplySerial = 5,
  kDestination = 6,
  kSender = 7,
  kSignature = 8,
};

Error malformed(const char* why) { return Error{Code::decode_failure, std::string{"no D-Bus message: "} + why}; }

void put_field(Writer& fields, Field field, std::string_view type, std::string_view value) {
  fields.align(kAlignment);
  fields.byte(field);
  fields.signature(type);
  if (type == "g") {
    fields.signature(value);
  } else {
    fields.text(value);
  }
}

Bytes encode_fields(const MethodCall& call) {
  Writer fields;
  put_field(fields, kPath, "o", call.path);
  put_field(fields, kInterface, "s", call.interface);
  put_field(fields, kMember, "s", call.member);
  put_field(fields, kDestination, "s", call.destination);
  if (!call.arguments.empty()) put_field(fields, kSignature, "g", std::string(call.arguments.size(), 's'));
  return fields.bytes();
}

// A field that says something to us, or one that is skipped. Types that no field of the specification has
// are not followed.
void read_field(Reader& from, Message& to, std::string& signature) {
  from.align(kAlignment);
  const std::uint8_t field = from.byte();
  const std::string type = from.signature();
  if (type == "u") {
    const std::uint32_t value = from.number();
    if (field == kReplySerial) to.reply_to = value;
  } else if (type == "s" || type == "o") {
    std::string value = from.text();
    if (field == kErrorName) to.error = std::move(value);
  } else if (type == "g") {
    std::string value = from.signature();
    if (field == kSignature) signature = std::move(value);
  } else {
    throw malformed("a field of its header has an unknown type");
  }
}

}  // namespace

Bytes encode(const MethodCall& call, std::uint32_t serial) {
  Writer body;
  for (const std::string& argument : call.arguments) body.text(argument);
  const Bytes fields = encode_fields(call);
  Writer message;
  message.byte(kOurOrder);
  message.byte(static_cast<std::uint8_t>(Message::Type::call));
  message.byte(kNoAutoStart);
  message.byte(kProtocol);
  message.number(static_cast<std::uint32_t>(body.bytes().size()));
  message.number(serial);
  message.number(static_cast<std::uint32_t>(fields.size()));  // 16 bytes so far: the fields are aligned
  message.append(fields);
  message.align(kAlignment);
  message.append(body.bytes());
  return message.bytes();
}

std::size_t size_of_message(std::span<const std::uint8_t> prefix) {
  if (prefix.size() < kPrefix) throw malformed("it is too short");
  if (prefix[0] != kOurOrder) throw malformed("it is of another byte order");
  if (prefix[3] != kProtocol) throw malformed("it is of another version of the protocol");
  Reader from{prefix.subspan(4)};
  const std::size_t body = from.number();
  from.skip(sizeof(std::uint32_t));
  const std::size_t fields = from.number();
  if (body > kLargest || fields > kLargest) throw malformed("it is too large");
  return kPrefix + (fields + kAlignment - 1) / kAlignment * kAlignment + body;
}

Message decode(std::span<const std::uint8_t> bytes) {
  if (bytes.size() != size_of_message(bytes)) throw malformed("it is of another size than it says");
  Reader from{bytes};
  from.skip(1);
  Message message{.type = static_cast<Message::Type>(from.byte()), .reply_to = 0, .error = {}, .text = {}};
  from.skip(kPrefix - 2 - sizeof(std::uint32_t));
  const std::size_t end = from.number() + kPrefix;
  std::string signature;
  while (from.position() < end) read_field(from, message, signature);
  if (from.position() != end) throw malformed("a field of its header is too long");
  from.align(kAlignment);
  if (signature.starts_with('s')) message.text = from.text();
  if (signature.starts_with('b')) message.flag = from.number() != 0;
  return message;
}

}  // namespace patchbay::dbus
