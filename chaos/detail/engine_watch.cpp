#include "chaos/detail/engine_watch.hpp"

#include <algorithm>

#include "chaos/detail/figures.hpp"
#include "telemetry/prices.hpp"

namespace fusebox::chaos {
namespace {

bool concerns(std::string_view key) {
  return arm_of_key(key).value_or(Arm::Experiment) == Arm::Experiment;
}

Judged passed(std::string text) { return {FindingState::Pass, std::move(text)}; }
Judged failed(std::string text) { return {FindingState::Fail, std::move(text)}; }

std::string after(Duration from, Duration at) {
  return at <= from ? "at once" : "after " + in_words(at - from);
}

Deadline within(Duration from, std::optional<Duration> limit) {
  return {.from = from, .until = limit ? from + *limit : Duration::max()};
}

// What an engine says of an SLO that it cannot know.
bool is_unknown(const telemetry::SloStatusRecord& record) {
  return record.uncertain || record.to == "uncertain" || record.to == "no_data";
}

}  // namespace

// In a rendered key quotes within values are escaped, so this can be nothing but the member.
std::optional<Arm> arm_of_key(std::string_view key) {
  for (const Arm arm : {Arm::Experiment, Arm::Control, Arm::Outside}) {
    const std::string member = R"("arm":")" + std::string(name_of(arm)) + '"';
    if (key.find(member) != std::string_view::npos) return arm;
  }
  return std::nullopt;
}

BreakerWatch::BreakerWatch(const ExpectBreaker& expected, Deadline inject)
    : expected_(&expected),
      window_(within(inject.from, expected.within)),
      closed_until_(inject.until + expected.closed_within.value_or(Duration{})) {}

void BreakerWatch::record(const telemetry::BreakerRecord& record, Duration at) {
  if (record.name != expected_->breaker || !concerns(record.key)) return;
  if (at <= closed_until_) is_closed_[record.key] = record.to == "closed";
  const bool there = record.to == expected_->state;
  if (at < window_.from) {
    is_reached_[record.key] = there;
  } else if (there && window_.covers(at) && !reached_) {
    reached_ = at;
  }
}

Judged BreakerWatch::judge() const {
  const bool was_there = std::any_of(is_reached_.begin(), is_reached_.end(),
                                     [](const auto& key) { return key.second; });
  const std::string state = expected_->breaker + " " + expected_->state;
  if (!reached_ && !was_there) {
    const std::string limit = in_words(expected_->within);
    return failed(is_closed_.empty() ? expected_->breaker + " never moved"
                                     : state + " not reached within " + limit);
  }
  const std::string reached = state + " " + after(window_.from, reached_.value_or(window_.from));
  if (!expected_->closed_within) return passed(reached);
  const Judged closed = judge_closed();
  return {closed.state, reached + ", " + closed.text};
}

Judged BreakerWatch::judge_closed() const {
  const auto open = std::count_if(is_closed_.begin(), is_closed_.end(),
                                  [](const auto& key) { return !key.second; });
  const std::string when = in_words(*expected_->closed_within) + " after the faults ended";
  if (open == 0) return passed("closed again " + when);
  return failed(grouped(open) + " of " +
                count_of(static_cast<std::int64_t>(is_closed_.size()), "key") + " not closed " +
                when);
}

KillWatch::KillWatch(const ExpectKillSwitch& expected, Duration inject_begin)
    : expected_(&expected),
      window_(expected.within ? within(inject_begin, expected.within)
                              : Deadline{.from = Duration::min(), .until = Duration::max()}) {}

void KillWatch::record(const telemetry::KillRecord& record, Duration at) {
  if (tripped_ || !record.tripped || !window_.covers(at)) return;
  if (!telemetry::matches_glob(expected_->scope, record.scope)) return;
  tripped_ = at;
  scope_ = record.scope;
}

bool KillWatch::expects(std::string_view scope) const {
  return expected_->within && telemetry::matches_glob(expected_->scope, scope);
}

Judged KillWatch::judge() const {
  if (!expected_->within) {
    return tripped_ ? failed(scope_ + " tripped at " + clock_text(std::max(*tripped_, Duration{})))
                    : passed("nothing tripped");
  }
  if (tripped_) return passed(scope_ + " tripped " + after(window_.from, *tripped_));
  return failed("nothing tripped within " + in_words(*expected_->within));
}

AlertWatch::AlertWatch(const ExpectAlert& expected, Duration inject_begin)
    : expected_(&expected), window_(within(inject_begin, expected.within)) {}

void AlertWatch::record(const telemetry::AlertRecord& record, Duration at) {
  if (record.slo != expected_->slo || !record.firing || !concerns(record.key)) return;
  ++firings_;
  if (!fired_ && window_.covers(at)) fired_ = at;
}

Judged AlertWatch::judge() const {
  if (!fired_) return failed("no alert within " + in_words(expected_->within));
  const std::string text =
      "fired " + after(window_.from, *fired_) + ", " + count_of(firings_, "time") + " in all";
  if (!expected_->count_max || firings_ <= *expected_->count_max) return passed(text);
  return failed(text + ", more than " + grouped(*expected_->count_max));
}

UncertainWatch::UncertainWatch(const ExpectUncertain& expected, Duration inject_begin)
    : expected_(&expected), window_(within(inject_begin, expected.within)) {}

void UncertainWatch::record(const telemetry::SloStatusRecord& record, Duration at) {
  if (record.slo != expected_->slo || !is_unknown(record) || !concerns(record.key)) return;
  if (!unknown_ && window_.covers(at)) unknown_ = at;
}

Judged UncertainWatch::judge() const {
  if (unknown_) return passed("said to be unknown " + after(window_.from, *unknown_));
  return failed("taken as known all the time, " + in_words(expected_->within) + " into the faults");
}

}  // namespace fusebox::chaos
