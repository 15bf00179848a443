#include "chaos/canonical.hpp"

#include "base/json_writer.hpp"
#include "base/overload.hpp"

namespace fusebox::chaos {
namespace {

template <class Enum, std::size_t N>
std::string_view word(const std::array<std::string_view, N>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

// Times as nanoseconds, ratios in lowest terms, what is absent as null.
class Canon {
 public:
  explicit Canon(std::string& out) : json_(out) {}

  void member(std::string_view key, std::string_view text) { json_.field(key, text); }
  void member(std::string_view key, std::int64_t value) { json_.field(key, value); }
  void member(std::string_view key, double value) { json_.field(key, value); }
  void flag(std::string_view key, bool value) { json_.field(key, value); }
  void member(std::string_view key, Duration value) { json_.field(key, value.count()); }
  void member(std::string_view key, Ratio value) {
    json_.field(key, std::to_string(value.num) + "/" + std::to_string(value.den));
  }
  template <class T>
  void member(std::string_view key, const std::optional<T>& value) {
    if (value) return member(key, *value);
    json_.key(key);
    json_.null();
  }
  template <class Members>
  void object(std::string_view key, const Members& members) {
    json_.key(key);
    object(members);
  }
  template <class Members>
  void object(const Members& members) {
    json_.begin_object();
    members();
    json_.end_object();
  }
  template <class Items, class Each>
  void list(std::string_view key, const Items& items, const Each& each) {
    json_.key(key);
    json_.begin_array();
    for (const auto& item : items) object([&] { each(item); });
    json_.end_array();
  }
  void texts(std::string_view key, const std::vector<std::string>& items) {
    json_.key(key);
    json_.begin_array();
    for (const std::string& item : items) json_.string(item);
    json_.end_array();
  }

  void member(std::string_view key, const Distribution& distribution) {
    object(key, [&] { std::visit([&](const auto& each) { write(each); }, distribution); });
  }

 private:
  void write(const Constant& each) { member("const", each.value); }
  void write(const Uniform& each) {
    member("min", each.min);
    member("max", each.max);
  }
  void write(const Exponential& each) { member("mean", each.mean); }
  void write(const LogNormal& each) {
    member("p50", each.p50);
    member("p99", each.p99);
  }
  void write(const Pareto& each) {
    member("min", each.min);
    member("alpha", each.alpha);
  }

  JsonWriter json_;
};

void write_target(Canon& out, const Target& target) {
  out.member("name", target.name);
  out.member("kind", word(kTargetKindNames, target.kind));
  out.member("model", target.model);
  out.member("tool", target.tool);
  out.object("sim", [&] {
    out.member("latency", target.sim.latency);
    out.member("tokens_per_s", target.sim.tokens_per_s);
    out.member("errors", target.sim.errors);
    out.member("capacity", target.sim.capacity);
    out.member("queue", target.sim.queue);
    out.member("requests_per_s", target.sim.requests_per_s);
  });
}

void write_workload(Canon& out, const Workload& workload) {
  out.member("profile", workload.profile);
  out.member("process", word(kArrivalProcessNames, workload.process));
  out.member("rate", workload.rate);
  out.member("per", workload.per);
  out.member("in_flight_max", workload.in_flight_max);
  out.member("agents", workload.agents);
}

void write_population(Canon& out, const Population& population) {
  out.member("unit", word(kUnitNames, population.unit));
  out.member("percent", population.percent);
  out.member("control_percent", population.control_percent);
  out.member("salt", population.salt);
}

void write_effect(Canon& out, const FaultEffect& effect) {
  std::visit(
      Overload{
          [&](const SlowTtft& each) { out.member("delay", each.delay); },
          [&](const InStreamError& each) {
            out.member("kind", word(kProviderErrorNames, each.kind));
            out.member("after_events", each.after_events);
          },
          [&](const RateLimit& each) { out.member("retry_after", each.retry_after); },
          [&](const Hang&) {},
          [&](const UsageInflation& each) { out.member("factor", each.factor); },
          [&](const ToolError& each) { out.member("kind", word(kToolErrorKindNames, each.kind)); },
          [&](const TelemetryLoss& each) {
            out.member("mode", word(kLossModeNames, each.mode));
            out.member("delay", each.delay);
          },
          [&](const ClockStep& each) { out.member("by", each.by); },
      },
      effect);
}

void write_schedule(Canon& out, const Schedule& schedule) {
  out.member("percent", schedule.percent);
  out.member("nth", schedule.nth);
  if (schedule.every) {
    out.member("every", schedule.every->n);
    out.member("every_length", schedule.every->length);
  }
  out.member("after_calls", schedule.after_calls);
  out.member("first_n", schedule.first_n);
  if (schedule.burst) {
    out.member("burst", schedule.burst->period);
    out.member("burst_length", schedule.burst->length);
  }
  out.member("from", schedule.from);
  out.member("until", schedule.until);
}

void write_fault(Canon& out, const Scenario& scenario, const FaultSpec& fault) {
  out.member("id", fault.id);
  out.member("type", word(kFaultTypeNames, fault.type()));
  out.member("target", scenario.targets[fault.target].name);
  out.object("with", [&] { write_effect(out, fault.effect); });
  out.object("schedule", [&] { write_schedule(out, fault.schedule); });
  out.object("match", [&] {
    out.member("agent", fault.match.agent);
    out.member("tenant", fault.match.tenant);
    out.member("tool", fault.match.tool);
    out.member("model", fault.match.model);
  });
  out.member("max_count", fault.max_count);
}

void write_stage(Canon& out, const Scenario& scenario, const Stage& stage) {
  out.member("name", stage.name);
  out.member("kind", word(kStageKindNames, stage.kind));
  out.member("duration", stage.duration);
  out.list("faults", stage.faults,
           [&](const FaultSpec& fault) { write_fault(out, scenario, fault); });
  if (!stage.ramp) return;
  out.object("ramp", [&] {
    out.member("from", stage.ramp->from);
    out.member("to", stage.ramp->to);
    out.member("shape", word(kRampShapeNames, stage.ramp->shape));
  });
}

void write_hypothesis(Canon& out, const Hypothesis& hypothesis) {
  out.list("steady_state", hypothesis.steady_state, [&](const SteadyState& steady) {
    out.member("slo", steady.slo);
    out.member("window", steady.window);
    out.member("op", word(kCompareNames, steady.op));
    out.member("value", steady.value);
  });
  out.list("compare", hypothesis.compare, [&](const Comparison& comparison) {
    out.member("sli", comparison.sli);
    out.member("kind", word(kComparisonKindNames, comparison.kind));
    out.member("margin", comparison.margin);
  });
  out.member("min_samples", hypothesis.min_samples);
  out.member("confidence", hypothesis.confidence);
  out.member("power", hypothesis.power);
}

void write_guardrail(Canon& out, const Guardrail& guardrail) {
  out.member("name", guardrail.name);
  out.member("slo", guardrail.slo);
  out.member("window", guardrail.window);
  out.member("arm", name_of(guardrail.arm));
  out.member("op", word(kCompareNames, guardrail.op));
  out.member("value", guardrail.value);
  out.member("for", guardrail.lasting);
  out.member("action", word(kGuardrailActionNames, guardrail.action));
}

void write_expectation(Canon& out, const Scenario& scenario, const Expectation& expectation) {
  std::visit(Overload{
                 [&](const ExpectBreaker& each) {
                   out.member("breaker", each.breaker);
                   out.member("state", each.state);
                   out.member("within", each.within);
                   out.member("closed_within", each.closed_within);
                 },
                 [&](const ExpectKillSwitch& each) {
                   out.member("kill_switch", each.scope);
                   out.member("within", each.within);
                 },
                 [&](const ExpectBudget& each) {
                   out.member("budget", each.slo);
                   out.member("max_spend", each.max_spend);
                 },
                 [&](const ExpectCost& each) {
                   out.member("cost", each.per_task ? "task" : "total");
                   out.member("max", each.max.value);
                 },
                 [&](const ExpectTokens& each) {
                   out.member("tokens", each.per_task ? "task" : "total");
                   out.member("max", each.max);
                 },
                 [&](const ExpectAmplification& each) {
                   out.member("amplification", scenario.targets[each.target].name);
                   out.member("max", each.max);
                 },
                 [&](const ExpectRecovery& each) {
                   out.member("recovery", each.slo);
                   out.member("within", each.within);
                   out.member("hold", each.hold);
                 },
                 [&](const ExpectAlert& each) {
                   out.member("alert", each.slo);
                   out.member("within", each.within);
                   out.member("count", each.count_max);
                 },
                 [&](const ExpectUncertain& each) {
                   out.member("telemetry", each.slo);
                   out.member("within", each.within);
                 },
             },
             expectation.what);
}

void write_head(Canon& out, const Scenario& scenario) {
  out.member("name", scenario.name);
  out.member("title", scenario.title);
  out.member("description", scenario.description);
  out.member("owner", scenario.owner);
  out.member("incident", scenario.incident);
  out.texts("tags", scenario.tags);
  out.member("seed", static_cast<std::int64_t>(scenario.seed));
  out.member("mode", word(kModeNames, scenario.mode));
}

}  // namespace

std::string canonical_json(const Scenario& scenario) {
  std::string text;
  Canon out(text);
  out.object([&] {
    write_head(out, scenario);
    out.list("targets", scenario.targets, [&](const Target& each) { write_target(out, each); });
    out.texts("slos", scenario.slos);
    out.object("workload", [&] { write_workload(out, scenario.workload); });
    out.object("population", [&] { write_population(out, scenario.population); });
    out.list("stages", scenario.stages,
             [&](const Stage& each) { write_stage(out, scenario, each); });
    out.object("hypothesis", [&] { write_hypothesis(out, scenario.hypothesis); });
    out.list("guardrails", scenario.guardrails,
             [&](const Guardrail& each) { write_guardrail(out, each); });
    out.list("expect", scenario.expect,
             [&](const Expectation& each) { write_expectation(out, scenario, each); });
    out.object("rollback", [&] {
      out.flag("verify", scenario.rollback.verify);
      out.member("timeout", scenario.rollback.timeout);
    });
  });
  return text;
}

}  // namespace fusebox::chaos
