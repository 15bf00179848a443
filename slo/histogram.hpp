// High dynamic range histogram: counts of integer values at a fixed relative precision, the layout
// and index arithmetic of HdrHistogram, so that encodings travel to its other implementations.
//
// With `digits` d: sub-buckets = 2^ceil(log2(2 x 10^d)), relative error at most 2^-m where
// m = log2(sub-buckets) - 1 (0.098 % for d = 3, 0.78 % for d = 2). Recording is one bit scan, two
// shifts and an add; nothing but the count is kept, total, smallest and largest are read off the
// counts when asked for.
//
// Counts are stored in rows of 2^m slots, one for each power of two of values, that appear when
// first hit: latencies of a key touch 6 to 10 of 23, so a quiet key costs little. A slot is 31
// bits; what goes beyond is carried into a row of its own, in units of 2^31. Half the memory is
// half the time of a merge, and the free top bit lets a merge add whole rows without looking for
// overflow until the end.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace fusebox::slo {

struct HistogramShape {
  std::int64_t lowest = 1;   // lowest discernible value, >= 1
  std::int64_t highest = 0;  // highest trackable value, >= 2 x lowest
  int digits = 2;            // significant decimal digits, 1..5
  friend constexpr bool operator==(const HistogramShape&, const HistogramShape&) = default;
};

// Within the ranges above, and a whole row of units of `lowest` below 2^62.
[[nodiscard]] bool is_valid(const HistogramShape& shape);

// Where a value is counted. Worked, for 1..3.6e9 at 3 digits (m = 10, units of 1): 10,000 has 14
// bits, 3 more than a row of sub-buckets tells apart; 10,000 >> 3 = 1,250 lies 226 into row 4, so
// it is slot 4,322, shared by 10,000..10,007.
class HistogramLayout {
 public:
  struct Position {
    std::size_t row;
    std::size_t slot;
  };

  explicit HistogramLayout(const HistogramShape& shape);

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t row_slots() const { return slot_mask_ + 1; }
  [[nodiscard]] std::size_t slots() const { return rows_ << row_bits_; }

  // The last row is used whole, so this may lie above `highest` (4,294,967,295 for 3.6e9).
  [[nodiscard]] std::int64_t max_value() const { return max_value_; }

  // For 0 <= value <= max_value().
  [[nodiscard]] Position locate(std::int64_t value) const {
    const auto bits = static_cast<std::uint64_t>(value);
    // `| 1` changes nothing but tells the compiler that there is a bit to find.
    const auto zeros = static_cast<std::uint64_t>(std::countl_zero(bits | first_bucket_mask_ | 1));
    const std::uint64_t bucket = top_bit_ - zeros;
    const std::uint64_t sub_bucket = bits >> (bucket + unit_bits_);
    return {bucket + (sub_bucket >> row_bits_), sub_bucket & slot_mask_};
  }
  [[nodiscard]] std::size_t index_of(std::int64_t value) const {
    const Position at = locate(value);
    return (at.row << row_bits_) + at.slot;
  }

  // The values lowest_at(i) .. lowest_at(i) + width_at(i) - 1 share slot i.
  [[nodiscard]] std::int64_t lowest_at(std::size_t index) const;
  [[nodiscard]] std::int64_t width_at(std::size_t index) const;
  [[nodiscard]] std::int64_t highest_at(std::size_t index) const;

 private:
  // 64 bits wide each, so that a store to a slot of 32 cannot be taken for a change of them.
  std::uint64_t unit_bits_;          // floor(log2(lowest))
  std::uint64_t row_bits_;           // m
  std::uint64_t slot_mask_;          // 2^m - 1
  std::uint64_t top_bit_;            // 63 - (bits that the first bucket takes)
  std::uint64_t first_bucket_mask_;  // all values below are told apart to one unit
  std::size_t rows_;
  std::int64_t max_value_;
};

// Move-only; not thread-safe. Counts are below 2^62 each and stop there; a total stops at 2^63 - 1.
class Histogram {
 public:
  // The shape must be valid.
  explicit Histogram(const HistogramShape& shape);

  [[nodiscard]] const HistogramShape& shape() const { return shape_; }
  [[nodiscard]] const HistogramLayout& layout() const { return layout_; }

