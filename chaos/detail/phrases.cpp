#include "chaos/detail/phrases.hpp"

#include <array>
#include <charconv>

#include "base/overload.hpp"
#include "chaos/detail/figures.hpp"

namespace fusebox::chaos {
namespace {

std::string text(Duration duration) { return format_duration(duration); }

std::string_view words(Compare op) {
  switch (op) {
    case Compare::Lt:
      return "below";
    case Compare::Lte:
      return "at most";
    case Compare::Gt:
      return "above";
    case Compare::Gte:
      return "at least";
  }
  return "";
}

std::string_view words(GuardrailAction action) {
  switch (action) {
    case GuardrailAction::Abort:
      return "the run is aborted";
    case GuardrailAction::HaltAll:
      return "every run is halted";
    case GuardrailAction::KillSwitch:
      return "a stop order trips";
  }
  return "";
}

std::string_view words(ToolErrorKind kind) {
  switch (kind) {
    case ToolErrorKind::Execution:
      return "the result says that the tool failed";
    case ToolErrorKind::Protocol:
      return "the tool answers a protocol error";
    case ToolErrorKind::Http:
      return "the tool answers HTTP 500";
  }
  return "";
}

std::string loss(const TelemetryLoss& effect) {
  switch (effect.mode) {
    case LossMode::Drop:
      return "reports do not arrive";
    case LossMode::Delay:
      return "reports arrive " + text(effect.delay) + " late";
    case LossMode::Duplicate:
      return "reports arrive twice";
  }
  return "";
}

void join(std::string& out, std::string part) {
  if (!out.empty()) out += ", ";
  out += part;
}

std::string each_or_all(bool per_task) {
  return per_task ? "a task of the experiment" : "the experiment in all";
}

std::string expect_breaker(const ExpectBreaker& each) {
  std::string out = "breaker " + each.breaker + " is " + each.state + " within " +
                    text(each.within) + " of the first fault";
  if (each.closed_within) {
    out += ", and every key of it closed within " + text(*each.closed_within) + " of the last";
  }
  return out;
}

std::string expect_kill_switch(const ExpectKillSwitch& each) {
  if (!each.within) return "no stop order on " + each.scope + " trips";
  return "a stop order on " + each.scope + " trips within " + text(*each.within) +
         " of the first fault";
}

std::string expect_recovery(const ExpectRecovery& each) {
  std::string out =
      each.slo + " is back to normal within " + text(each.within) + " of the last fault";
  if (each.hold > Duration{}) out += " and stays there for " + text(each.hold);
  return out;
}

std::string expect_alert(const ExpectAlert& each) {
  std::string out =
      "an alert of " + each.slo + " fires within " + text(each.within) + " of the first fault";
  if (each.count_max) out += ", at most " + count_of(*each.count_max, "time");
  return out;
}

}  // namespace

std::string share_text(Ratio share) {
  return format_ratio(make_ratio(share.num * 100, share.den)) + " %";
}

std::string plain(double number) {
  std::array<char, 32> buffer{};
  const auto [end, failure] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), end};
}

std::string phrase(const Distribution& distribution) {
  return std::visit(
      Overload{
          [](const Constant& each) { return text(each.value); },
          [](const Uniform& each) { return text(each.min) + " to " + text(each.max); },
          [](const Exponential& each) { return text(each.mean) + " on average, exponentially"; },
          [](const LogNormal& each) {
            return text(each.p50) + " in the median, " + text(each.p99) + " in one of a hundred";
          },
          [](const Pareto& each) {
            return text(each.min) + " at least, with a tail of alpha " + format_ratio(each.alpha);
          },
      },
      distribution);
}

std::string phrase(const FaultEffect& effect) {
  return std::visit(
      Overload{
          [](const SlowTtft& each) { return "the first token is late by " + phrase(each.delay); },
          [](const InStreamError& each) {
            const std::string kind(kProviderErrorNames[static_cast<std::size_t>(each.kind)]);
            return "the stream breaks off " +
                   (each.after_events == 0 ? "at once"
                                           : "after " + count_of(each.after_events, "event")) +
                   ", with error " + kind;
          },
          [](const RateLimit& each) {
            return each.retry_after ? "429, to be retried after " + text(*each.retry_after)
                                    : std::string("429 without a word on when to retry");
          },
          [](const Hang&) { return std::string("no answer ever"); },
          [](const UsageInflation& each) {
            return "tokens and cost times " + format_ratio(each.factor);
          },
          [](const ToolError& each) { return std::string(words(each.kind)); },
          [](const TelemetryLoss& each) { return loss(each); },
          [](const ClockStep& each) {
            const bool back = each.by < Duration{};
            return "the host's clock jumps " + text(back ? -each.by : each.by) +
                   (back ? " backward" : " forward");
          },
      },
      effect);
}

