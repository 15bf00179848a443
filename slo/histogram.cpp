#include "slo/histogram.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/assert.hpp"

namespace fusebox::slo {

namespace {

constexpr std::int64_t kMaxTotal = std::numeric_limits<std::int64_t>::max();

// Rows of any valid shape: 2^m sub-buckets are at least 16, values have 63 bits.
constexpr std::size_t kMaxRows = 63 - 4 + 1;

// High parts stop here, so that a count stays below 2^62.
constexpr std::uint32_t kMaxHigh = (std::uint32_t{1} << 31) - 1;

// Ranks are looked for in blocks of this many slots first: a row costs 16 vector sums and a walk
// of one block in place of a walk of 1,024.
constexpr std::size_t kBlock = 64;

// m for 1..5 digits: 2^(m + 1) >= 2 x 10^digits.
constexpr std::array<std::uint64_t, 6> kRowBits{0, 4, 7, 10, 14, 17};

std::uint64_t width_of(std::int64_t value) {
  return 64 - static_cast<std::uint64_t>(std::countl_zero(static_cast<std::uint64_t>(value)));
}

std::uint64_t unit_bits_of(const HistogramShape& shape) { return width_of(shape.lowest) - 1; }

std::int64_t add_saturated(std::int64_t a, std::int64_t b) {
  return a > kMaxTotal - b ? kMaxTotal : a + b;
}

// Two slots of 31 bits fit one of 32 before it is widened: half the work. `slots` is even.
std::int64_t sum_of_low(const std::uint32_t* low, std::size_t slots) {
  const std::size_t half = slots / 2;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < half; ++i) sum += low[i] + low[half + i];
  return static_cast<std::int64_t>(sum);
}

// The rank that value_at_percentile() answers for; total > 0.
std::int64_t rank_of(double percentile, std::int64_t total) {
  if (!(percentile > 0)) return 1;
  const double below = std::nextafter(std::min(percentile, 100.0), 0.0);
  const double rank = std::ceil(below * static_cast<double>(total) / 100.0);
  if (rank >= static_cast<double>(total)) return total;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(rank));
}

}  // namespace

bool is_valid(const HistogramShape& shape) {
  if (shape.digits < 1 || shape.digits > 5) return false;
  if (shape.lowest < 1 || shape.highest / 2 < shape.lowest) return false;
  return unit_bits_of(shape) + kRowBits[static_cast<std::size_t>(shape.digits)] <= 61;
}

HistogramLayout::HistogramLayout(const HistogramShape& shape) {
  FUSEBOX_ASSERT(is_valid(shape));
  unit_bits_ = unit_bits_of(shape);
  row_bits_ = kRowBits[static_cast<std::size_t>(shape.digits)];
  top_bit_ = 63 - unit_bits_ - row_bits_;
  slot_mask_ = (std::uint64_t{1} << row_bits_) - 1;
  first_bucket_mask_ = ((std::uint64_t{2} << row_bits_) - 1) << unit_bits_;
  // The first bucket takes two rows, each further one doubles the range with another row.
  const std::uint64_t first = unit_bits_ + row_bits_;
  const std::uint64_t doublings = std::max(first + 1, width_of(shape.highest)) - first;
  rows_ = doublings + 1;
  max_value_ = static_cast<std::int64_t>((std::uint64_t{1} << (first + doublings)) - 1);
}

std::int64_t HistogramLayout::lowest_at(std::size_t index) const {
  const std::size_t row = index >> row_bits_;
  const std::size_t slot = index & slot_mask_;
  if (row == 0) return static_cast<std::int64_t>(slot) << unit_bits_;
  return static_cast<std::int64_t>(slot + row_slots()) << (row - 1 + unit_bits_);
}

std::int64_t HistogramLayout::width_at(std::size_t index) const {
  const std::size_t row = std::max<std::size_t>(1, index >> row_bits_);
  return std::int64_t{1} << (row - 1 + unit_bits_);
}

std::int64_t HistogramLayout::highest_at(std::size_t index) const {
  return lowest_at(index) + (width_at(index) - 1);
}

Histogram::Histogram(const HistogramShape& shape)
    : shape_(shape), layout_(shape), rows_(layout_.rows()) {}

void Histogram::add_row(Row& row) const {
  row.low = std::make_unique<std::uint32_t[]>(layout_.row_slots());
}

// Splits a sum that no longer fits a slot.
void Histogram::carry(Row& row, std::size_t slot, std::uint64_t sum) const {
  FUSEBOX_ASSERT(sum < (std::uint64_t{1} << 63));
  row.low[slot] = static_cast<std::uint32_t>(sum % kCarry);
  if (!row.high) row.high = std::make_unique<std::uint32_t[]>(layout_.row_slots());
  std::uint32_t& high = row.high[slot];
  high = static_cast<std::uint32_t>(std::min<std::uint64_t>(kMaxHigh, high + sum / kCarry));
}

bool Histogram::record_corrected(std::int64_t value, std::int64_t interval) {
  if (!record(value)) return false;
  if (interval <= 0) return true;
  std::int64_t missing = value - interval;
  while (missing >= interval) {
    // All that fall into one slot at once, or a tiny interval would take for ever.
    const std::int64_t floor = std::max(layout_.lowest_at(layout_.index_of(missing)), interval);
    const std::int64_t count = (missing - floor) / interval + 1;
    record(missing, count);
    missing -= count * interval;
  }
  return true;
}

void Histogram::merge(const Histogram& other) {
  FUSEBOX_ASSERT(shape_ == other.shape_);
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (other.rows_[row].low) merge_row(rows_[row], other.rows_[row]);
  }
}

