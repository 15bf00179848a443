// Many events in one body: NDJSON, or a JSON array. What is wrong with one of them is said with its
// line, and the others count: a client that sends a batch again because of one bad event would send
// the good ones twice.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "telemetry/event.hpp"

namespace fusebox::telemetry {

inline constexpr std::size_t kEventListMax = 1 << 17;
// Of a body that is an array: a document tree takes thirteen times its text. Lines have no bound.
inline constexpr std::size_t kEventArrayBytesMax = std::size_t{4} << 20;
// Rejections that are told one by one; the rest is a number.
inline constexpr std::size_t kToldRejectionsMax = 1'000;

struct RejectedEvent {
  std::size_t line = 0;  // from 1; in an array the element's place
  std::string error;     // `tokens_in: expected …`
};

struct EventList {
  std::span<const Event> events;  // in the order of the body
  std::span<const RejectedEvent> rejected;
  std::size_t rejected_untold = 0;  // besides those
};

// Reuses its memory. What it returns lives until the next call and views nothing of the body. Not
// thread-safe.
class EventListDecoder {
 public:
  EventListDecoder();
  ~EventListDecoder();
  EventListDecoder(const EventListDecoder&) = delete;
  EventListDecoder& operator=(const EventListDecoder&) = delete;

  // A body whose first character is '[' is an array, which is good JSON as a whole or an error.
  // Anything else is lines; empty ones are skipped, and are counted as lines. Errors: InvalidJson,
  // InvalidUtf8, TooDeep for an array; TooLarge above kEventListMax events and for an array
  // above kEventArrayBytesMax. Linear.
  [[nodiscard]] Result<EventList> decode(std::string_view body);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fusebox::telemetry
