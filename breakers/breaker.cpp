#include "breakers/breaker.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace fusebox::breakers {
namespace {

// part / whole >= ratio, without rounding.
bool at_or_above(std::int64_t part, std::int64_t whole, Ratio ratio) {
  return static_cast<Int128>(part) * ratio.den >= static_cast<Int128>(whole) * ratio.num;
}

bool is_neutral(telemetry::Outcome outcome) {
  switch (outcome) {
    case telemetry::Outcome::Cancelled:
    case telemetry::Outcome::Throttled:
    case telemetry::Outcome::Denied:
      return true;
    case telemetry::Outcome::Ok:
    case telemetry::Outcome::Error:
    case telemetry::Outcome::Timeout:
      return false;
  }
  return false;
}

bool is_failure(telemetry::Outcome outcome) {
  return outcome == telemetry::Outcome::Error || outcome == telemetry::Outcome::Timeout;
}

// A minimum above a count window's length could never be met.
std::int64_t minimum_of(const BreakerSpec& spec) {
  const auto* count = std::get_if<CountWindow>(&*spec.window);
  return count == nullptr ? spec.minimum_calls : std::min(spec.minimum_calls, count->calls);
}

// Would an episode with this many bad results, of `probes` in all, reopen?
bool reopens(const BreakerSpec& spec, std::int64_t failures, std::int64_t slow) {
  const bool failed =
      spec.failure_rate ? at_or_above(failures, spec.probes, *spec.failure_rate) : failures > 0;
  return failed || (spec.slow && at_or_above(slow, spec.probes, spec.slow->rate));
}

void check(const BreakerSpec& spec) {
  FUSEBOX_ASSERT(spec.window || (!spec.failure_rate && !spec.slow));
  FUSEBOX_ASSERT(spec.open_wait > Duration{});
  FUSEBOX_ASSERT(spec.open_max >= spec.open_wait);
  FUSEBOX_ASSERT(spec.open_backoff >= Ratio{});
  FUSEBOX_ASSERT(spec.open_backoff.num >= spec.open_backoff.den);
  FUSEBOX_ASSERT(spec.probes >= 1);
  FUSEBOX_ASSERT(spec.patience > Duration{});
}

}  // namespace

std::string_view name_of(BreakerState state) {
  switch (state) {
    case BreakerState::Closed:
      return "closed";
    case BreakerState::Open:
      return "open";
    case BreakerState::HalfOpen:
      return "half_open";
  }
  return "";
}

std::string_view name_of(Detector detector) {
  switch (detector) {
    case Detector::None:
      return "";
    case Detector::FailureRate:
      return "failure_rate";
    case Detector::SlowRate:
      return "slow_rate";
    case Detector::ConsecutiveFailures:
      return "consecutive_failures";
    case Detector::ProbeFailed:
      return "probe_failed";
    case Detector::ProbePatience:
      return "probe_patience";
    case Detector::ProbeSucceeded:
      return "probe_succeeded";
  }
  return "";
}

Breaker::Breaker(const BreakerSpec& spec) : spec_(&spec) {
  check(spec);
  if (spec.window) window_.emplace(*spec.window);
}

CallTally Breaker::tally(Instant now) const {
  switch (state_) {
    case BreakerState::Closed:
      if (window_) return window_->tally(now);
      return {.calls = failures_in_row_, .failures = failures_in_row_, .slow = 0};
    case BreakerState::Open:
      return {};
    case BreakerState::HalfOpen:
      return probation_.results();
  }
  return {};
}

bool Breaker::is_as_new(Instant now) const {
  return generation_ == 1 && failures_in_row_ == 0 && (!window_ || window_->tally(now).calls == 0);
}

