#include "breakers/call_window.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"

namespace fusebox::breakers {
namespace {

constexpr std::uint32_t kCallsPerWord = 32;
constexpr std::int64_t kBucketsMax = 60;

// Widths that people's times fall on; the last serves the longest window, 1 d, with 48 buckets.
constexpr std::array<Duration, 17> kWidths{
    std::chrono::milliseconds{20},  std::chrono::milliseconds{50},  std::chrono::milliseconds{100},
    std::chrono::milliseconds{200}, std::chrono::milliseconds{500}, std::chrono::seconds{1},
    std::chrono::seconds{2},        std::chrono::seconds{5},        std::chrono::seconds{10},
    std::chrono::seconds{15},       std::chrono::seconds{30},       std::chrono::minutes{1},
    std::chrono::minutes{2},        std::chrono::minutes{5},        std::chrono::minutes{10},
    std::chrono::minutes{15},       std::chrono::minutes{30}};

Duration width_for(Duration length) {
  const auto fits = [length](Duration width) { return width * kBucketsMax >= length; };
  const auto* const found = std::find_if(kWidths.begin(), kWidths.end(), fits);
  FUSEBOX_ASSERT(found != kWidths.end());
  return *found;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }

}  // namespace

void CallTally::add(CallMark mark) {
  calls += 1;
  failures += mark.failure ? 1 : 0;
  slow += mark.slow ? 1 : 0;
}

void CallTally::remove(CallMark mark) {
  calls -= 1;
  failures -= mark.failure ? 1 : 0;
  slow -= mark.slow ? 1 : 0;
}

void CallTally::add(const CallTally& other) {
  calls += other.calls;
  failures += other.failures;
  slow += other.slow;
}

void CallTally::remove(const CallTally& other) {
  calls -= other.calls;
  failures -= other.failures;
  slow -= other.slow;
}

bool CallTally::plausible() const {
  // The cap keeps sums of hostile counts from overflowing; recording never comes near it.
  constexpr std::int64_t kMost = std::int64_t{1} << 48;
  return calls >= 0 && calls <= kMost && failures >= 0 && failures <= calls && slow >= 0 &&
         slow <= calls;
}

void CountRing::add(CallMark mark) {
  if (filled_ == capacity_) {
    tally_.remove(get(next_));
  } else {
    make_room();
    ++filled_;
  }
  put(next_, mark);
  tally_.add(mark);
  next_ = next_ + 1 == capacity_ ? 0 : next_ + 1;
}

void CountRing::clear() {
  next_ = 0;
  filled_ = 0;
  tally_ = {};
  bits_.clear();
}

CallMark CountRing::get(std::uint32_t position) const {
  const std::uint64_t pair = bits_[position / kCallsPerWord] >> (position % kCallsPerWord * 2);
  return {.failure = (pair & 1) != 0, .slow = (pair & 2) != 0};
}

void CountRing::put(std::uint32_t position, CallMark mark) {
  std::uint64_t& word = bits_[position / kCallsPerWord];
  const unsigned shift = position % kCallsPerWord * 2;
  const std::uint64_t pair = (mark.failure ? 1U : 0U) | (mark.slow ? 2U : 0U);
  word = (word & ~(std::uint64_t{3} << shift)) | (pair << shift);
}

// A word for the position `next_` of a window that is not full. Doubles, but not past the window.
void CountRing::make_room() {
  if (next_ / kCallsPerWord < bits_.size()) return;
  if (bits_.size() == bits_.capacity()) {
    const std::size_t most = (capacity_ + kCallsPerWord - 1) / kCallsPerWord;
    bits_.reserve(std::min(most, std::max<std::size_t>(1, bits_.size() * 2)));
  }
  bits_.push_back(0);
}

void CountRing::save(ArchiveWriter& archive) const { archive(next_, filled_, bits_); }

void CountRing::restore(ArchiveReader& archive) {
  clear();
  archive(next_, filled_, bits_);
  const std::size_t words = (filled_ + std::size_t{kCallsPerWord} - 1) / kCallsPerWord;
  const bool next_fits = filled_ == capacity_ ? next_ < capacity_ : next_ == filled_;
  if (archive.failed() || filled_ > capacity_ || bits_.size() != words || !next_fits) {
    archive.fail();
    clear();
    return;
  }
  for (std::uint32_t i = 0; i < filled_; ++i) tally_.add(get(i));
}

TimeBuckets::TimeBuckets(Duration length) : length_(length), width_(width_for(length)) {}

bool TimeBuckets::add(CallMark mark, Instant at, Instant now) {
  const std::int64_t oldest = oldest_index(now);
  drop_before(oldest);
  const std::int64_t index = index_of(at);
  if (index < oldest) return false;
  bucket_at(index).tally.add(mark);
  total_.add(mark);
  return true;
}

void TimeBuckets::clear() {
  total_ = {};
  buckets_.clear();
}

CallTally TimeBuckets::tally(Instant now) const {
  const std::int64_t oldest = oldest_index(now);
  CallTally tally = total_;
  for (const Bucket& bucket : buckets_) {
    if (bucket.index >= oldest) break;
    tally.remove(bucket.tally);
  }
  return tally;
}

std::int64_t TimeBuckets::index_of(Instant at) const { return ceil_div(to_ns(at), width_.count()); }

// The first bucket that reaches into (now - length, now].
std::int64_t TimeBuckets::oldest_index(Instant now) const {
  return floor_div(to_ns(now - length_), width_.count()) + 1;
}

void TimeBuckets::drop_before(std::int64_t index) {
  auto kept = buckets_.begin();
  for (; kept != buckets_.end() && kept->index < index; ++kept) total_.remove(kept->tally);
  buckets_.erase(buckets_.begin(), kept);
}

// Searched from the back: calls are late rarely, and then by little.
TimeBuckets::Bucket& TimeBuckets::bucket_at(std::int64_t index) {
  auto after = buckets_.end();
  while (after != buckets_.begin() && (after - 1)->index > index) --after;
  if (after != buckets_.begin() && (after - 1)->index == index) return *(after - 1);
  return *buckets_.insert(after, Bucket{.index = index, .tally = {}});
}

void TimeBuckets::save(ArchiveWriter& archive) const { archive(buckets_); }

void TimeBuckets::restore(ArchiveReader& archive) {
  clear();
  archive(buckets_);
  bool good = !archive.failed() && buckets_.size() <= std::size_t{kBucketsMax} + 1;
  for (std::size_t i = 0; good && i < buckets_.size(); ++i) {
    good = buckets_[i].tally.plausible() && (i == 0 || buckets_[i - 1].index < buckets_[i].index);
    total_.add(buckets_[i].tally);
  }
  if (good) return;
  archive.fail();
  clear();
}

namespace {

std::variant<CountRing, TimeBuckets> make_window(const WindowSpec& spec) {
  if (const auto* count = std::get_if<CountWindow>(&spec)) return CountRing{count->calls};
  return TimeBuckets{std::get<TimeWindow>(spec).length};
}

}  // namespace

CallWindow::CallWindow(const WindowSpec& spec) : calls_(make_window(spec)) {}

bool CallWindow::add(CallMark mark, Instant at, Instant now) {
  if (auto* buckets = std::get_if<TimeBuckets>(&calls_)) return buckets->add(mark, at, now);
  std::get<CountRing>(calls_).add(mark);
  return true;
}

void CallWindow::clear() {
  std::visit([](auto& calls) { calls.clear(); }, calls_);
}

CallTally CallWindow::tally(Instant now) const {
  if (const auto* buckets = std::get_if<TimeBuckets>(&calls_)) return buckets->tally(now);
  return std::get<CountRing>(calls_).tally();
}

void CallWindow::save(ArchiveWriter& archive) const {
  std::visit([&archive](const auto& calls) { calls.save(archive); }, calls_);
}

void CallWindow::restore(ArchiveReader& archive) {
  std::visit([&archive](auto& calls) { calls.restore(archive); }, calls_);
}

}  // namespace fusebox::breakers
