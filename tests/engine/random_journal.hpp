// Journals of random but plausible lines, from a seed: every kind of input, ids that repeat, times
// that stand still, jump and go back.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "tests/engine/configs.hpp"

namespace fusebox::engine {

// SplitMix64: the same numbers on every compiler.
class RandomSource {
 public:
  explicit RandomSource(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  // 0 .. bound - 1
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(bound));
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }
  template <std::size_t N>
  const char* pick(const char* const (&words)[N]) {
    return words[below(N)];
  }

 private:
  std::uint64_t state_;
};

// Every mechanism of the engine at once, small enough that its edges are met often.
inline const std::string kEverything = kToolSlo + breaker("enforce") +
                                       call_limit("throttle", "shadow") + config("{silence: 2m}") +
                                       policy(R"(
    - {id: ask, trigger: request, when: target == "pay", effect: require_approval}
    - {id: never, trigger: request, when: target == "rm", effect: kill, scope: session}
    - id: burning
      trigger: slo
      when: slo.name == "tools" && slo.burn_rate["5m"] > 4.0
      effect: deny
      scope: agent
    - {id: maybe, trigger: request, when: args.n > 3, effect: deny, mode: shadow}
)") + R"(---
apiVersion: openslo/v1
kind: SLO
metadata: {name: fast, annotations: {fusebox.dev/max-keys: "2", fusebox.dev/group-by: session}}
spec:
  service: agents
  indicator:
    metadata: {name: fast}
    spec:
      thresholdMetric:
        metricSource: {type: fusebox, spec: {where: 'kind == "llm"', value: duration_ms}}
  timeWindow: [{duration: 1h, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{op: lte, value: 500, target: 0.5}]
---
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: sessions}
spec:
  key: [session, tool]
  window: {duration: 60s}
  minimum_calls: 3
  failure_rate: 50%
  slow: {duration: 400ms, rate: 60%}
  open: {wait: 7s, backoff: 2, max: 1m}
  half_open: {probes: 2, patience: 9s}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: hourly}
spec:
  scope: [session]
  window: 10m
  budget: {tokens: 5000, cost_usd: 1.5, tool_calls: 30}
  rate: {limit: 10/m, burst: 2}
  concurrency: {max: 3, lease: 40s}
  thresholds: [50%, 90%]
  on_exceed: deny
)";

// In order: the operands of + may be evaluated in any, and a journal must not depend on that.
inline std::string concat(std::initializer_list<std::string> parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}

inline std::string random_identity(RandomSource& random) {
  std::string out = std::string(R"("agent":")") + random.pick({"a", "b", "c"}) + "\"";
  if (!random.one_in(3)) {
    out += std::string(R"(,"session":")") + random.pick({"s1", "s2", "s3", "s4"}) + "\"";
  }
  if (random.one_in(3)) out += R"(,"tenant":"t")";
  return out;
}

inline std::string random_measurements(RandomSource& random) {
  std::string out;
  if (!random.one_in(4)) out += ",\"duration_ms\":" + std::to_string(random.below(900));
  if (random.one_in(2)) out += ",\"tokens_in\":" + std::to_string(random.below(400));
  if (random.one_in(3)) out += ",\"cost_usd\":\"0.0" + std::to_string(random.below(90)) + "\"";
  return out;
}

inline std::string random_event(RandomSource& random, std::int64_t now_s) {
  std::string out = concat({R"("event":{"kind":")",
                            random.pick({"tool", "tool", "llm", "task", "heartbeat", "policy"}),
                            "\",", random_identity(random), R"(,"outcome":")",
                            random.pick({"ok", "ok", "error", "timeout", "cancelled"}), "\"",
                            random_measurements(random)});
  if (random.one_in(2)) out += std::string(R"(,"tool":")") + random.pick({"x", "y"}) + "\"";
  if (random.one_in(4)) out += ",\"id\":\"c" + std::to_string(random.below(200)) + "\"";
  if (random.one_in(6)) out += ",\"weight\":" + std::to_string(1 + random.below(20));
  if (random.one_in(5)) {
    out += ",\"at\":" + std::to_string(now_s - random.below(400) + 10) + "000000000";
  }
  return out + "}";
}

inline std::string random_check(RandomSource& random) {
  std::string out =
      concat({"\"id\":\"c", std::to_string(random.below(200)), R"(","check":{"action":")",
              random.pick({"tool", "tool", "llm", "task", "delegation"}), "\",",
              random_identity(random), R"(,"target":")",
              random.one_in(60) ? "rm" : random.pick({"x", "y", "pay", "x", "y"}), "\""});
  if (random.one_in(3)) {
    out += R"(,"estimate":{"tokens":)" + std::to_string(random.below(600)) + "}";
  }
  if (random.one_in(2)) out += R"(,"args":{"n":)" + std::to_string(random.below(6)) + "}";
  if (random.one_in(8)) out += ",\"idempotency_key\":\"k" + std::to_string(random.below(9)) + "\"";
  return out + "}";
}

inline std::string random_order(RandomSource& random) {
  const std::string who =
      std::string(R"(","reason":"r","actor":")") + random.pick({"p", "q"}) + "\"}";
  switch (random.below(16)) {
    case 12:
    case 13:
      return concat({R"("force":{"id":"tools:)", random.pick({"x", "y"}), R"(","state":")",
                     random.pick({"open", "closed"}), R"(","for":")", random.pick({"5s", "1m"}),
                     who});
    case 14:
    case 15:
      return concat({R"("raise":{"id":"hourly:)", random.pick({"s1", "s2", "s3", ""}),
                     R"(","dimension":")", random.pick({"tokens", "tool_calls", "tokens_in"}),
                     R"(","by":)", std::to_string(random.below(3)), R"(,"for":"2m)", who});
    case 0:
      return std::string(R"("kill":{"scope":")") +
             random.pick({"agent:c", "session:s4", "tool:y"}) + who;
    case 1:
    case 2:
    case 3:
      return concat({R"("approval":{"id":"c)", std::to_string(random.below(200)), R"(","action":")",
                     random.pick({"grant", "deny"}), who});
    default:
      return R"("rearm":{"id":"kill-)" + std::to_string(1 + random.below(12)) + who;
  }
}

inline std::vector<std::string> random_journal(std::uint64_t seed, std::size_t lines) {
  RandomSource random(seed);
  std::vector<std::string> out;
  std::int64_t now = 1'767'225'600;
  for (std::size_t i = 0; i < lines; ++i) {
    if (random.one_in(2)) now += random.below(8);
    if (random.one_in(300)) now += random.below(4000);
    const std::int64_t at = random.one_in(100) ? now - 3 : now;
    const std::int64_t kind = random.below(20);
    std::string body = R"("tick":true)";
    if (kind < 7) {
      body = random_event(random, now);
    } else if (kind < 13) {
      body = random_check(random);
    } else if (kind < 17) {
      body = concat({R"("report":{"permit":"c)", std::to_string(random.below(200)),
                     R"(","outcome":")", random.pick({"ok", "error", "timeout", "throttled"}), "\"",
                     random_measurements(random), "}"});
    } else if (kind < 18) {
      body = random_order(random);
    }
    out.push_back("{\"at\":" + std::to_string(at) + "000000000," + body + "}");
  }
  return out;
}

}  // namespace fusebox::engine
