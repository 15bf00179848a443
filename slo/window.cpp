#include "slo/window.hpp"

#include <bit>
#include <utility>

#include "base/assert.hpp"

namespace fusebox::slo {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct NamedLength {
  std::string_view name;
  Duration length;
};
constexpr std::array<NamedLength, kBurnWindowCount> kBurnWindows{{
    {"5m", minutes{5}},
    {"30m", minutes{30}},
    {"1h", hours{1}},
    {"2h", hours{2}},
    {"6h", hours{6}},
    {"1d", days{1}},
    {"3d", days{3}},
}};
constexpr auto kBurnWindowNames = [] {
  std::array<std::string_view, kBurnWindowCount> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kBurnWindows[i].name;
  return names;
}();

// `span` is the longest window that the ring can serve. A window that does not end on bucket edges
// reaches into one bucket more than span / bucket; that is rounded up to whole pages.
struct Ring {
  Duration bucket;
  Duration span;
  std::size_t first_watch;  // burn windows [first_watch, first_watch of the next ring)
  std::size_t first_page;   // in the page table
  std::size_t pages;
};
constexpr std::array<Ring, 5> kRings{{
    {seconds{1}, minutes{5}, 0, 0, 38},
    {seconds{10}, hours{1}, 1, 38, 46},
    {minutes{1}, hours{6}, 3, 84, 46},
    {minutes{10}, days{3}, 5, 130, 55},
    {hours{1}, days{31}, 7, 185, 94},
}};
constexpr std::size_t kLastRing = kRings.size() - 1;  // the only one without burn windows

constexpr std::size_t watches_end(std::size_t ring) {
  return ring == kLastRing ? kBurnWindowCount : kRings[ring + 1].first_watch;
}

// Good and bad together still fit 63 bits.
constexpr std::int64_t kCountMax = (std::int64_t{1} << 62) - 1;

constexpr std::int64_t ceil_div(std::int64_t value, std::int64_t by) {
  return value / by + (value % by > 0 ? 1 : 0);
}

// Number of the bucket that `at` lies in; bucket k is ((k-1) x length, k x length].
constexpr std::int64_t bucket_of(Instant at, Duration length) {
  return ceil_div(to_ns(at), length.count());
}

constexpr Instant edge_of(std::int64_t bucket, Duration length) {
  return from_ns(bucket * length.count());
}

void operator+=(Counts& to, Counts counts) {
  to.good += counts.good;
  to.bad += counts.bad;
}

void operator-=(Counts& from, Counts counts) {
  from.good -= counts.good;
  from.bad -= counts.bad;
}

bool covers(Counts whole, Counts part) { return part.good <= whole.good && part.bad <= whole.bad; }

// The ring that keeps the SLO window's sum; kRings.size() if a burn window has its length.
std::size_t own_ring(Duration slo_window) {
  for (const NamedLength& window : kBurnWindows) {
    if (window.length == slo_window) return kRings.size();
  }
  std::size_t ring = 0;
  while (kRings[ring].span < slo_window) ++ring;
  return ring;
}

std::size_t watch_of(Duration slo_window) {
  std::size_t watch = 0;
  while (watch < kBurnWindowCount && kBurnWindows[watch].length != slo_window) ++watch;
  return watch;
}

// Place of a bucket's slot in its ring. The bucket is never negative; the cast keeps the index in
// range whatever it is.
std::size_t slot_of(const Ring& ring, std::int64_t bucket, std::size_t page_slots) {
  return static_cast<std::uint64_t>(bucket) % (ring.pages * page_slots);
}

// Calls body.operator()<ring>() for each: with the ring known, every division is by a constant,
// which halves the cost of recording and expiring.
template <class Body>
void for_each_ring(Body body) {
  [&]<std::size_t... ring>(std::index_sequence<ring...>) {
    (body.template operator()<ring>(), ...);
  }(std::make_index_sequence<kRings.size()>{});
}

}  // namespace

Duration length_of(BurnWindow window) {
  return kBurnWindows[static_cast<std::size_t>(window)].length;
}

std::string_view name_of(BurnWindow window) {
  return kBurnWindows[static_cast<std::size_t>(window)].name;
}

std::span<const std::string_view> burn_window_names() { return kBurnWindowNames; }

std::optional<BurnWindow> parse_burn_window(std::string_view name) {
  const auto found = std::find(kBurnWindowNames.begin(), kBurnWindowNames.end(), name);
  if (found == kBurnWindowNames.end()) return std::nullopt;
  return static_cast<BurnWindow>(found - kBurnWindowNames.begin());
}

