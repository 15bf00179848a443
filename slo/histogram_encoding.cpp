// The V2 encoding of HdrHistogram. All integers big-endian:
//
//   plain        cookie 0x1c849313, payload length, normalizing offset, digits (4 bytes each),
//                lowest, highest, ratio as double (8 bytes each), then the payload: counts by
//                ascending index as ZigZag LEB128 of at most 9 bytes; -n stands for n zeros,
//                zeros at the end are left out
//   compressed   cookie 0x1c849314, length, zlib stream of the plain form
//
// Offset and ratio describe how a writer held double values. The payload is in logical order
// whatever they say, and the JavaScript implementation writes an offset of 1 that means nothing, so
// they are not looked at.
#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include <zlib.h>

#include "base/assert.hpp"
#include "base/base64.hpp"
#include "slo/histogram.hpp"

namespace fusebox::slo {

namespace {

constexpr std::uint32_t kPlainCookie = 0x1c849313;
constexpr std::uint32_t kCompressedCookie = 0x1c849314;
constexpr std::size_t kHeaderSize = 40;
constexpr std::size_t kCompressedHeaderSize = 8;
constexpr std::size_t kMaxVarintSize = 9;
constexpr std::int64_t kCountEnd = std::int64_t{1} << 62;

Unexpected refuse(std::string what) {
  return {ErrorCode::InvalidHistogram, "HDR histogram: " + std::move(what)};
}

template <class T>
void put(std::string& out, T value) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xff);
  }
}

template <class T>
T get(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  }
  return static_cast<T>(value);
}

// The ninth byte has no continuation bit and so carries eight bits.
void put_varint(std::string& out, std::int64_t number) {
  std::uint64_t bits =
      static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
  for (std::size_t size = 1; size < kMaxVarintSize && bits >= 0x80; ++size, bits >>= 7) {
    out += static_cast<char>(bits | 0x80);
  }
  out += static_cast<char>(bits);
}

struct Header {
  std::size_t payload_size;
  HistogramShape shape;
};

// `bytes` are at least kHeaderSize.
Result<Header> parse_header(std::string_view bytes) {
  if (get<std::uint32_t>(bytes, 0) != kPlainCookie) return refuse("not the cookie of version 2");
  const Header header{get<std::uint32_t>(bytes, 4),
                      {.lowest = get<std::int64_t>(bytes, 16),
                       .highest = get<std::int64_t>(bytes, 24),
                       .digits = get<std::int32_t>(bytes, 12)}};
  if (!is_valid(header.shape)) return refuse("no such lowest, highest and digits");
  if (header.payload_size > HistogramLayout(header.shape).slots() * kMaxVarintSize) {
    return refuse("more counts than its range has");
  }
  return header;
}

// Takes the payload in pieces of any size, cut anywhere.
class PayloadReader {
 public:
  explicit PayloadReader(Histogram& into) : into_(into), slots_(into.layout().slots()) {}

  // False once the bytes make no sense; do not go on then.
  [[nodiscard]] bool feed(std::string_view bytes) {
    for (const char byte : bytes) {
      if (!take(static_cast<std::uint8_t>(byte))) return false;
    }
    return true;
  }
  // Whether the payload may end here.
  [[nodiscard]] bool complete() const { return shift_ == 0; }

 private:
  static constexpr int kLastShift = 56;

  bool take(std::uint8_t byte) {
    const bool last = shift_ == kLastShift || byte < 0x80;
    bits_ |= static_cast<std::uint64_t>(shift_ == kLastShift ? byte : byte & 0x7f) << shift_;
    shift_ += 7;
    if (!last) return true;
    const auto number = static_cast<std::int64_t>(bits_ >> 1 ^ (~(bits_ & 1) + 1));
    bits_ = 0;
    shift_ = 0;
    return number < 0 ? skip(~static_cast<std::uint64_t>(number) + 1) : count(number);
  }
  bool skip(std::uint64_t zeros) {
    if (zeros > slots_ - index_) return false;
    index_ += zeros;
    return true;
  }
  bool count(std::int64_t count) {
    if (index_ == slots_ || count >= kCountEnd) return false;
    if (count > std::numeric_limits<std::int64_t>::max() - total_) return false;
    total_ += count;
    if (count > 0) into_.record(into_.layout().lowest_at(index_), count);
    ++index_;
    return true;
  }

  Histogram& into_;
  std::size_t slots_;
  std::size_t index_ = 0;
  std::int64_t total_ = 0;
  std::uint64_t bits_ = 0;
  int shift_ = 0;
};

// A zlib stream, read in pieces: nothing is inflated that has not been asked for.
class Inflater {
 public:
  explicit Inflater(std::string_view bytes) {
    // zlib's interface of C takes bytes it does not change without const.
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    good_ = bytes.size() <= std::numeric_limits<uInt>::max() && inflateInit(&stream_) == Z_OK;
    ready_ = good_;
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }

