// How many refusals of one actor are written down one by one. A client whose token names another
// agent, and that tries again without end, would fill the audit, which nothing ever shortens; what
// is left out is told as a number by the next entry.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace fusebox::api::detail {

// Any thread. As many actors as there are tokens.
class DenialGate {
 public:
  static constexpr int kAtOnce = 10;
  static constexpr std::chrono::seconds kInterval{10};

  // One more of this actor: how many were left out since the last entry, if this one is to be
  // written; nothing if it is left out itself. `now` never goes back.
  [[nodiscard]] std::optional<std::int64_t> take(const std::string& actor,
                                                 std::chrono::steady_clock::time_point now);

 private:
  struct Actor {
    std::chrono::steady_clock::time_point used_until{};  // what was written is paid for by then
    std::int64_t untold = 0;
  };

  std::mutex mutex_;
  std::map<std::string, Actor> actors_;
};

}  // namespace fusebox::api::detail