void Histogram::merge_row(Row& to, const Row& from) const {
  if (!to.low) add_row(to);
  const std::size_t slots = layout_.row_slots();
  std::uint32_t* const low = to.low.get();
  const std::uint32_t* const added = from.low.get();
  for (std::size_t i = 0; from.high && i < slots; ++i) {
    if (from.high[i] != 0) carry(to, i, low[i] + from.high[i] * kCarry);
  }
  std::uint32_t seen = 0;
  for (std::size_t i = 0; i < slots; ++i) {
    low[i] += added[i];  // both below 2^31
    seen |= low[i];
  }
  for (std::size_t i = 0; seen >= kCarry && i < slots; ++i) {
    if (low[i] >= kCarry) carry(to, i, low[i]);
  }
}

std::int64_t Histogram::count_in(const Row& row, std::size_t slot) const {
  if (!row.low) return 0;
  const std::uint64_t high = row.high ? row.high[slot] : 0;
  return static_cast<std::int64_t>(high * kCarry + row.low[slot]);
}

std::int64_t Histogram::count_at(std::size_t index) const {
  FUSEBOX_ASSERT(index < layout_.slots());
  return count_in(rows_[index / layout_.row_slots()], index % layout_.row_slots());
}

std::int64_t Histogram::sum_of(const Row& row, std::size_t first, std::size_t slots) const {
  if (!row.low) return 0;
  std::int64_t sum = sum_of_low(row.low.get() + first, slots);
  for (std::size_t i = first; row.high && i < first + slots; ++i) {
    sum = add_saturated(sum, static_cast<std::int64_t>(row.high[i] * kCarry));
  }
  return sum;
}

// Visits (index, count) of every slot that is not empty, ascending.
template <class Visit>
void Histogram::for_each_count(Visit visit) const {
  const std::size_t slots = layout_.row_slots();
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    for (std::size_t slot = 0; rows_[row].low && slot < slots; ++slot) {
      const std::int64_t count = count_in(rows_[row], slot);
      if (count != 0) visit(row * slots + slot, count);
    }
  }
}

std::int64_t Histogram::total() const {
  std::int64_t total = 0;
  for (const Row& row : rows_) total = add_saturated(total, sum_of(row, 0, layout_.row_slots()));
  return total;
}

std::int64_t Histogram::min() const { return value_at_percentile(0); }

std::int64_t Histogram::max() const {
  const std::size_t slots = layout_.row_slots();
  for (std::size_t row = rows_.size(); row-- > 0;) {
    for (std::size_t slot = slots; rows_[row].low && slot-- > 0;) {
      if (count_in(rows_[row], slot) != 0) return layout_.highest_at(row * slots + slot);
    }
  }
  return 0;
}

double Histogram::mean() const {
  double sum = 0;
  for_each_count([&](std::size_t index, std::int64_t count) {
    const std::int64_t middle = layout_.lowest_at(index) + layout_.width_at(index) / 2;
    sum += static_cast<double>(middle) * static_cast<double>(count);
  });
  const std::int64_t all = total();
  return all == 0 ? 0 : sum / static_cast<double>(all);
}

double Histogram::stddev() const {
  const double center = mean();
  double sum = 0;
  for_each_count([&](std::size_t index, std::int64_t count) {
    const std::int64_t middle = layout_.lowest_at(index) + layout_.width_at(index) / 2;
    const double distance = static_cast<double>(middle) - center;
    sum += distance * distance * static_cast<double>(count);
  });
  const std::int64_t all = total();
  return all == 0 ? 0 : std::sqrt(sum / static_cast<double>(all));
}

std::int64_t Histogram::value_at_percentile(double percentile) const {
  std::int64_t value = 0;
  values_at_percentiles({&percentile, 1}, {&value, 1});
  return value;
}

void Histogram::values_at_percentiles(std::span<const double> percentiles,
                                      std::span<std::int64_t> values) const {
  FUSEBOX_ASSERT(percentiles.size() == values.size());
  std::array<std::int64_t, kMaxRows> sums;
  std::int64_t total = 0;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    sums[row] = sum_of(rows_[row], 0, layout_.row_slots());
    total = add_saturated(total, sums[row]);
  }
  Cursor cursor{.row_end = sums[0]};
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = 0;
    if (total == 0) continue;
    const std::size_t index = seek(cursor, sums, rank_of(percentiles[i], total));
    values[i] = percentiles[i] > 0 ? layout_.highest_at(index) : layout_.lowest_at(index);
  }
}

// The slot at which the counts reach `rank`. Rows first, then blocks, then the slots of one block.
std::size_t Histogram::seek(Cursor& cursor, std::span<const std::int64_t> sums,
                            std::int64_t rank) const {
  FUSEBOX_ASSERT(rank > cursor.before);
  while (rank > cursor.row_end) {
    cursor = {cursor.row + 1, 0, cursor.row_end, cursor.row_end};
    cursor.row_end = add_saturated(cursor.before, sums[cursor.row]);
  }
  const Row& row = rows_[cursor.row];
  const std::size_t block = std::min(kBlock, layout_.row_slots());
  std::int64_t sum = sum_of(row, cursor.slot, block);
  while (rank - cursor.before > sum) {
    cursor.before += sum;
    cursor.slot += block;
    sum = sum_of(row, cursor.slot, block);
  }
  std::size_t slot = cursor.slot;
  std::int64_t left = rank - cursor.before - count_in(row, slot);
  while (left > 0) left -= count_in(row, ++slot);
  return cursor.row * layout_.row_slots() + slot;
}

std::size_t Histogram::memory_bytes() const {
  std::size_t tables = 0;
  for (const Row& row : rows_) tables += (row.low ? 1 : 0) + (row.high ? 1 : 0);
  return sizeof(*this) + rows_.capacity() * sizeof(Row) +
         tables * layout_.row_slots() * sizeof(std::uint32_t);
}

}  // namespace fusebox::slo
