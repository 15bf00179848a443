// The slow obvious model of a breaker: it keeps every result it was ever told and recounts them
// all for each answer. Written from the contract, and shares no code with the breaker.
#pragma once

#include <algorithm>
#include <vector>

#include "breakers/breaker.hpp"

namespace fusebox::breakers {

class BreakerModel {
 public:
  explicit BreakerModel(const BreakerSpec& spec) : spec_(spec) { episodes_.push_back({}); }

  [[nodiscard]] BreakerState state() const { return episode().state; }
  [[nodiscard]] std::uint64_t generation() const { return episodes_.size(); }

  [[nodiscard]] Admission peek(Instant now) const {
    if (state() == BreakerState::Closed) return {};
    if (state() == BreakerState::Open) {
      if (now >= episode().until) return {};
      return {false, policy::Reason::BreakerOpen, episode().until - now};
    }
    const auto slots = std::count_if(episode().probes.begin(), episode().probes.end(),
                                     [](const Probe& probe) { return !probe.returned; });
    if (slots < static_cast<std::int64_t>(spec_.probes)) return {};
    return {false, policy::Reason::BreakerProbing, *next_deadline() - now};
  }

  Ticket take(Instant now) {
    if (!peek(now).allowed) return {};
    if (state() == BreakerState::Closed) return {generation(), false, 0};
    episode().probes.push_back({now, false, false});
    return {generation(), true, static_cast<std::uint32_t>(episode().probes.size())};
  }

  void report(const Ticket& ticket, const CallResult& result, Instant at, Instant now) {
    if (ticket.generation != generation()) return;
    if (ticket.probe) {
      Probe& probe = episode().probes[ticket.serial - 1];
      if (probe.returned || probe.answered) return;
      if (neutral(result)) {
        probe.returned = true;
        return;
      }
      probe.answered = true;
    }
    hear(result, at, now);
  }

  void release(const Ticket& ticket) {
    if (ticket.generation != generation() || !ticket.probe) return;
    Probe& probe = episode().probes[ticket.serial - 1];
    if (!probe.answered) probe.returned = true;
  }

  void observe(const CallResult& result, Instant at, Instant now) {
    if (state() == BreakerState::Open) return;
    const Instant began = at - result.duration.value_or(Duration{});
    for (auto past = episodes_.rbegin(); past != episodes_.rend(); ++past) {
      if (past->state != BreakerState::HalfOpen) continue;
      if (began < past->since) return;
      break;
    }
    hear(result, at, now);
  }

  [[nodiscard]] std::optional<Instant> next_deadline() const {
    if (state() == BreakerState::Open) return episode().until;
    std::optional<Instant> earliest;
    for (const Probe& probe : episode().probes) {
      if (probe.returned || probe.answered) continue;
      const Instant ends = probe.sent + spec_.patience;
      if (!earliest || ends < *earliest) earliest = ends;
    }
    return earliest;
  }

  void on_deadline(Instant now) {
    if (state() == BreakerState::Open) {
      episodes_.push_back({.state = BreakerState::HalfOpen, .since = now});
    } else {
      open(now);
    }
  }

 private:
  struct Result {
    Instant at;
    bool failure;
    bool slow;
  };
  struct Probe {
    Instant sent;
    bool answered;
    bool returned;
  };
  // Everything between two transitions.
  struct Episode {
    BreakerState state = BreakerState::Closed;
    Instant since{};
    Instant until{};
    Duration wait{};
    std::vector<Result> results{};
    std::vector<Probe> probes{};
  };

  [[nodiscard]] const Episode& episode() const { return episodes_.back(); }
  [[nodiscard]] Episode& episode() { return episodes_.back(); }

  static bool neutral(const CallResult& result) {
    const auto outcome = static_cast<int>(result.outcome);
    return outcome >= static_cast<int>(telemetry::Outcome::Cancelled);
  }

  static bool reaches(std::int64_t part, std::int64_t whole, Ratio ratio) {
    return part * ratio.den >= whole * ratio.num;  // small numbers here
  }

