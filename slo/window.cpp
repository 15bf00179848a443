#include "slo/window.hpp"

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

// `span` is the longest window that the ring can serve.
struct Ring {
  Duration bucket;
  Duration span;
  std::size_t first_watch;  // burn windows [first_watch, first_watch of the next ring)
};
constexpr std::array<Ring, 5> kRings{{
    {seconds{1}, minutes{5}, 0},
    {seconds{10}, hours{1}, 1},
    {minutes{1}, hours{6}, 3},
    {minutes{10}, days{3}, 5},
    {hours{1}, days{31}, 7},
}};
constexpr std::size_t kLastRing = kRings.size() - 1;  // the only one without burn windows

constexpr std::size_t watches_end(std::size_t ring) {
  return ring == kLastRing ? kBurnWindowCount : kRings[ring + 1].first_watch;
}

// A window that does not end on bucket edges reaches into one bucket more than its length holds.
constexpr std::size_t buckets_max(std::size_t ring) {
  return static_cast<std::size_t>(kRings[ring].span / kRings[ring].bucket) + 1;
}

constexpr std::int64_t ceil_div(std::int64_t value, std::int64_t by) {
  return value / by + (value % by > 0 ? 1 : 0);
}

constexpr std::int64_t floor_div(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
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

// Calls body.operator()<ring>() for each: with the ring known, every division is by a constant.
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
  FUSEBOX_ASSERT(slo_window >= kSloWindowMin);
  FUSEBOX_ASSERT(slo_window <= kSloWindowMax);
}

void WindowedCounts::record(Instant at, Instant now, Counts counts) {
  FUSEBOX_ASSERT(at <= now);
  FUSEBOX_ASSERT(counts.good >= 0);
  FUSEBOX_ASSERT(counts.bad >= 0);
  advance(now);
  Counts longest = longest_sum();
  if (longest.good > detail::kBucketCountMax - counts.good) {
    expire_ring<kLastRing - 1>();  // it may have waited
    longest = longest_sum();
  }
  counts.good = std::min(counts.good, detail::kBucketCountMax - longest.good);
  counts.bad = std::min(counts.bad, detail::kBucketCountMax - longest.bad);
  if (counts == Counts{}) return;
  // Each bucket is a whole number of the finer ring's, so the numbers nest and the divisors are
  // small constants.
  std::int64_t bucket = bucket_of(at, seconds{1});
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
  if (bucket == bucket_of(now_, kRings[ring].bucket)) return credit_newest<ring>(bucket, counts);
  if (bucket <= last_gone<ring>(span_of(ring))) return;  // too late for every window of this ring
  expire_ring<ring>();
  const auto added = rings_[ring].add(bucket, counts, buckets_max(ring));
  for_each_watch<ring>([&](std::size_t watch, Duration length) {
    credit_watch<ring>(watch, length, bucket, added, counts);
  });
}

// The usual case: the bucket lies in every window, at its end.
template <std::size_t ring>
void WindowedCounts::credit_newest(std::int64_t bucket, Counts counts) {
  if (counts.bad > 0 || rings_[ring].full()) expire_ring<ring>();
  const auto added = rings_[ring].append(bucket, counts, buckets_max(ring));
  for_each_watch<ring>([&](std::size_t index, Duration length) {
    Watch& watch = watches_[index];
    // The first bad event makes the leaving of the good ones before it visible.
    const bool first_bad = watch.sum.bad == 0 && counts.bad > 0;
    watch.sum += counts;
    if (first_bad || (added.inserted && added.place == watch.oldest)) {
      note_change(index, leaves<ring>(watch.oldest, length));
    }
  });
}

template <std::size_t ring>
void WindowedCounts::credit_watch(std::size_t index, Duration length, std::int64_t bucket,
                                  detail::BucketRing::Added added, Counts counts) {
  Watch& watch = watches_[index];
  const detail::BucketRing& buckets = rings_[ring];
  if (bucket <= last_gone<ring>(length)) {
    // A new bucket before the window: what the window holds has moved on by one place.
    if (added.inserted) ++watch.oldest;
    return;
  }
  const bool oldest =
      added.inserted && added.place - buckets.begin() <= watch.oldest - buckets.begin();
  if (oldest) watch.oldest = added.place;
  const bool first_bad = watch.sum.bad == 0 && counts.bad > 0;
  watch.sum += counts;
  if (oldest || first_bad) note_change(index, leaves<ring>(watch.oldest, length));
}

// The last bucket of the ring that a window of this length has let go of.
template <std::size_t ring>
std::int64_t WindowedCounts::last_gone(Duration length) const {
  return floor_div(to_ns(now_ - length), kRings[ring].bucket.count());
}

void WindowedCounts::note_change(std::size_t index, Instant leaves) {
  if (watches_[index].sum.bad > 0 || index == slo_watch_) {
    next_ratio_change_ = std::min(next_ratio_change_, leaves);
  }
}

void WindowedCounts::expire(Instant now) {
  now_ = now;
  for_each_ring([this]<std::size_t ring> {
    if (!can_wait<ring>()) prefetch_oldest<ring>();
  });
  next_ratio_change_ = kNever;
  for_each_ring([this]<std::size_t ring> {
    if (!can_wait<ring>()) expire_ring<ring>();
  });
  // A quiet key gives its memory back.
  if (slo_counts() == Counts{}) for_each_ring([this]<std::size_t ring> { expire_ring<ring>(); });
}

// Whether all windows of the ring are free of bad events, so that nothing that leaves them changes
// a ratio: their good events may leave together, later. Whether the SLO window is empty is seen.
template <std::size_t ring>
bool WindowedCounts::can_wait() const {
  const bool has_slo_window = slo_ring_ == ring || (slo_watch_ >= kRings[ring].first_watch &&
                                                    slo_watch_ < watches_end(ring));
  return ring != kLastRing && !has_slo_window && watches_[watches_end(ring) - 1].sum.bad == 0;
}

