#include "telemetry/inflate.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include <libdeflate.h>

#include "base/assert.hpp"

namespace fusebox::telemetry {
namespace {

constexpr std::size_t kKeptBytes = 1 << 23;
constexpr std::size_t kFirstBytes = 1 << 12;
constexpr std::size_t kRatioMax = 1032;  // of DEFLATE: a 258-byte match in two bits

// The last four bytes say how long the contents are: exact for one member below 4 GiB, else a
// guess. A guess beyond what DEFLATE can reach is a lie, and memory is not spent on it.
std::size_t promised_bytes(std::string_view compressed) {
  if (compressed.size() < 4) return 0;
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const char byte = compressed[compressed.size() - 4 + i];
    length |= std::size_t{static_cast<unsigned char>(byte)} << (8 * i);
  }
  return length <= compressed.size() * kRatioMax ? length : 0;
}

struct Freed {
  void operator()(libdeflate_decompressor* decompressor) const {
    libdeflate_free_decompressor(decompressor);
  }
};

}  // namespace

struct Inflater::Impl {
  std::unique_ptr<libdeflate_decompressor, Freed> decompressor{libdeflate_alloc_decompressor()};
  std::unique_ptr<char[]> buffer;  // not a vector: what is about to be written needs no zeros
  std::size_t capacity = 0;
  std::size_t size = 0;

  void reserve(std::size_t bytes);
  [[nodiscard]] libdeflate_result add_member(std::string_view& rest);
};

void Inflater::Impl::reserve(std::size_t bytes) {
  if (bytes <= capacity) return;
  std::unique_ptr<char[]> larger(new char[bytes]);
  if (size > 0) std::memcpy(larger.get(), buffer.get(), size);
  buffer = std::move(larger);
  capacity = bytes;
}

// Appends the contents of the next member and takes it off `rest`; leaves both if it does not fit.
libdeflate_result Inflater::Impl::add_member(std::string_view& rest) {
  std::size_t read = 0;
  std::size_t written = 0;
  const auto result =
      libdeflate_gzip_decompress_ex(decompressor.get(), rest.data(), rest.size(),
                                    buffer.get() + size, capacity - size, &read, &written);
  if (result != LIBDEFLATE_SUCCESS) return result;
  rest.remove_prefix(read);
  size += written;
  return result;
}

Inflater::Inflater() : impl_(std::make_unique<Impl>()) {
  FUSEBOX_ASSERT(impl_->decompressor != nullptr);
}
Inflater::~Inflater() = default;

Result<std::string_view> Inflater::gunzip(std::string_view compressed, std::size_t limit) {
  Impl& to = *impl_;
  to.size = 0;
  if (to.capacity > kKeptBytes) {
    to.buffer.reset();
    to.capacity = 0;
  }
  to.reserve(std::min(limit, std::max(promised_bytes(compressed), kFirstBytes)));
  std::string_view rest = compressed;
  do {
    const auto result = to.add_member(rest);
    if (result == LIBDEFLATE_SUCCESS) continue;
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE) {
      return Unexpected{ErrorCode::InvalidGzip, "the body is corrupt, cut short, or no gzip data"};
    }
    if (to.capacity >= limit) {
      return Unexpected{ErrorCode::TooLarge,
                        "the body inflates to more than " + std::to_string(limit) + " bytes"};
    }
    to.reserve(std::min(limit, 4 * to.capacity));
  } while (!rest.empty());
  return std::string_view{to.buffer.get(), to.size};
}

}  // namespace fusebox::telemetry