  // Exactly out.size() bytes, or false.
  [[nodiscard]] bool read(std::span<char> out) {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    while (good_ && stream_.avail_out > 0) step();
    return good_;
  }
  // Whether the stream ends here, with its checksum right, and its bytes too.
  [[nodiscard]] bool finish() {
    stream_.next_out = &spare_;
    stream_.avail_out = 1;
    while (good_ && !ended_ && stream_.avail_out > 0) step();
    return good_ && ended_ && stream_.avail_out == 1 && stream_.avail_in == 0;
  }

 private:
  // A step without progress is Z_BUF_ERROR: the bytes are cut off.
  void step() {
    const int status = ended_ ? Z_BUF_ERROR : inflate(&stream_, Z_NO_FLUSH);
    ended_ = ended_ || status == Z_STREAM_END;
    good_ = status == Z_OK || status == Z_STREAM_END;
  }

  z_stream stream_{};
  Bytef spare_ = 0;  // room for the byte that should not come
  bool ready_ = false;
  bool good_ = false;
  bool ended_ = false;
};

Result<Histogram> decode_plain(std::string_view bytes) {
  if (bytes.size() < kHeaderSize) return refuse("shorter than its header");
  const Result<Header> header = parse_header(bytes);
  if (!header) return Unexpected{header.error()};
  bytes.remove_prefix(kHeaderSize);
  if (bytes.size() != header->payload_size) return refuse("not as long as it says");
  Histogram histogram{header->shape};
  PayloadReader reader{histogram};
  if (!reader.feed(bytes) || !reader.complete()) return refuse("its counts make no sense");
  return histogram;
}

Result<Histogram> decode_compressed(std::string_view bytes) {
  if (bytes.size() - kCompressedHeaderSize != get<std::uint32_t>(bytes, 4)) {
    return refuse("not as long as it says");
  }
  Inflater inflater{bytes.substr(kCompressedHeaderSize)};
  std::array<char, 4096> chunk;
  if (!inflater.read({chunk.data(), kHeaderSize})) return refuse("its bytes do not inflate");
  const Result<Header> header = parse_header({chunk.data(), kHeaderSize});
  if (!header) return Unexpected{header.error()};
  Histogram histogram{header->shape};
  PayloadReader reader{histogram};
  for (std::size_t left = header->payload_size; left > 0;) {
    const std::size_t size = std::min(left, chunk.size());
    if (!inflater.read({chunk.data(), size})) return refuse("its bytes do not inflate");
    if (!reader.feed({chunk.data(), size})) return refuse("its counts make no sense");
    left -= size;
  }
  if (!reader.complete()) return refuse("its counts make no sense");
  if (!inflater.finish()) return refuse("does not end where it says");
  return histogram;
}

std::string compress_bytes(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  const int status = compress(reinterpret_cast<Bytef*>(out.data()), &size,
                              reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  FUSEBOX_ASSERT(status == Z_OK);  // the buffer is as large as zlib asks for
  out.resize(size);
  return out;
}

}  // namespace

std::string Histogram::encode() const {
  std::string payload;
  std::int64_t zeros = 0;
  for (std::size_t index = 0; index < layout_.slots(); ++index) {
    const std::int64_t count = count_at(index);
    if (count == 0) {
      ++zeros;
      continue;
    }
    if (zeros > 0) put_varint(payload, -zeros);
    zeros = 0;
    put_varint(payload, count);
  }
  if (payload.empty()) put_varint(payload, -1);

  std::string out;
  put(out, kPlainCookie);
  put(out, static_cast<std::uint32_t>(payload.size()));
  put(out, std::uint32_t{0});
  put(out, static_cast<std::uint32_t>(shape_.digits));
  put(out, shape_.lowest);
  put(out, shape_.highest);
  put(out, std::bit_cast<std::uint64_t>(1.0));
  return out + payload;
}

std::string Histogram::encode_base64() const {
  const std::string stream = compress_bytes(encode());
  std::string out;
  put(out, kCompressedCookie);
  put(out, static_cast<std::uint32_t>(stream.size()));
  return base64_encode(out + stream);
}

Result<Histogram> Histogram::decode(std::string_view bytes) {
  if (bytes.size() < kCompressedHeaderSize) return refuse("shorter than its header");
  if (get<std::uint32_t>(bytes, 0) == kCompressedCookie) return decode_compressed(bytes);
  return decode_plain(bytes);
}

Result<Histogram> Histogram::decode_base64(std::string_view text) {
  const std::optional<std::string> bytes = base64_decode(text);
  if (!bytes) return refuse("not base64");
  return decode(*bytes);
}

bool Histogram::restore(std::string_view bytes) {
  Result<Histogram> read = decode(bytes);
  const bool good = read.has_value() && read->shape_ == shape_;
  *this = good ? std::move(*read) : Histogram{shape_};
  return good;
}

}  // namespace fusebox::slo