Admission Breaker::peek(Instant now) const {
  switch (state_) {
    case BreakerState::Closed:
      return {};
    case BreakerState::Open:
      if (now >= open_until_) return {};
      return {.allowed = false,
              .reason = policy::Reason::BreakerOpen,
              .retry_after = open_until_ - now};
    case BreakerState::HalfOpen:
      if (probation_.slots_taken() < spec_->probes) return {};
      // INVARIANT: an undecided episode with all slots taken has a probe under way.
      FUSEBOX_ASSERT(probation_.oldest());
      return {.allowed = false,
              .reason = policy::Reason::BreakerProbing,
              .retry_after = std::max(Duration{}, patience_ends(*probation_.oldest()) - now)};
  }
  return {};
}

Ticket Breaker::take(Instant now) {
  switch (state_) {
    case BreakerState::Closed:
      return {.generation = generation_, .probe = false, .serial = 0};
    case BreakerState::Open:
      FUSEBOX_ASSERT(now < open_until_);  // on_deadline comes first
      return {};
    case BreakerState::HalfOpen:
      if (probation_.slots_taken() >= spec_->probes) return {};
      return {.generation = generation_, .probe = true, .serial = probation_.send(now)};
  }
  return {};
}

std::optional<Transition> Breaker::report(const Ticket& ticket, const CallResult& result,
                                          Instant at, Instant now) {
  if (is_neutral(result.outcome)) {
    release(ticket);
    return std::nullopt;
  }
  if (ticket.generation != generation_) return std::nullopt;
  if (!ticket.probe) return record(mark_of(result), at, now);
  if (!probation_.answer(ticket.serial, mark_of(result))) return std::nullopt;
  return judge(now);
}

void Breaker::release(const Ticket& ticket) {
  if (ticket.probe && ticket.generation == generation_) probation_.cancel(ticket.serial);
}

std::optional<Transition> Breaker::observe(const CallResult& result, Instant at, Instant now) {
  if (is_neutral(result.outcome)) return std::nullopt;
  const Instant began = at - result.duration.value_or(Duration{});
  if (state_ == BreakerState::Open || began < fresh_since_) return std::nullopt;
  if (state_ == BreakerState::Closed) return record(mark_of(result), at, now);
  probation_.count(mark_of(result));
  return judge(now);
}

std::optional<Instant> Breaker::next_deadline() const {
  Instant deadline = kNever;
  if (state_ == BreakerState::Open) deadline = open_until_;
  if (state_ == BreakerState::HalfOpen && probation_.oldest()) {
    deadline = patience_ends(*probation_.oldest());
  }
  if (deadline == kNever) return std::nullopt;
  return deadline;
}

std::optional<Transition> Breaker::on_deadline(Instant now) {
  const std::optional<Instant> deadline = next_deadline();
  if (!deadline || now < *deadline) return std::nullopt;
  if (state_ == BreakerState::Open) return half_open(*deadline);
  return open(Detector::ProbePatience, probation_.results(), *deadline);
}

CallMark Breaker::mark_of(const CallResult& result) const {
  return {.failure = is_failure(result.outcome),
          .slow = spec_->slow && result.duration && *result.duration > spec_->slow->longer_than};
}

Instant Breaker::patience_ends(Instant sent) const { return add_saturated(sent, spec_->patience); }

std::optional<Transition> Breaker::record(CallMark mark, Instant at, Instant now) {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  failures_in_row_ = !mark.failure ? 0 : failures_in_row_ == kMost ? kMost : failures_in_row_ + 1;
  const bool in_window = window_ && window_->add(mark, std::min(at, now), now);
  const CallTally recent = in_window ? window_->tally(now) : CallTally{};
  const std::optional<Detector> detector = fired(in_window, recent);
  if (!detector) return std::nullopt;
  if (*detector != Detector::ConsecutiveFailures) return open(*detector, recent, now);
  return open(*detector, {.calls = failures_in_row_, .failures = failures_in_row_, .slow = 0}, now);
}

std::optional<Detector> Breaker::fired(bool in_window, const CallTally& recent) const {
  const auto row = spec_->consecutive_failures;
  if (row && failures_in_row_ >= *row) return Detector::ConsecutiveFailures;
  if (!in_window || recent.calls < minimum_of(*spec_)) return std::nullopt;
  if (spec_->failure_rate && at_or_above(recent.failures, recent.calls, *spec_->failure_rate)) {
    return Detector::FailureRate;
  }
  if (spec_->slow && at_or_above(recent.slow, recent.calls, spec_->slow->rate)) {
    return Detector::SlowRate;
  }
  return std::nullopt;
}

