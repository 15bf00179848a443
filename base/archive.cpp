#include "base/archive.hpp"

namespace fusebox {

void ArchiveWriter::write_varint(std::uint64_t value) {
  if (value < 0x80) {
    out_ += static_cast<char>(value);
    return;
  }
  // Appended in one piece: each append looks at the string's capacity again.
  std::array<char, 10> bytes;
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) bytes[size++] = static_cast<char>(value | 0x80);
  bytes[size++] = static_cast<char>(value);
  out_.append(bytes.data(), size);
}

void ArchiveWriter::write(double value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  write_varint(bits);
}

void ArchiveWriter::write(std::string_view text) {
  write_varint(text.size());
  out_ += text;
}

std::uint64_t ArchiveReader::read_varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (bytes_.empty()) break;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    if (shift == 63 && byte > 1) break;  // an eleventh bit pattern: more than 64 bits
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  failed_ = true;
  return 0;
}

std::size_t ArchiveReader::read_count() {
  const std::uint64_t count = read_varint();
  if (count > bytes_.size()) {
    failed_ = true;
    return 0;
  }
  return static_cast<std::size_t>(count);
}

void ArchiveReader::read(bool& value) {
  const std::uint64_t raw = read_varint();
  if (raw > 1) failed_ = true;
  value = raw == 1;
}

void ArchiveReader::read(double& value) {
  const std::uint64_t bits = read_varint();
  std::memcpy(&value, &bits, sizeof value);
}

void ArchiveReader::read(std::string& text) {
  std::string_view view;
  read(view);
  text = view;
}

void ArchiveReader::read(std::string_view& text) {
  const std::size_t size = read_count();
  text = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
}

void ArchiveReader::read(Instant& at) {
  std::int64_t ns = 0;
  read(ns);
  at = from_ns(ns);
}

void ArchiveReader::read(Duration& duration) {
  std::int64_t ns = 0;
  read(ns);
  duration = Duration{ns};
}

}  // namespace fusebox
