// When the SDK of a provider tries a call again, as a pure function. The rules are those that the
// official Python SDKs of OpenAI and Anthropic share; chaos::RetryRules holds what differs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "chaos/profile.hpp"

namespace fusebox::sim {

// How one upstream attempt ended.
enum class AttemptEnd : std::uint8_t {
  Ok,
  RateLimited,    // 429
  Overloaded,     // 529, 503
  ServerError,    // 500
  TimedOut,       // nothing within the SDK's own timeout
  StreamError,    // an error event inside a stream that began with 200
  ToolFailed,     // a tool's result says so: an answer, as far as the transport goes
  ProtocolError,  // a tool's server answers with a JSON-RPC error
};
constexpr AttemptEnd last_of(AttemptEnd) { return AttemptEnd::ProtocolError; }
inline constexpr std::array<std::string_view, 8> kAttemptEndNames{
    "ok",        "rate_limited", "overloaded",  "server_error",
    "timed_out", "stream_error", "tool_failed", "protocol_error"};

struct FailedAttempt {
  AttemptEnd end = AttemptEnd::ServerError;
  std::optional<Duration> retry_after;  // header of the answer
};

// How long the SDK waits before it tries again; nullopt if it gives up. `retries` were made before.
// Its own wait is base x 2^retries, capped, shortened by up to the jitter's share of it: by the
// share of 2^64 that `draw` is.
//
// Worked: the second retry with base 500 ms, jitter 1/4 and a draw in the middle waits 875 ms.
[[nodiscard]] std::optional<Duration> retry_wait(const chaos::RetryRules& rules,
                                                 std::int64_t retries, const FailedAttempt& failed,
                                                 std::uint64_t draw);

}  // namespace fusebox::sim
