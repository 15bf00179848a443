// The last decisions and what they were about: for people who ask why, and to know whose permit a
// report closes.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/key.hpp"
#include "base/time.hpp"
#include "telemetry/event.hpp"

namespace fusebox::api::detail {

// Half a kilobyte each.
inline constexpr std::size_t kDecisionsMax = 8'192;

struct LoggedDecision {
  std::int64_t seq = 0;
  Instant at{};
  std::string id;
  std::string_view effect{};  // static
  std::string rule{};         // that decided; "" if nobody objected
  std::string key;            // the check's dimensions, encoded by check_key()
  std::string_view action{};  // static
  std::string target;
  std::string decision;  // JSON, as it was answered
};

// Every dimension of a check.
[[nodiscard]] const KeySpec& check_key();

// Any thread; the engine's waits at most for one reader's copy.
class DecisionLog {
 public:
  void add(LoggedDecision decision);

  // The first `max` behind `after`, or the last `max` of all, of those that `wanted` takes; by
  // ascending seq.
  using Wanted = std::function<bool(const LoggedDecision&)>;
  [[nodiscard]] std::vector<LoggedDecision> read(std::optional<std::int64_t> after, std::size_t max,
                                                 const Wanted& wanted) const;

  // When the oldest of them was decided; nothing before the first.
  [[nodiscard]] std::optional<Instant> since() const;

  // Who was given this permit, if that is among them.
  struct Holder {
    std::string tenant;
    std::string agent;
  };
  [[nodiscard]] std::optional<Holder> holder_of(std::string_view permit) const;

 private:
  mutable std::mutex mutex_;
  std::deque<LoggedDecision> decisions_;                  // by ascending seq
  std::unordered_map<std::string, std::int64_t> latest_;  // seq by id: a retry has the same id
};

}  // namespace fusebox::api::detail