WindowedCounts::WindowedCounts(Duration slo_window)
    : slo_window_(slo_window),
      slo_watch_(static_cast<std::uint8_t>(watch_of(slo_window))),
      slo_ring_(static_cast<std::uint8_t>(own_ring(slo_window))) {
  static_assert(kRingCount == kRings.size());
  static_assert(kRings[kLastRing].first_page + kRings[kLastRing].pages == kPageCount);
  FUSEBOX_ASSERT(slo_window >= kSloWindowMin);
  FUSEBOX_ASSERT(slo_window <= kSloWindowMax);
}

void WindowedCounts::record(Instant at, Instant now, Counts counts) {
  FUSEBOX_ASSERT(at <= now);
  FUSEBOX_ASSERT(counts.good >= 0);
  FUSEBOX_ASSERT(counts.bad >= 0);
  advance(now);
  const Counts longest = longest_sum();
  counts.good = std::min(counts.good, kCountMax - longest.good);
  counts.bad = std::min(counts.bad, kCountMax - longest.bad);
  if (counts == Counts{}) return;
  // Each bucket is a whole number of the finer ring's, so the numbers nest and the divisors are
  // small constants.
  std::int64_t bucket = bucket_of(at, seconds{1});
  newest_ = std::max(newest_, bucket);
  credit<0>(bucket, counts);
  credit<1>(bucket = ceil_div(bucket, 10), counts);
  credit<2>(bucket = ceil_div(bucket, 6), counts);
  credit<3>(bucket = ceil_div(bucket, 10), counts);
  if (slo_ring_ == kLastRing) credit<kLastRing>(ceil_div(bucket, 6), counts);
}

// Every other sum is part of this one: the buckets of a short window lie within those of a longer.
Counts WindowedCounts::longest_sum() const {
  return watches_[slo_ring_ == kLastRing ? kOwnWatch : kBurnWindowCount - 1].sum;
}

Duration WindowedCounts::span_of(std::size_t ring) const {
  return ring == kLastRing ? slo_window_ : kRings[ring].span;
}

template <std::size_t ring>
void WindowedCounts::credit(std::int64_t bucket, Counts counts) {
  const Instant edge = edge_of(bucket, kRings[ring].bucket);
  if (edge + span_of(ring) <= now_) return;  // too late for every window of this ring
  slot_for<ring>(bucket) += counts;
  for (std::size_t watch = kRings[ring].first_watch; watch < watches_end(ring); ++watch) {
    credit_watch(watch, bucket, edge + kBurnWindows[watch].length, kRings[ring].bucket, counts);
  }
  if (slo_ring_ == ring) {
    credit_watch(kOwnWatch, bucket, edge + slo_window_, kRings[ring].bucket, counts);
  }
}

void WindowedCounts::credit_watch(std::size_t index, std::int64_t bucket, Instant leaves,
                                  Duration ring_bucket, Counts counts) {
  if (leaves <= now_) return;
  Watch& watch = watches_[index];
  const bool oldest = watch.sum == Counts{} || bucket < watch.tail;
  if (oldest) watch.tail = bucket;
  const bool first_bad = watch.sum.bad == 0 && counts.bad > 0;
  watch.sum += counts;
  // The first bad event makes the leaving of the good ones before it visible.
  if (oldest || first_bad) note_change(index, leaves - (bucket - watch.tail) * ring_bucket);
}

void WindowedCounts::note_change(std::size_t index, Instant leaves) {
  next_change_ = std::min(next_change_, leaves);
  if (watches_[index].sum.bad > 0 || index == slo_watch_) {
    next_ratio_change_ = std::min(next_ratio_change_, leaves);
  }
}

void WindowedCounts::expire(Instant now) {
  now_ = now;
  for_each_ring([this]<std::size_t ring> { prefetch_tails<ring>(); });
  next_change_ = kNever;
  next_ratio_change_ = kNever;
  for_each_ring([this]<std::size_t ring> { expire_ring<ring>(); });
  if (live_ < pages_.capacity() / 4) shrink();
}

// The tails lie in as many cold cache lines as there are windows; fetching them side by side costs
// one miss and not eight (measured: 20 % of a replay over 500 keys).
template <std::size_t ring>
void WindowedCounts::prefetch_tails() const {
  for (std::size_t watch = kRings[ring].first_watch; watch < watches_end(ring); ++watch) {
    prefetch_tail<ring>(watch);
  }
  if (slo_ring_ == ring) prefetch_tail<ring>(kOwnWatch);
}

