// What the engine was expected to say during a run: a watch for each expectation that is judged by
// its output lines. Times are since the start of the run and never go backwards; lines of other
// arms than the experiment's are passed over, and a line without an arm is everybody's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "chaos/result.hpp"
#include "chaos/scenario.hpp"
#include "telemetry/record.hpp"

namespace fusebox::chaos {

// How an expectation came out, and the numbers in words.
struct Judged {
  FindingState state = FindingState::Fail;
  std::string text;
};

// The arm in a rendered key; nullopt if it has none.
[[nodiscard]] std::optional<Arm> arm_of_key(std::string_view key);

// From when to when something must happen: both ends count.
struct Deadline {
  Duration from{};
  Duration until{};

  [[nodiscard]] bool covers(Duration at) const { return from <= at && at <= until; }
};

class BreakerWatch {
 public:
  // `inject`: begin and end of injecting.
  BreakerWatch(const ExpectBreaker& expected, Deadline inject);
  void record(const telemetry::BreakerRecord& record, Duration at);
  [[nodiscard]] Judged judge() const;

 private:
  [[nodiscard]] Judged judge_closed() const;

  const ExpectBreaker* expected_;
  Deadline window_;
  Duration closed_until_;                   // the state then is what counts
  std::optional<Duration> reached_;         // within the window, or before and still so
  std::map<std::string, bool> is_closed_;   // by key
  std::map<std::string, bool> is_reached_;  // by key, before the window
};

class KillWatch {
 public:
  KillWatch(const ExpectKillSwitch& expected, Duration inject_begin);
  void record(const telemetry::KillRecord& record, Duration at);
  [[nodiscard]] Judged judge() const;
  // Whether an order on this scope is what the scenario waits for.
  [[nodiscard]] bool expects(std::string_view scope) const;

 private:
  const ExpectKillSwitch* expected_;
  Deadline window_;
  std::optional<Duration> tripped_;  // first time at all, or first within the window
  std::string scope_;                // that tripped then
};

class AlertWatch {
 public:
  AlertWatch(const ExpectAlert& expected, Duration inject_begin);
  void record(const telemetry::AlertRecord& record, Duration at);
  [[nodiscard]] Judged judge() const;

 private:
  const ExpectAlert* expected_;
  Deadline window_;
  std::optional<Duration> fired_;
  std::int64_t firings_ = 0;  // of the whole run
};

class UncertainWatch {
 public:
  UncertainWatch(const ExpectUncertain& expected, Duration inject_begin);
  void record(const telemetry::SloStatusRecord& record, Duration at);
  [[nodiscard]] Judged judge() const;

 private:
  const ExpectUncertain* expected_;
  Deadline window_;
  std::optional<Duration> unknown_;
};

}  // namespace fusebox::chaos
