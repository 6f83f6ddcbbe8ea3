// SPDX-License-Identifier: Apache-2.0
// Who was built together: every executable of the suite carries one and the same note, and a plugin
// that is about to run another looks for it in the other's file.
#include "common/contract/detail/build_id.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

#include "common/contract/delegate.hpp"
#include "common/os/retry.hpp"
#include "patchbay_build_id.hpp"  // PATCHBAY_BUILD_ID, made by cmake/BuildId.cmake

namespace patchbay::contract {
namespace {

constexpr std::string_view kName = "patchbay";
constexpr std::uint32_t kType = 1;

// An ELF note (gABI, "Note Section"): name with its NUL, padded to 4 bytes, then the descriptor.
struct Note {
  ElfW(Nhdr) header;
  std::array<char, 12> name;
  std::array<std::uint8_t, 32> id;
  bool operator==(const Note& other) const { return std::memcmp(this, &other, sizeof(Note)) == 0; }
};
static_assert(sizeof(Note) == sizeof(ElfW(Nhdr)) + 12 + 32, "no padding: it is compared and stored as bytes");

// By its section's name the assembler makes it SHT_NOTE, the linker puts it into a PT_NOTE segment
// and keeps it under --gc-sections. Present wherever run() is, which prints build_id() in --help.
[[gnu::section(".note.patchbay"), gnu::used, gnu::aligned(4)]] const Note kOurs{
    {.n_namesz = kName.size() + 1, .n_descsz = 32, .n_type = kType},
    {'p', 'a', 't', 'c', 'h', 'b', 'a', 'y'},
    {PATCHBAY_BUILD_ID}};

constexpr std::size_t kWindow = 4096;  // holds the headers and the notes of an ordinary executable

// The file's bytes from a bounded window; what lies beyond its start is read when it is asked for.
class File {
 public:
  explicit File(int fd) : fd_(fd) { available_ = read_at(0, start_.data(), start_.size()); }

  [[nodiscard]] bool get(std::uint64_t offset, void* to, std::size_t size) const {
    if (offset <= available_ && size <= available_ - offset) {
      std::memcpy(to, start_.data() + offset, size);
      return true;
    }
    return offset <= INT64_MAX && read_at(offset, to, size) == size;
  }

 private:
  int fd_;
  std::size_t available_ = 0;
  std::array<std::uint8_t, kWindow> start_;  // NOLINT: its first available_ bytes are set

  [[nodiscard]] std::size_t read_at(std::uint64_t offset, void* to, std::size_t size) const {
    const ssize_t got = os::retry_interrupted([&] { return pread(fd_, to, size, static_cast<off_t>(offset)); });
    return got < 0 ? 0 : static_cast<std::size_t>(got);
  }
};

bool segment_has_our_note(const File& file, const ElfW(Phdr) & segment) {
  constexpr int kMostNotes = 64;
  std::uint64_t at = 0;
  for (int i = 0; i < kMostNotes && segment.p_filesz >= sizeof(Note) && at <= segment.p_filesz - sizeof(Note); ++i) {
    Note note;
    if (!file.get(segment.p_offset + at, &note, sizeof note)) return false;
    if (note == kOurs) return true;
    // Notes of other names, padded to 4 bytes each (8 in segments aligned so).
    const std::uint64_t align = segment.p_align == 8 ? 8 : 4;
    const auto padded = [align](std::uint64_t size) { return (size + align - 1) / align * align; };
    at += padded(sizeof(ElfW(Nhdr)) + note.header.n_namesz) + padded(note.header.n_descsz);
  }
  return false;
}

bool is_native(const ElfW(Ehdr) & header) {
  constexpr unsigned char kOurClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  constexpr unsigned char kOurByteOrder = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == kOurClass &&
         header.e_ident[EI_DATA] == kOurByteOrder && header.e_phentsize == sizeof(ElfW(Phdr));
}

bool has_our_note(const File& file) {
  constexpr unsigned kMostSegments = 64;
  ElfW(Ehdr) header;
  if (!file.get(0, &header, sizeof header) || !is_native(header) || header.e_phnum > kMostSegments) return false;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment;
    if (!file.get(header.e_phoff + i * sizeof segment, &segment, sizeof segment)) return false;
    if (segment.p_type == PT_NOTE && segment_has_our_note(file, segment)) return true;
  }
  return false;
}

}  // namespace

bool is_our_build(const Executable& executable) {
  const int fd = executable.fd.get();
  if (executable.readable) return has_our_note(File{fd});
  // Found, but not readable by us when it was opened: a path descriptor cannot be read from.
  const std::string again = "/proc/self/fd/" + std::to_string(fd);
  const os::UniqueFd readable{os::retry_interrupted([&] { return open(again.c_str(), O_RDONLY | O_CLOEXEC); })};
  return readable && has_our_note(File{readable.get()});
}

namespace detail {

std::string build_id() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : kOurs.id) {
    text += kHex[byte >> 4U];
    text += kHex[byte & 0xFU];
  }
  return text;
}

}  // namespace detail
}  // namespace patchbay::contract