// Decides as soon as the results that are missing could not change the answer; with the last of
// `probes` results nothing is missing, so an episode never has more.
std::optional<Transition> Breaker::judge(Instant now) {
  const CallTally results = probation_.results();
  if (reopens(*spec_, results.failures, results.slow)) {
    return open(Detector::ProbeFailed, results, now);
  }
  const std::int64_t missing = spec_->probes - results.calls;
  if (reopens(*spec_, results.failures + missing, results.slow + missing)) return std::nullopt;
  return close();
}

Transition Breaker::open(Detector detector, const CallTally& evidence, Instant now) {
  wait_ = wait_after(wait_);
  open_until_ = add_saturated(now, wait_);
  Transition moved = move_to(BreakerState::Open, detector, evidence);
  moved.wait = wait_;
  failures_in_row_ = 0;
  if (window_) window_->clear();
  probation_.begin();
  return moved;
}

Transition Breaker::half_open(Instant now) {
  fresh_since_ = now;
  Transition moved = move_to(BreakerState::HalfOpen, Detector::None, {});
  moved.wait = wait_;
  return moved;
}

Transition Breaker::close() {
  const Transition moved =
      move_to(BreakerState::Closed, Detector::ProbeSucceeded, probation_.results());
  wait_ = Duration{};
  probation_.begin();
  return moved;
}

Transition Breaker::move_to(BreakerState to, Detector detector, const CallTally& evidence) {
  const BreakerState from = state_;
  state_ = to;
  ++generation_;
  return {.from = from,
          .to = to,
          .detector = detector,
          .calls = evidence.calls,
          .failures = evidence.failures,
          .slow = evidence.slow,
          .wait = Duration{}};
}

// The wait of the next opening, after one of `wait` in the same row (0: it is the first).
Duration Breaker::wait_after(Duration wait) const {
  if (wait == Duration{}) return spec_->open_wait;
  const Int128 scaled =
      static_cast<Int128>(wait.count()) * spec_->open_backoff.num / spec_->open_backoff.den;
  const Int128 capped = std::min(scaled, static_cast<Int128>(spec_->open_max.count()));
  return Duration{static_cast<std::int64_t>(capped)};
}

void Breaker::save(ArchiveWriter& archive) const {
  archive(state_, failures_in_row_, generation_, wait_, open_until_, fresh_since_);
  if (state_ == BreakerState::Closed && window_) window_->save(archive);
  if (state_ == BreakerState::HalfOpen) probation_.save(archive);
}

void Breaker::restore(ArchiveReader& archive) {
  *this = Breaker{*spec_};
  archive(state_, failures_in_row_, generation_, wait_, open_until_, fresh_since_);
  if (state_ == BreakerState::Closed && window_) window_->restore(archive);
  if (state_ == BreakerState::HalfOpen) probation_.restore(archive, spec_->probes);
  if (!archive.failed() && plausible()) return;
  archive.fail();
  *this = Breaker{*spec_};
}

bool Breaker::plausible() const {
  constexpr std::uint64_t kGenerationMax = std::uint64_t{1} << 62;
  if (generation_ > kGenerationMax || open_until_ < Instant{}) return false;
  const bool waited = wait_ >= spec_->open_wait && wait_ <= spec_->open_max;
  const bool row_open =
      spec_->consecutive_failures && failures_in_row_ >= *spec_->consecutive_failures;
  switch (state_) {
    case BreakerState::Closed:
      return generation_ >= 1 && wait_ == Duration{} && !row_open;
    case BreakerState::Open:
      return generation_ >= 2 && waited;
    case BreakerState::HalfOpen:
      return generation_ >= 3 && waited;
  }
  return false;
}

}  // namespace fusebox::breakers