template <std::size_t ring>
void WindowedCounts::prefetch_tail(std::size_t watch) const {
  const std::size_t slot = slot_of(kRings[ring], watches_[watch].tail, kPageSlots);
  const std::uint16_t page = table_[kRings[ring].first_page + slot / kPageSlots];
  if (page != 0) __builtin_prefetch(&pages_[page - 1u][slot % kPageSlots], 1);
}

// An SLO window of its own first: where the ring's span is longer, that one is not the longest, and
// the longest clears the slots that the others still subtract.
template <std::size_t ring>
void WindowedCounts::expire_ring() {
  if (slo_ring_ == ring) expire_watch<ring>(kOwnWatch, slo_window_);
  for (std::size_t watch = kRings[ring].first_watch; watch < watches_end(ring); ++watch) {
    expire_watch<ring>(watch, kBurnWindows[watch].length);
  }
}

template <std::size_t ring>
void WindowedCounts::expire_watch(std::size_t index, Duration length) {
  Watch& watch = watches_[index];
  const bool clears = length == span_of(ring);
  if (watch.sum != Counts{} && is_past<ring>(length)) {
    watch.sum = {};
    if (clears) clear_all<ring>();
    return;
  }
  while (watch.sum != Counts{}) {
    const Instant leaves = edge_of(watch.tail, kRings[ring].bucket) + length;
    if (leaves > now_) {
      note_change(index, leaves);
      return;
    }
    watch.sum -= at<ring>(watch.tail);
    if (clears) clear<ring>(watch.tail);
    if (watch.sum != Counts{}) watch.tail = next_bucket<ring>(watch.tail + 1);
  }
}

// Whether a window of this length holds nothing any more, so that no slot of it need be read.
template <std::size_t ring>
bool WindowedCounts::is_past(Duration length) const {
  const std::int64_t newest = ceil_div(newest_, kRings[ring].bucket / seconds{1});
  return edge_of(newest, kRings[ring].bucket) + length <= now_;
}

// The first bucket from `bucket` on that holds something. One does: the caller's sum is not zero.
// Looks at the bits alone, because the pages it passes are cold.
template <std::size_t ring>
std::int64_t WindowedCounts::next_bucket(std::int64_t bucket) const {
  for (;;) {
    const std::size_t slot = slot_of(kRings[ring], bucket, kPageSlots);
    const std::size_t in_page = slot % kPageSlots;
    const unsigned held = held_[kRings[ring].first_page + slot / kPageSlots] >> in_page;
    if (held != 0) return bucket + std::countr_zero(held);
    bucket += static_cast<std::int64_t>(kPageSlots - in_page);
  }
}

std::size_t WindowedCounts::memory_bytes() const {
  return sizeof(*this) + pages_.capacity() * sizeof(Page);
}

template <std::size_t ring>
Counts WindowedCounts::at(std::int64_t bucket) const {
  const std::size_t slot = slot_of(kRings[ring], bucket, kPageSlots);
  const std::uint16_t page = table_[kRings[ring].first_page + slot / kPageSlots];
  return page == 0 ? Counts{} : pages_[page - 1u][slot % kPageSlots];
}

// The slot to count in: it holds something from now on.
template <std::size_t ring>
Counts& WindowedCounts::slot_for(std::int64_t bucket) {
  const std::size_t slot = slot_of(kRings[ring], bucket, kPageSlots);
  const std::size_t place = kRings[ring].first_page + slot / kPageSlots;
  if (table_[place] == 0) table_[place] = take_page();
  held_[place] = static_cast<std::uint8_t>(held_[place] | 1u << slot % kPageSlots);
  return pages_[table_[place] - 1u][slot % kPageSlots];
}

template <std::size_t ring>
void WindowedCounts::clear(std::int64_t bucket) {
  const std::size_t slot = slot_of(kRings[ring], bucket, kPageSlots);
  const std::size_t place = kRings[ring].first_page + slot / kPageSlots;
  pages_[table_[place] - 1u][slot % kPageSlots] = {};
  held_[place] = static_cast<std::uint8_t>(held_[place] & ~(1u << slot % kPageSlots));
  if (held_[place] == 0) free_page(place);
}

template <std::size_t ring>
void WindowedCounts::clear_all() {
  for (std::size_t i = 0; i < kRings[ring].pages; ++i) {
    const std::size_t place = kRings[ring].first_page + i;
    held_[place] = 0;
    if (table_[place] != 0) free_page(place);
  }
}

// What stands in the page goes when it is taken again.
void WindowedCounts::free_page(std::size_t place) {
  pages_[table_[place] - 1u][0].good = free_;  // the number of the next free one
  free_ = table_[place];
  table_[place] = 0;
  --live_;
}

