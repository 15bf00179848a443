// The keys of `kind: Scenario`, mapping by mapping: what the reader takes is what the JSON Schema
// says, because both read these tables.
#pragma once

#include <array>
#include <string_view>

#include "chaos/fault.hpp"
#include "chaos/scenario.hpp"
#include "sre/config/detail/map_reader.hpp"

namespace fusebox::config::detail::scenario_keys {

inline constexpr std::array kSpec{
    required("title"),      optional("description"), required("owner"),      optional("incident"),
    optional("tags"),       optional("seed"),        optional("mode"),       required("targets"),
    optional("slos"),       optional("workload"),    optional("population"), required("stages"),
    required("hypothesis"), optional("guardrails"),  optional("expect"),     optional("rollback"),
    later("vars"),          later("safety"),         later("report")};

inline constexpr std::array kTarget{required("name"), required("kind"), optional("model"),
                                    optional("tool"), optional("sim"),  later("live")};
inline constexpr std::array kService{optional("latency"), optional("tokens_per_s"),
                                     optional("errors"),  optional("capacity"),
                                     optional("queue"),   optional("requests_per_s")};

// A distribution has exactly one of these.
inline constexpr std::array kDistribution{optional("const"),  optional("uniform"),
                                          optional("exp"),    optional("lognormal"),
                                          optional("pareto"), later("empirical")};
inline constexpr std::array kExponential{required("mean")};
inline constexpr std::array kLogNormal{required("p50"), required("p99")};
inline constexpr std::array kPareto{required("min"), required("alpha")};

inline constexpr std::array kWorkload{required("profile"), required("arrivals"), optional("agents"),
                                      later("task"),       later("llm"),         later("tool"),
                                      later("retry"),      later("delegation"),  later("session"),
                                      later("protection")};
inline constexpr std::array kArrivals{optional("process"), required("rate"),
                                      optional("max_in_flight")};
inline constexpr std::array kAgents{required("count"), later("classes")};

inline constexpr std::array kPopulation{optional("unit"),
                                        optional("percent"),
                                        optional("control_percent"),
                                        optional("salt"),
                                        later("allow"),
                                        later("deny"),
                                        later("max_units"),
                                        later("max_concurrent_faults"),
                                        later("exclude_priority")};

inline constexpr std::array kStage{required("name"),   required("kind"), required("duration"),
                                   optional("faults"), optional("ramp"), later("wait_for")};
inline constexpr std::array kRamp{required("field"), required("from"), required("to"),
                                  optional("shape")};

inline constexpr std::array kFault{required("id"),        required("type"),  required("target"),
                                   optional("schedule"),  optional("match"), optional("with"),
                                   optional("max_count"), later("mode")};
inline constexpr std::array kSchedule{
    optional("percent"), optional("nth"),   optional("every"), optional("after_calls"),
    optional("first_n"), optional("burst"), optional("from"),  optional("until"),
    later("on_turn"),    later("at")};
inline constexpr std::array kEvery{required("n"), optional("length")};
inline constexpr std::array kBurst{required("period"), required("length")};
inline constexpr std::array kMatch{optional("agent"), optional("tenant"), optional("tool"),
                                   optional("model"), later("class"),     later("label"),
                                   later("method"),   later("stream"),    later("direction")};

// `with`, by chaos::FaultType. A type without keys takes no `with` at all.
inline constexpr std::array kSlowTtft{required("delay")};
inline constexpr std::array kInStreamError{required("kind"), optional("after_events")};
inline constexpr std::array kRateLimit{optional("retry_after")};
inline constexpr std::array kUsageInflation{required("factor")};
inline constexpr std::array kToolError{required("kind")};
inline constexpr std::array kTelemetryLoss{required("mode"), optional("delay")};
inline constexpr std::array kClockStep{optional("forward"), optional("backward")};
[[nodiscard]] std::span<const Key> with_keys(chaos::FaultType type);

inline constexpr std::array kHypothesis{required("steady_state"),
                                        optional("compare"),
                                        optional("min_samples"),
                                        optional("confidence"),
                                        optional("power"),
                                        later("allow_inconclusive"),
                                        later("every")};
inline constexpr std::array kSteadyState{required("slo"),   required("window"), required("op"),
                                         required("value"), later("sli"),       later("agg")};
inline constexpr std::array kComparison{required("sli"), required("kind"), required("margin"),
                                        later("direction")};
inline constexpr std::array kGuardrail{
    required("name"),  required("slo"), required("window"), optional("arm"), required("op"),
    required("value"), optional("for"), optional("action"), later("scope"),  later("on_no_data")};

// `expect`: the first key is the kind, and its value what is expected of.
inline constexpr std::array kExpectBreaker{required("breaker"), required("state"),
                                           required("within"),  optional("closed_within"),
                                           later("min_hold"),   later("probes")};
inline constexpr std::array kExpectKillSwitch{required("kill_switch"), optional("within"),
                                              optional("must_not"), later("grace")};
inline constexpr std::array kExpectBudget{required("budget"), optional("max_spend"),
                                          optional("not_exhausted")};
inline constexpr std::array kExpectCost{required("cost"), required("max")};
inline constexpr std::array kExpectTokens{required("tokens"), required("max")};
inline constexpr std::array kExpectAmplification{required("amplification"), required("max")};
inline constexpr std::array kExpectRecovery{required("recovery"), required("within"),
                                            optional("hold")};
inline constexpr std::array kExpectAlert{required("alert"), required("within"), optional("count")};
inline constexpr std::array kExpectTelemetry{required("telemetry"), required("state"),
                                             required("within"), later("max_gap")};

// The order of Expectation::what.
inline constexpr std::array<std::string_view, 9> kExpectKinds{
    "breaker",       "kill_switch", "budget", "cost",     "tokens",
    "amplification", "recovery",    "alert",  "telemetry"};
inline constexpr std::array<std::string_view, 4> kLaterExpectKinds{
    "no_duplicate_effects", "no_canary_egress", "no_unauthorised_allow", "invariant"};
[[nodiscard]] std::span<const Key> expect_keys(std::size_t kind);

inline constexpr std::array kRollback{optional("strategy"), optional("verify"),
                                      optional("timeout")};

// Words of the contract beside those that are built.
inline constexpr std::array<std::string_view, 3> kLaterTargetKinds{"mcp", "agent", "network"};
inline constexpr std::array<std::string_view, 2> kLaterProcesses{"trace", "burst"};
inline constexpr std::array<std::string_view, 1> kLaterUnits{"request"};
inline constexpr std::array<std::string_view, 1> kLaterComparisons{"count"};
inline constexpr std::array<std::string_view, 2> kLaterStrategies{"on_abort", "never"};

}  // namespace fusebox::config::detail::scenario_keys
