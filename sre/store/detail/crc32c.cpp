#include "sre/store/detail/crc32c.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace fusebox::store {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // bits reversed

// Row k: what a byte adds to the sum when k more bytes follow it, so that eight bytes are eight
// independent look-ups.
using Table = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Table make_table() {
  Table table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? kPolynomial : 0);
    table[0][byte] = sum;
  }
  for (std::size_t k = 1; k < table.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = table[k - 1][byte];
      table[k][byte] = (before >> 8) ^ table[0][before & 0xFF];
    }
  }
  return table;
}

constexpr Table kTable = make_table();

// Both ways to sum read eight bytes as a little-endian word.
static_assert(std::endian::native == std::endian::little);

std::uint64_t word_at(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::string_view bytes,
                                                               std::uint32_t seed) {
  std::uint64_t sum = ~seed;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    sum = __builtin_ia32_crc32di(sum, word_at(bytes.data()));
  }
  auto narrow = static_cast<std::uint32_t>(sum);
  for (const char c : bytes) {
    narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(c));
  }
  return ~narrow;
}

const bool kHasInstruction = __builtin_cpu_supports("sse4.2") != 0;
#endif

}  // namespace

std::uint32_t detail::crc32c_by_table(std::string_view bytes, std::uint32_t seed) {
  std::uint32_t sum = ~seed;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word = word_at(bytes.data()) ^ sum;
    sum = 0;
    for (std::size_t k = 8; k-- > 0; word >>= 8) sum ^= kTable[k][word & 0xFF];
  }
  for (const char c : bytes) {
    sum = (sum >> 8) ^ kTable[0][(sum ^ static_cast<unsigned char>(c)) & 0xFF];
  }
  return ~sum;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) {
#if defined(__x86_64__)
  if (kHasInstruction) return by_instruction(bytes, seed);
#endif
  return detail::crc32c_by_table(bytes, seed);
}

}  // namespace fusebox::store