// The oldest buckets lie in as many cold cache lines as there are windows; fetching them side by
// side costs one miss and not eight (measured: 20 % of a replay over 500 keys).
template <std::size_t ring>
void WindowedCounts::prefetch_oldest() const {
  for_each_watch<ring>(
      [this](std::size_t watch, Duration) { rings_[ring].prefetch(watches_[watch].oldest); });
}

template <std::size_t ring>
void WindowedCounts::expire_ring() {
  for_each_watch<ring>(
      [this](std::size_t watch, Duration length) { expire_watch<ring>(watch, length); });
  rings_[ring].shrink();
}

// An SLO window of its own first: where the ring's span is longer, that one is not the longest, and
// the longest drops the buckets that the others still subtract.
template <std::size_t ring, class Body>
void WindowedCounts::for_each_watch(Body body) const {
  if (slo_ring_ == ring) body(kOwnWatch, slo_window_);
  for (std::size_t watch = kRings[ring].first_watch; watch < watches_end(ring); ++watch) {
    body(watch, kBurnWindows[watch].length);
  }
}

template <std::size_t ring>
void WindowedCounts::expire_watch(std::size_t index, Duration length) {
  detail::BucketRing& buckets = rings_[ring];
  Watch& watch = watches_[index];
  const bool drops = length == span_of(ring);
  const std::int64_t gone = last_gone<ring>(length);
  while (watch.oldest != buckets.end()) {
    const std::int64_t bucket = buckets.number(watch.oldest, gone);
    if (bucket > gone) {
      note_change(index, edge_of(bucket, kRings[ring].bucket) + length);
      return;
    }
    watch.sum -= buckets.counts(watch.oldest);
    ++watch.oldest;
    if (drops) buckets.pop_front();
  }
}

// When the bucket at this place leaves a window of this length.
template <std::size_t ring>
Instant WindowedCounts::leaves(detail::BucketRing::Place place, Duration length) const {
  const std::int64_t newest = bucket_of(now_, kRings[ring].bucket);
  return edge_of(rings_[ring].number(place, newest), kRings[ring].bucket) + length;
}

std::size_t WindowedCounts::memory_bytes() const {
  std::size_t bytes = sizeof(*this);
  for (const detail::BucketRing& ring : rings_) bytes += ring.heap_bytes();
  return bytes;
}

WindowedCounts::Saved WindowedCounts::save() const {
  Saved saved{slo_window_, now_, {}};
  for (std::size_t ring = 0; ring < kRingCount; ++ring) {
    const std::int64_t newest = bucket_of(now_, kRings[ring].bucket);
    const std::int64_t gone = floor_div(to_ns(now_ - span_of(ring)), kRings[ring].bucket.count());
    const detail::BucketRing& buckets = rings_[ring];
    for (auto place = buckets.end(); place != buckets.begin();) {
      const std::int64_t bucket = buckets.number(--place, newest);
      if (bucket <= gone) break;
      saved.rings[ring].push_back({newest - bucket, buckets.counts(place)});
    }
  }
  return saved;
}

bool WindowedCounts::restore(const Saved& saved) {
  *this = WindowedCounts{slo_window_};
  if (saved.slo_window != slo_window_) return false;
  if (saved.now < Instant{} || saved.now > kLatestInstant) return false;
  now_ = saved.now;
  bool good = true;
  for_each_ring([&]<std::size_t ring> { good = good && restore_ring<ring>(saved.rings[ring]); });
  for (std::size_t ring = 0; ring < kLastRing; ++ring) good = good && nested(ring);
  if (!good) *this = WindowedCounts{slo_window_};
  return good;
}

template <std::size_t ring>
bool WindowedCounts::restore_ring(const std::vector<SavedBucket>& buckets) {
  if (ring == kLastRing && slo_ring_ != kLastRing) return buckets.empty();
  const Duration length = kRings[ring].bucket;
  const std::int64_t newest = bucket_of(now_, length);
  std::int64_t previous = -1;
  Counts room{detail::kBucketCountMax, detail::kBucketCountMax};
  for (const auto& [age, counts] : buckets) {
    if (age <= previous || age > newest) return false;
    if (edge_of(newest - age, length) + span_of(ring) <= now_) return false;
    if (counts.good < 0 || counts.bad < 0) return false;
    if (counts == Counts{} || !covers(room, counts)) return false;
    room -= counts;
    previous = age;
  }
  // The oldest first, so that each is added at the end.
  for (auto each = buckets.rbegin(); each != buckets.rend(); ++each) {
    credit<ring>(newest - each->age, each->counts);
  }
  return true;
}

// Whether each bucket of the next ring holds at least what its parts in this ring do: the reason
// why no sum can outgrow longest_sum().
bool WindowedCounts::nested(std::size_t ring) const {
  if (ring + 1 == kLastRing && slo_ring_ != kLastRing) return true;
  const std::int64_t parts = kRings[ring + 1].bucket / kRings[ring].bucket;
  const std::int64_t newest = bucket_of(now_, kRings[ring].bucket);
  std::int64_t whole = -1;
  Counts left;
  for (auto place = rings_[ring].begin(); place != rings_[ring].end(); ++place) {
    const std::int64_t bucket = rings_[ring].number(place, newest);
    if (ceil_div(bucket, parts) != whole) {
      whole = ceil_div(bucket, parts);
      left = rings_[ring + 1].counts_of(whole);
    }
    const Counts part = rings_[ring].counts(place);
    if (!covers(left, part)) return false;
    left -= part;
  }
  return true;
}

}  // namespace fusebox::slo