std::string phrase(const Schedule& schedule) {
  std::string out;
  if (schedule.nth) join(out, "call " + grouped(*schedule.nth) + " of each unit");
  if (schedule.every) {
    join(out, "the first " + grouped(schedule.every->length) + " of each " +
                  grouped(schedule.every->n) + " calls");
  }
  if (schedule.after_calls) join(out, "not the first " + grouped(*schedule.after_calls) + " calls");
  if (schedule.first_n) join(out, "the first " + grouped(*schedule.first_n) + " calls");
  if (schedule.burst) {
    join(out, "for " + text(schedule.burst->length) + " of each " + text(schedule.burst->period));
  }
  if (schedule.from) join(out, "from " + text(*schedule.from) + " into the stage");
  if (schedule.until) join(out, "until " + text(*schedule.until) + " into the stage");
  if (schedule.percent == Ratio{1, 1}) return out.empty() ? "every call" : out;
  return share_text(schedule.percent) + " of calls" + (out.empty() ? "" : ", ") + out;
}

std::string phrase(const Match& match) {
  std::string out;
  const auto add = [&](std::string_view what, const std::string& pattern) {
    if (!pattern.empty()) join(out, std::string(what) + " is " + pattern);
  };
  add("agent", match.agent);
  add("tenant", match.tenant);
  add("tool", match.tool);
  add("model", match.model);
  return out.empty() ? "" : "where " + out;
}

std::string phrase(const Ramp& ramp) {
  const std::string shape(kRampShapeNames[static_cast<std::size_t>(ramp.shape)]);
  return "the experiment grows from " + share_text(ramp.from) + " to " + share_text(ramp.to) +
         " (" + shape + ")";
}

std::string phrase(const SteadyState& steady) {
  return steady.slo + " over " + text(steady.window) + " is " + std::string(words(steady.op)) +
         " " + plain(steady.value);
}

std::string phrase(const Comparison& comparison) {
  switch (comparison.kind) {
    case ComparisonKind::Proportion: {
      const std::string points =
          format_ratio(make_ratio(comparison.margin.num * 100, comparison.margin.den));
      return comparison.sli + " is at most " + points + (points == "1" ? " point" : " points") +
             " below control";
    }
    case ComparisonKind::Latency:
      return "the 95th percentile of " + comparison.sli + " is at most " +
             share_text(comparison.margin) + " above control";
    case ComparisonKind::Cost:
      return "a task costs at most " + share_text(comparison.margin) + " more than in control";
  }
  return "";
}

std::string phrase(const Guardrail& guardrail) {
  std::string out = "the burn rate of " + guardrail.slo + " over " + text(guardrail.window) +
                    ", arm " + std::string(name_of(guardrail.arm)) + ", is " +
                    std::string(words(guardrail.op)) + " " + plain(guardrail.value);
  if (guardrail.lasting > Duration{}) out += " for " + text(guardrail.lasting);
  return out + ", or unknown: " + std::string(words(guardrail.action));
}

std::string phrase(const Expectation& expectation, const Scenario& scenario) {
  return std::visit(
      Overload{
          [](const ExpectBreaker& each) { return expect_breaker(each); },
          [](const ExpectKillSwitch& each) { return expect_kill_switch(each); },
          [](const ExpectBudget& each) {
            return "the experiment spends at most " + percent(each.max_spend, 0) +
                   " of the error budget of " + each.slo;
          },
          [](const ExpectCost& each) {
            return each_or_all(each.per_task) + " costs at most " + format_usd(each.max) + " USD";
          },
          [](const ExpectTokens& each) {
            return each_or_all(each.per_task) + " takes at most " + grouped(each.max) + " tokens";
          },
          [&](const ExpectAmplification& each) {
            return "a call to " + scenario.targets[each.target].name + " becomes at most " +
                   plain(each.max) + " calls upstream, on average";
          },
          [](const ExpectRecovery& each) { return expect_recovery(each); },
          [](const ExpectAlert& each) { return expect_alert(each); },
          [](const ExpectUncertain& each) {
            return each.slo + " is said to be uncertain within " + text(each.within) +
                   " of the first fault";
          },
      },
      expectation.what);
}

}  // namespace fusebox::chaos