  void hear(const CallResult& result, Instant at, Instant now) {
    if (neutral(result)) return;
    const bool failure = result.outcome != telemetry::Outcome::Ok;
    const bool slow = spec_.slow && result.duration && *result.duration > spec_.slow->longer_than;
    episode().results.push_back({at, failure, slow});
    if (state() == BreakerState::Closed ? closed_opens(now) : half_open_reopens()) {
      open(now);
    } else if (state() == BreakerState::HalfOpen && half_open_closes()) {
      episodes_.push_back({.state = BreakerState::Closed, .since = now});
    }
  }

  [[nodiscard]] bool closed_opens(Instant now) const {
    const auto& results = episode().results;
    std::uint32_t row = 0;
    for (const Result& result : results) row = result.failure ? row + 1 : 0;
    if (spec_.consecutive_failures && row >= *spec_.consecutive_failures) return true;
    if (!spec_.window || !in_window(results.size() - 1, now)) return false;
    std::int64_t calls = 0;
    std::int64_t failures = 0;
    std::int64_t slow = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (!in_window(i, now)) continue;
      ++calls;
      failures += results[i].failure ? 1 : 0;
      slow += results[i].slow ? 1 : 0;
    }
    std::int64_t minimum = spec_.minimum_calls;
    if (const auto* count = std::get_if<CountWindow>(&*spec_.window)) {
      minimum = std::min<std::int64_t>(minimum, count->calls);
    }
    if (calls < minimum) return false;
    return (spec_.failure_rate && reaches(failures, calls, *spec_.failure_rate)) ||
           (spec_.slow && reaches(slow, calls, spec_.slow->rate));
  }

  [[nodiscard]] bool in_window(std::size_t index, Instant now) const {
    if (const auto* count = std::get_if<CountWindow>(&*spec_.window)) {
      return index + count->calls >= episode().results.size();
    }
    const Duration length = std::get<TimeWindow>(*spec_.window).length;
    const std::int64_t width = TimeBuckets(length).width().count();
    const std::int64_t at = to_ns(episode().results[index].at);
    return from_ns((at + width - 1) / width * width) > now - length;
  }

  // Would this many failures and slow calls of `probes` reopen?
  [[nodiscard]] bool reopens_with(std::int64_t failures, std::int64_t slow) const {
    const bool failed =
        spec_.failure_rate ? reaches(failures, spec_.probes, *spec_.failure_rate) : failures >= 1;
    return failed || (spec_.slow && reaches(slow, spec_.probes, spec_.slow->rate));
  }
  [[nodiscard]] std::int64_t failures() const {
    const auto& results = episode().results;
    return std::count_if(results.begin(), results.end(), [](const Result& r) { return r.failure; });
  }
  [[nodiscard]] std::int64_t slow() const {
    const auto& results = episode().results;
    return std::count_if(results.begin(), results.end(), [](const Result& r) { return r.slow; });
  }
  // Tries out every way in which the missing results may turn out.
  [[nodiscard]] bool half_open_decided(bool reopening) const {
    const auto missing = static_cast<std::int64_t>(spec_.probes - episode().results.size());
    for (std::int64_t more_failures = 0; more_failures <= missing; ++more_failures) {
      for (std::int64_t more_slow = 0; more_slow <= missing; ++more_slow) {
        if (reopens_with(failures() + more_failures, slow() + more_slow) != reopening) return false;
      }
    }
    return true;
  }
  [[nodiscard]] bool half_open_reopens() const { return half_open_decided(true); }
  [[nodiscard]] bool half_open_closes() const { return half_open_decided(false); }

  void open(Instant now) {
    Duration wait = spec_.open_wait;
    // Of the opening before this one in the row; a closing in between starts a new row.
    for (auto past = episodes_.rbegin(); past != episodes_.rend(); ++past) {
      if (past->state == BreakerState::Closed) break;
      if (past->state != BreakerState::Open) continue;
      wait = std::min(spec_.open_max, past->wait * spec_.open_backoff.num / spec_.open_backoff.den);
      break;
    }
    episodes_.push_back(
        {.state = BreakerState::Open, .since = now, .until = now + wait, .wait = wait});
  }

  const BreakerSpec& spec_;
  std::vector<Episode> episodes_;
};

}  // namespace fusebox::breakers
