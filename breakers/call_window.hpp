// The recent calls that rates are taken over: the last N, or those of the last T.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "base/archive.hpp"
#include "base/time.hpp"

namespace fusebox::breakers {

// What one recorded call was. A call may be both.
struct CallMark {
  bool failure = false;
  bool slow = false;
};

// How many calls, and what they were.
struct CallTally {
  std::int64_t calls = 0;
  std::int64_t failures = 0;
  std::int64_t slow = 0;

  void add(CallMark mark);
  void remove(CallMark mark);
  void add(const CallTally& other);
  void remove(const CallTally& other);
  // Counts that recording can have led to.
  [[nodiscard]] bool plausible() const;

  friend bool operator==(const CallTally&, const CallTally&) = default;

  template <class Archive>
  void visit(Archive& archive) {
    archive(calls, failures, slow);
  }
};

// The last `capacity` calls in order of arrival, two bits each. Storage grows with the calls seen
// until the window is full (64 bytes hold 256 calls) and never again.
class CountRing {
 public:
  explicit CountRing(std::uint32_t capacity) : capacity_(capacity) {}

  void add(CallMark mark);
  void clear();
  [[nodiscard]] const CallTally& tally() const { return tally_; }

  void save(ArchiveWriter& archive) const;
  void restore(ArchiveReader& archive);

 private:
  [[nodiscard]] CallMark get(std::uint32_t position) const;
  void put(std::uint32_t position, CallMark mark);
  void make_room();

  std::uint32_t capacity_;
  std::uint32_t next_ = 0;    // where the next call goes
  std::uint32_t filled_ = 0;  // INVARIANT: filled_ < capacity_ implies next_ == filled_
  CallTally tally_;
  std::vector<std::uint64_t> bits_;
};

// The calls of (now - length, now], by the time at which each call itself ended.
//
// Buckets of a round width (…, 500 ms, 1 s, 2 s, 5 s, …), the finest that needs at most 60 of them;
// right-closed, ((k-1)w, kw], as windows are. A call is forgotten no earlier than `length` after
// it ended and less than one bucket later: 1/60 to 1/24 of the window too long, and exact where
// time and length fall on bucket edges (60 s: on every whole second; 10 s: on every 200 ms).
// A call that is reported late goes to its own bucket if that is still held. Only buckets with
// calls take memory, 32 bytes each.
class TimeBuckets {
 public:
  explicit TimeBuckets(Duration length);

  // False if the call's bucket has left the window: nothing is counted. at <= now.
  bool add(CallMark mark, Instant at, Instant now);
  void clear();
  [[nodiscard]] CallTally tally(Instant now) const;
  [[nodiscard]] Duration width() const { return width_; }

  void save(ArchiveWriter& archive) const;
  void restore(ArchiveReader& archive);

 private:
  struct Bucket {
    std::int64_t index = 0;  // of ((index-1)w, index w]
    CallTally tally;
    template <class Archive>
    void visit(Archive& archive) {
      archive(index, tally);
    }
  };

  [[nodiscard]] std::int64_t index_of(Instant at) const;
  [[nodiscard]] std::int64_t oldest_index(Instant now) const;
  void drop_before(std::int64_t index);
  Bucket& bucket_at(std::int64_t index);

  Duration length_;
  Duration width_;
  CallTally total_;              // over buckets_
  std::vector<Bucket> buckets_;  // ascending by index; at most 61
};

struct CountWindow {
  std::uint32_t calls = 0;  // 1..10'000
};
struct TimeWindow {
  Duration length{};  // 1 s..1 d
};
using WindowSpec = std::variant<CountWindow, TimeWindow>;

// Either of the two behind one interface.
class CallWindow {
 public:
  explicit CallWindow(const WindowSpec& spec);

  // `at` is when the call ended, <= now. False if that is too long ago to count.
  bool add(CallMark mark, Instant at, Instant now);
  void clear();
  [[nodiscard]] CallTally tally(Instant now) const;

  void save(ArchiveWriter& archive) const;
  // On bytes that save cannot have written: the archive fails, the window is empty.
  void restore(ArchiveReader& archive);

 private:
  std::variant<CountRing, TimeBuckets> calls_;
};

}  // namespace fusebox::breakers
