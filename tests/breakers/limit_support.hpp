// Shorthand for tests of limits: instants, demands and specs in one line each.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "breakers/limit.hpp"

namespace fusebox::breakers::testing {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using telemetry::Action;
using telemetry::Outcome;

// Some time in 2026; a whole hour, so that bucket borders are easy to name.
inline constexpr Instant kStart{seconds{1'767'225'600}};

inline Instant after(Duration elapsed) { return kStart + elapsed; }

using Budgeted = std::initializer_list<std::pair<Resource, std::int64_t>>;

inline std::array<std::optional<std::int64_t>, kResourceCount> maxima(Budgeted list) {
  std::array<std::optional<std::int64_t>, kResourceCount> out;
  for (const auto& [resource, max] : list) out[index_of(resource)] = max;
  return out;
}

inline LimitSpec budget_spec(Budgeted list, std::optional<Duration> window = std::nullopt) {
  LimitSpec spec;
  spec.name = "task-budget";
  spec.scope = KeySpec({Dimension::Task});
  spec.window = window;
  spec.budget = maxima(list);
  return spec;
}

inline Dimensions task(std::string_view name) {
  Dimensions dimensions;
  dimensions[Dimension::Agent] = "bot";
  dimensions[Dimension::Task] = name;
  return dimensions;
}

struct Ask {
  Action action = Action::Tool;
  std::optional<std::int64_t> tokens = std::nullopt;
  std::optional<std::int64_t> micro_usd = std::nullopt;
  std::optional<std::int64_t> files_changed = std::nullopt;
  std::optional<std::int64_t> depth = std::nullopt;
};

inline Demand demand(const Ask& ask = {}) {
  telemetry::Check check;
  check.action = ask.action;
  check.estimate.tokens = ask.tokens;
  if (ask.micro_usd) check.estimate.cost_usd = MicroUsd{*ask.micro_usd};
  check.estimate.files_changed = ask.files_changed;
  check.depth = ask.depth;
  return demand_of(check);
}

struct Did {
  Action action = Action::Tool;
  Outcome outcome = Outcome::Ok;
  std::optional<std::int64_t> tokens_in = std::nullopt;
  std::optional<std::int64_t> tokens_out = std::nullopt;
  std::optional<std::int64_t> micro_usd = std::nullopt;
  std::optional<std::int64_t> files_changed = std::nullopt;
};

inline Usage usage(const Did& did = {}) {
  telemetry::Measurements measured;
  measured.tokens_in = did.tokens_in;
  measured.tokens_out = did.tokens_out;
  if (did.micro_usd) measured.cost_usd = MicroUsd{*did.micro_usd};
  measured.files_changed = did.files_changed;
  return usage_of(did.action, did.outcome, measured);
}

// An llm call of so many tokens, all of them output.
inline Ask llm(std::int64_t tokens) { return {.action = Action::Llm, .tokens = tokens}; }
inline Did spent(std::int64_t tokens) {
  return {.action = Action::Llm, .tokens_in = 0, .tokens_out = tokens};
}

// A limit with one key "t1", driven as the engine drives it.
class Driver {
 public:
  explicit Driver(LimitSpec spec) : limit(std::move(spec)) {}

  [[nodiscard]] LimitAnswer ask(const Ask& what, Instant now) const {
    return limit.peek(task(key), demand(what), now);
  }
  // The hold if it is granted.
  std::optional<Hold> grant(const Ask& what, Instant now) {
    if (!ask(what, now).allowed) return std::nullopt;
    return limit.take(task(key), demand(what), now);
  }
  void settle(const Hold& hold, const Did& did, Instant now) {
    limit.settle(hold, usage(did), now, records);
  }
  // A whole call within an instant; false if it was refused.
  bool call(const Ask& what, const Did& did, Instant now) {
    const auto hold = grant(what, now);
    if (hold) settle(*hold, did, now);
    return hold.has_value();
  }
  [[nodiscard]] std::string summary(Instant now) {
    std::string out;
    JsonWriter json(out);
    json.begin_array();
    limit.write_summary(json, now, [] {});
    json.end_array();
    return out;
  }
  // The same limit after save and restore, under `spec` if given.
  [[nodiscard]] Driver restored(std::optional<LimitSpec> spec = std::nullopt) const {
    std::string bytes;
    ArchiveWriter writer(bytes);
    limit.save(writer);
    Driver copy(spec ? *std::move(spec) : limit.spec());
    ArchiveReader reader(bytes);
    copy.limit.restore(reader);
    copy.key = key;
    copy.failed = reader.failed() || !reader.at_end();
    return copy;
  }

  std::string key = "t1";
  Limit limit;
  std::vector<telemetry::RecordBody> records;
  bool failed = false;  // of restored()
};

}  // namespace fusebox::breakers::testing
