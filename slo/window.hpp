// Good and bad events of one SLO key over every window from 5 minutes to 31 days, in flat memory.
//
// A cascade of rings with growing buckets, each event added to every ring:
//
//   bucket   1 s      10 s        1 min     10 min    1 h
//   serves   5 min    30 min 1 h  2 h 6 h   1 d 3 d   to 31 d
//
// A window has a running sum and the place of its oldest bucket. Recording is O(rings + windows)
// for events in order, a query O(1); moving time on costs the buckets that leave, at most the ring.
// A bucket goes when the longest window of its ring lets go of it.
//
// A window is (now - W, now]. Buckets are right-closed, ((k-1)b, kb], so that a window whose ends
// fall on bucket edges is exact; otherwise the oldest bucket is counted whole. That is conservative
// and at most one bucket too many: 0.2 % to 0.8 % of a burn window, 0.1 % of an SLO window of 31 d,
// and a thirtieth in the worst case, an SLO window just longer than five minutes.
//
// Only buckets that hold something take memory, 16 bytes each: a key seen once costs half a
// kilobyte, a warm one at most 37 kB.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "slo/counts.hpp"
#include "slo/detail/bucket_ring.hpp"

namespace fusebox::slo {

// The windows that burn rates are asked over.
enum class BurnWindow : std::uint8_t { M5, M30, H1, H2, H6, D1, D3 };
inline constexpr std::size_t kBurnWindowCount = 7;
constexpr BurnWindow last_of(BurnWindow) { return BurnWindow::D3; }

[[nodiscard]] Duration length_of(BurnWindow window);
[[nodiscard]] std::string_view name_of(BurnWindow window);  // "5m"
[[nodiscard]] std::span<const std::string_view> burn_window_names();
[[nodiscard]] std::optional<BurnWindow> parse_burn_window(std::string_view name);

// SLO windows: 5 minutes to 31 days.
inline constexpr Duration kSloWindowMin = std::chrono::minutes{5};
inline constexpr Duration kSloWindowMax = std::chrono::days{31};

// The counts of one key over all burn windows and one SLO window. Not thread-safe. No allocation
// once warm, that is once every bucket that the traffic keeps alive has its place.
class WindowedCounts {
 public:
  // `slo_window` within kSloWindowMin..kSloWindowMax. It is served by the finest ring that spans
  // it, and is the same number as a burn window of the same length.
  explicit WindowedCounts(Duration slo_window);

  // Brings the windows to `now`, then counts events of time `at` <= `now` in exactly the windows
  // that their bucket lies in, however late they are. Sums stop at 2^48 - 1. An event whose
  // bucket is not the newest moves the buckets after it. About 30 ns.
  void record(Instant at, Instant now, Counts counts);

  // Brings the windows to `now`. Time does not go back: an earlier `now` changes nothing.
  void advance(Instant now) {
    if (now >= next_ratio_change_) expire(now);
    now_ = std::max(now_, now);
  }

  // As of the last record() or advance(). A burn window without bad events may still count good
  // ones that have left it: its ratio is the same, and most windows of a healthy key are never
  // asked for more. With a bad event in it a window is exact, and so is the SLO window always.
  [[nodiscard]] Counts counts(BurnWindow window) const {
    return watches_[static_cast<std::size_t>(window)].sum;
  }
  [[nodiscard]] Counts slo_counts() const { return watches_[slo_watch_].sum; }

  // The first time at which a ratio of a sum can change by time alone, or the SLO window can be
  // empty: exact, not only a bound. kNever if the SLO window is empty.
  [[nodiscard]] Instant next_ratio_change() const { return next_ratio_change_; }

  // All in: the object and its heap.
  [[nodiscard]] std::size_t memory_bytes() const;

  // Only the buckets that hold something. Reading refuses what record() cannot have produced for
  // this SLO window, and leaves the object empty then.
  template <class Archive>
  void visit(Archive& archive) {
    Saved saved = Archive::kReading ? Saved{} : save();
    archive(saved);
    if constexpr (Archive::kReading) {
      if (archive.failed() || !restore(saved)) archive.fail();
    }
  }

 private:
  static constexpr std::size_t kRingCount = 5;
  static constexpr std::size_t kOwnWatch = kBurnWindowCount;  // an SLO window of its own length

  // Its sum is that of the buckets from `oldest` to the end of its ring.
  struct Watch {
    Counts sum;
    detail::BucketRing::Place oldest = 0;
  };
  struct SavedBucket {
    std::int64_t age = 0;  // in buckets, from the one that `now` lies in
    Counts counts;
    template <class Archive>
    void visit(Archive& archive) {
      archive(age, counts);
    }
  };
  struct Saved {
    Duration slo_window{};
    Instant now{};
    std::array<std::vector<SavedBucket>, kRingCount> rings;  // each by ascending age
    template <class Archive>
    void visit(Archive& archive) {
      archive(slo_window, now, rings);
    }
  };

  [[nodiscard]] Counts longest_sum() const;
  [[nodiscard]] Duration span_of(std::size_t ring) const;
  template <std::size_t ring>
  void credit(std::int64_t bucket, Counts counts);
  template <std::size_t ring>
  void credit_newest(std::int64_t bucket, Counts counts);
  template <std::size_t ring>
  void credit_watch(std::size_t index, Duration length, std::int64_t bucket,
                    detail::BucketRing::Added added, Counts counts);
  template <std::size_t ring>
  [[nodiscard]] std::int64_t last_gone(Duration length) const;
  void expire(Instant now);
  template <std::size_t ring>
  [[nodiscard]] bool can_wait() const;
  // Calls body(index, length) for the windows that the ring serves.
  template <std::size_t ring, class Body>
  void for_each_watch(Body body) const;
  template <std::size_t ring>
  void prefetch_oldest() const;
  template <std::size_t ring>
  void expire_ring();
  template <std::size_t ring>
  void expire_watch(std::size_t index, Duration length);
  void note_change(std::size_t index, Instant leaves);
  template <std::size_t ring>
  [[nodiscard]] Instant leaves(detail::BucketRing::Place place, Duration length) const;

  [[nodiscard]] Saved save() const;
  [[nodiscard]] bool restore(const Saved& saved);
  template <std::size_t ring>
  [[nodiscard]] bool restore_ring(const std::vector<SavedBucket>& buckets);
  [[nodiscard]] bool nested(std::size_t ring) const;

  Duration slo_window_;
  Instant now_{};
  Instant next_ratio_change_ = kNever;
  std::array<Watch, kBurnWindowCount + 1> watches_{};
  std::array<detail::BucketRing, kRingCount> rings_;
  std::uint8_t slo_watch_;  // whose sum the SLO window is
  std::uint8_t slo_ring_;   // of the watch of its own; kRingCount if none
};

}  // namespace fusebox::slo
