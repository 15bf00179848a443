// The agents that a scenario's workload is made of: how a task goes, what it calls, how it retries
// and what it does when it is refused. Data; the simulator walks it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ratio.hpp"
#include "base/time.hpp"
#include "chaos/distribution.hpp"
#include "chaos/scenario.hpp"

namespace fusebox::chaos {

// How the SDK of a provider retries one call. Defaults are those of the official SDKs.
struct RetryRules {
  std::int64_t retries_max = 2;  // so at most three upstream calls
  Duration base = std::chrono::milliseconds{500};
  Duration cap = std::chrono::seconds{8};
  Ratio jitter{1, 4};  // a wait is shortened by up to this share
  // A Retry-After within (0, x] is waited for. Beyond it the call is not retried (OpenAI 3.52, the
  // default), or the wait is the SDK's own (Anthropic until it began to wait however long it is
  // told, with 60 s; 2.11 waits).
  Duration retry_after_max = std::chrono::minutes{2};
  bool retry_beyond = false;
  Duration timeout = std::chrono::minutes{10};  // of one upstream call
};

struct ModelProfile {
  std::string name;
  Distribution ttft;
  std::int64_t tokens_per_s = 80;
  std::int64_t tokens_in = 1'000;              // of a first call; each step adds its context
  std::int64_t tokens_out = 200;               // on average
  std::int64_t usd_per_million_in_micros = 0;  // micro-dollars for a million tokens
  std::int64_t usd_per_million_out_micros = 0;
  ServiceModel service;
};

struct ToolProfile {
  std::string name;
  Distribution latency;
  ServiceModel service;
};

struct Profile {
  std::string name;
  std::vector<ModelProfile> models;     // the first is what agents ask for
  std::optional<std::size_t> fallback;  // index into models: asked when the first is refused
  std::vector<ToolProfile> tools;
  std::int64_t rounds_min = 1;  // a round is a model call and a tool call;
  std::int64_t rounds_max = 2;  // a last model call writes the answer
  std::int64_t turns = 5;       // tasks in a session
  RetryRules retry;
  std::int64_t agent_retries = 0;  // of a failed model call, by the agent itself
  std::int64_t tool_retries = 1;   // a failed tool call is planned again: a model call more
  Duration task_deadline = std::chrono::minutes{15};
  std::int64_t calls_max = 5;  // an agent gives up after so many calls
};

[[nodiscard]] std::span<const std::string_view> profile_names();
// nullptr if unknown.
[[nodiscard]] const Profile* find_profile(std::string_view name);

// The profile as this scenario's targets change it (`sim` of each).
[[nodiscard]] Profile profile_of(const Scenario& scenario);

}  // namespace fusebox::chaos
