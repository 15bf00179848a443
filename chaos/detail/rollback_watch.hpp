// Are the faults really gone once they were taken away? Verified when no call is held any more, at
// most `rollback.timeout` later; an injection after the withdrawal is never forgiven.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "chaos/result.hpp"
#include "chaos/scenario.hpp"

namespace fusebox::chaos {

class RollbackWatch {
 public:
  explicit RollbackWatch(const Rollback& rollback) : rollback_(rollback) {}

  void withdraw(Duration at);
  [[nodiscard]] bool withdrawn() const { return withdrawn_.has_value(); }
  // Faults that were let through; what comes after the withdrawal is a violation.
  void injected() { late_ += withdrawn_ ? 1 : 0; }
  void held(std::int64_t calls, Duration at);

  // Nothing more is to be learned at this time: verified, too late, or not wanted.
  [[nodiscard]] bool settled(Duration at) const;
  // nullopt if nothing was to be verified.
  [[nodiscard]] std::optional<Finding> finding() const;

 private:
  Rollback rollback_;
  std::optional<Duration> withdrawn_;
  std::optional<Duration> free_;      // when no call was held any more
  std::optional<std::int64_t> held_;  // last told, until then
  std::int64_t late_ = 0;             // injections after the withdrawal
};

}  // namespace fusebox::chaos