std::uint16_t WindowedCounts::take_page() {
  ++live_;
  if (free_ != 0) {
    const std::uint16_t number = free_;
    free_ = static_cast<std::uint16_t>(pages_[number - 1u][0].good);
    pages_[number - 1u] = {};
    return number;
  }
  if (pages_.size() == pages_.capacity()) grow();
  pages_.emplace_back();
  return static_cast<std::uint16_t>(pages_.size());
}

// A quarter at a time and never past what the rings can use: doubling would break the bound. The
// first step is one event's worth of pages.
void WindowedCounts::grow() {
  const std::size_t step = std::max(kRingCount, pages_.capacity() / 4);
  const std::size_t most = slo_ring_ == kLastRing ? kPageCount : kRings[kLastRing].first_page;
  pages_.reserve(std::min(pages_.capacity() + step, most));
}

// Gives back what a quiet key no longer needs.
void WindowedCounts::shrink() {
  std::vector<Page> pages;
  pages.reserve(live_);
  for (std::uint16_t& number : table_) {
    if (number == 0) continue;
    pages.push_back(pages_[number - 1u]);
    number = static_cast<std::uint16_t>(pages.size());
  }
  pages_ = std::move(pages);
  free_ = 0;
}

WindowedCounts::Saved WindowedCounts::save() const {
  Saved saved{slo_window_, now_, {}};
  for_each_ring([&]<std::size_t ring> {
    const std::int64_t newest = bucket_of(now_, kRings[ring].bucket);
    const auto slots = static_cast<std::int64_t>(kRings[ring].pages * kPageSlots);
    for (std::int64_t age = 0; age < slots && age <= newest; ++age) {
      const Counts counts = at<ring>(newest - age);
      if (counts != Counts{}) saved.rings[ring].push_back({age, counts});
    }
  });
  return saved;
}

bool WindowedCounts::restore(const Saved& saved) {
  *this = WindowedCounts{slo_window_};
  if (saved.slo_window != slo_window_) return false;
  if (saved.now < Instant{} || saved.now > kLatestInstant) return false;
  now_ = saved.now;
  bool good = true;
  for_each_ring([&]<std::size_t ring> { good = good && restore_ring<ring>(saved.rings[ring]); });
  for_each_ring([&]<std::size_t ring> { good = good && nested<ring>(); });
  if (!good) *this = WindowedCounts{slo_window_};
  return good;
}

template <std::size_t ring>
bool WindowedCounts::restore_ring(const std::vector<SavedBucket>& buckets) {
  if (ring == kLastRing && slo_ring_ != kLastRing) return buckets.empty();
  const Duration length = kRings[ring].bucket;
  const std::int64_t newest = bucket_of(now_, length);
  std::int64_t previous = -1;
  Counts room{kCountMax, kCountMax};
  for (const auto& [age, counts] : buckets) {
    if (age <= previous || age > newest) return false;
    if (edge_of(newest - age, length) + span_of(ring) <= now_) return false;
    if (counts.good < 0 || counts.bad < 0) return false;
    if (counts == Counts{} || !covers(room, counts)) return false;
    credit<ring>(newest - age, counts);
    // No earlier than the event really was, which is all that is_past() asks for.
    newest_ = std::max(newest_, (newest - age) * (length / seconds{1}));
    room -= counts;
    previous = age;
  }
  return true;
}

// Whether each bucket of the next ring holds at least what its parts in this ring do: the reason
// why no sum can outgrow longest_sum().
template <std::size_t ring>
bool WindowedCounts::nested() const {
  if constexpr (ring == kLastRing) {
    return true;
  } else {
    if (ring + 1 == kLastRing && slo_ring_ != kLastRing) return true;
    const std::int64_t parts = kRings[ring + 1].bucket / kRings[ring].bucket;
    const std::int64_t newest = bucket_of(now_, kRings[ring].bucket);
    const auto slots = static_cast<std::int64_t>(kRings[ring].pages * kPageSlots);
    std::int64_t whole = -1;
    Counts left;
    for (std::int64_t bucket = std::max<std::int64_t>(0, newest - slots + 1); bucket <= newest;
         ++bucket) {
      if (ceil_div(bucket, parts) != whole) {
        whole = ceil_div(bucket, parts);
        left = at<ring + 1>(whole);
      }
      const Counts part = at<ring>(bucket);
      if (!covers(left, part)) return false;
      left -= part;
    }
    return true;
  }
}

}  // namespace fusebox::slo