  // False, and nothing is counted, for negative values and those above layout().max_value().
  // Allocates only when a row is hit for the first time. 1 ns.
  bool record(std::int64_t value, std::int64_t count = 1) {
    if (static_cast<std::uint64_t>(value) > static_cast<std::uint64_t>(layout_.max_value())) {
      return false;
    }
    const HistogramLayout::Position at = layout_.locate(value);
    Row& row = rows_[at.row];
    if (!row.low) [[unlikely]]
      add_row(row);
    std::uint32_t& low = row.low[at.slot];
    const std::uint64_t sum = low + static_cast<std::uint64_t>(count);
    if (sum >= kCarry) [[unlikely]] {
      carry(row, at.slot, sum);
    } else {
      low = static_cast<std::uint32_t>(sum);
    }
    return true;
  }

  // Makes up for coordinated omission: a prober that should have sent each `interval` and waited
  // `value` instead missed value - interval, value - 2 x interval, … down to `interval`; counts
  // those too. Only for probes on a schedule, never for closed-loop latencies. O(slots passed).
  bool record_corrected(std::int64_t value, std::int64_t interval);

  // Adds the counts of a histogram of the same shape. 3 us for 23 rows of 1,024.
  void merge(const Histogram& other);

  // Each is one pass over the rows that exist; 0 without values. Values are known to their slot:
  // min() is its lower end (0 only if zeros were counted), max() its upper end.
  [[nodiscard]] std::int64_t total() const;
  [[nodiscard]] std::int64_t min() const;
  [[nodiscard]] std::int64_t max() const;
  // Of the middles of the slots.
  [[nodiscard]] double mean() const;
  [[nodiscard]] double stddev() const;

  // The upper end of the slot with the value of rank ceil(p / 100 x total), at least 1: the
  // smallest value that at least p per cent lie at or below. This is the rule of the Java
  // implementation, with p taken a bit lower so that a product that rounds up to the next rank does
  // not count; the one in C rounds to nearest and may answer one rank less. 0 gives the lower end
  // of the first. Percentiles are clamped to 0..100; 0 without values.
  [[nodiscard]] std::int64_t value_at_percentile(double percentile) const;
  // Many in one pass. Ascending percentiles; as many values.
  void values_at_percentiles(std::span<const double> percentiles,
                             std::span<std::int64_t> values) const;

  // index < layout().slots().
  [[nodiscard]] std::int64_t count_at(std::size_t index) const;

  // The object and its heap.
  [[nodiscard]] std::size_t memory_bytes() const;

  // The V2 encoding: plain bytes, and compressed in base64 ("HISTFAAAA…") as it stands in logs.
  [[nodiscard]] std::string encode() const;
  [[nodiscard]] std::string encode_base64() const;

  // Either of the two, by its cookie; nothing but the encoding may be there. Memory is bounded by
  // the shape that the header states (at most 50 MB of rows), time by the bytes; compressed bytes
  // that inflate past what the shape can need are refused. Error: InvalidHistogram.
  [[nodiscard]] static Result<Histogram> decode(std::string_view bytes);
  [[nodiscard]] static Result<Histogram> decode_base64(std::string_view text);

  // Reading refuses another shape than this one's, and leaves the histogram empty then.
  template <class Archive>
  void visit(Archive& archive) {
    std::string bytes;
    if constexpr (!Archive::kReading) bytes = encode();
    archive(bytes);
    if constexpr (Archive::kReading) {
      if (!restore(bytes)) archive.fail();
    }
  }

 private:
  static constexpr std::uint64_t kCarry = std::uint64_t{1} << 31;

  struct Row {
    std::unique_ptr<std::uint32_t[]> low;   // INVARIANT: each below kCarry
    std::unique_ptr<std::uint32_t[]> high;  // in units of kCarry; null while all are 0
  };

  // Start of a block of slots that a search for ascending ranks has come to.
  struct Cursor {
    std::size_t row = 0;
    std::size_t slot = 0;
    std::int64_t before = 0;   // counted below it
    std::int64_t row_end = 0;  // counted up to the end of its row
  };

  void add_row(Row& row) const;
  void carry(Row& row, std::size_t slot, std::uint64_t sum) const;
  void merge_row(Row& to, const Row& from) const;
  [[nodiscard]] std::int64_t count_in(const Row& row, std::size_t slot) const;
  [[nodiscard]] std::int64_t sum_of(const Row& row, std::size_t first, std::size_t slots) const;
  [[nodiscard]] std::size_t seek(Cursor& cursor, std::span<const std::int64_t> sums,
                                 std::int64_t rank) const;
  [[nodiscard]] bool restore(std::string_view bytes);
  template <class Visit>
  void for_each_count(Visit visit) const;

  HistogramShape shape_;
  HistogramLayout layout_;
  std::vector<Row> rows_;
};

}  // namespace fusebox::slo
