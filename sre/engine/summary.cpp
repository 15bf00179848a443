// The summary for people and programs.
#include "base/json_writer.hpp"
#include "killswitch/sha256.hpp"
#include "sre/engine/detail/core.hpp"

namespace fusebox::engine {
void Engine::Impl::write_summary(std::string& out, const std::function<void()>& written) {
  JsonWriter json(out);
  json.begin_object();
  json.key("summary");
  json.begin_object();
  json.key("slos");
  json.begin_array();
  for (slo::Slo& slo : slos) slo.write_summary(json, now);
  json.end_array();
  json.key("breakers");
  json.begin_array();
  for (const breakers::BreakerSet& set : breaker_sets) set.write_summary(json);
  json.end_array();
  json.key("limits");
  json.begin_array();
  for (breakers::Limit& limit : limits) limit.write_summary(json, now, written);
  json.end_array();
  json.key("kills");
  json.begin_array();
  for (const killswitch::Order* order : fence.orders()) {
    json.begin_object();
    killswitch::write_fields(json, *order);
    json.end_object();
  }
  json.end_array();
  write_counters(json);
  json.key("audit");
  json.begin_object();
  json.field("entries", chain.entries());
  json.field("head", killswitch::to_hex(chain.head()));
  json.end_object();
  json.end_object();
  json.end_object();
}

void Engine::Impl::write_counters(JsonWriter& json) const {
  json.key("events");
  json.begin_object();
  json.field("inputs", counters.inputs);
  json.field("counted", counters.events);
  json.field("duplicate", counters.duplicate);
  json.field("late", counters.late);
  json.field("future", counters.future);
  json.field("sampled", counters.sampled);
  json.field("condition_errors", all_condition_errors());
  json.field("checks", counters.checks);
  json.field("proceeded", counters.proceeded);
  json.field("refused", counters.refused);
  json.key("reports");
  json.begin_object();
  json.field("committed", counters.committed);
  json.field("repeated", counters.repeated);
  json.field("late", counters.late_reports);
  json.field("unknown", counters.unknown_reports);
  json.end_object();
  json.end_object();
}

std::int64_t Engine::Impl::all_condition_errors() const {
  std::int64_t errors = counters.condition_errors + state_rules.condition_errors();
  for (const slo::Slo& slo : slos) errors += slo.condition_errors();
  for (const breakers::BreakerSet& set : breaker_sets) errors += set.condition_errors();
  for (const breakers::Limit& limit : limits) errors += limit.condition_errors();
  return errors;
}

}  // namespace fusebox::engine
