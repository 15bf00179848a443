// What the attribute names of agent telemetry mean, as data. Four generations of OpenTelemetry's
// GenAI names, OpenInference, OpenLLMetry, the AI SDK and Claude Code say the same things in other
// words; conventions.cpp is the one place that knows which words. A new spelling is a new row.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fusebox::telemetry::detail {

// What we want to know of a span.
enum class Field : std::uint8_t {
  // Who and where. A span that does not say takes these from its resource.
  Agent,      // named by us, or by a handoff: beyond doubt the one who acted
  AgentName,  // the agent that the span is about; of a remote call, the one that is called
  Service,
  Tenant,
  Environment,
  Version,
  User,
  Session,
  Task,
  ParentTask,
  RootTask,
  Domain,
  // What was done. Only the span itself can say.
  Tool,
  Model,
  Provider,
  ToAgent,
  Entity,  // of OpenLLMetry: the name of whatever the span's kind is
  Operation,
  McpMethod,
  Permit,
  // How it went.
  Outcome,
  ErrorClass,
  ErrorType,
  HttpStatus,
  Success,
  Verdict,
  // Numbers.
  TokensIn,       // with the cached ones
  TokensInFresh,  // without them
  CachedIn,       // read from a cache
  CacheWritten,   // written to a cache
  TokensOut,
  Cost,
  Ttft,
  Score,
  Confidence,
  Trust,
  Depth,
  FilesChanged,
  Weight,
  // Prompts, answers, arguments, credentials: people's data, never kept.
  Content,
};
inline constexpr std::size_t kFieldCount = static_cast<std::size_t>(Field::Content) + 1;
inline constexpr std::size_t kInheritedFieldCount = static_cast<std::size_t>(Field::Domain) + 1;

// How an attribute's value is read, and in which unit it comes.
enum class Unit : std::uint8_t {
  Text,          // a non-empty string
  ServiceName,   // the same, and not the name that SDKs make up for a service without one
  Operation,     // a word of vocabulary.hpp
  OutcomeName,   // "ok", "cancelled"
  Verdict,       // of a guardrail: a word, or whether it fired
  Flag,          // a boolean
  Count,         // an integer of at least 0; also as a whole double or a decimal string
  TrustScore,    // a count up to 1000
  Share,         // a number from 0 to 1
  Usd,           // a number or a decimal string
  Seconds,       // a number of at least 0
  Milliseconds,  // the same
  SampleRate,    // a number of at least 1: how many spans this one stands for
  Nothing,       // is not read
};

struct Alias {
  Field field;
  Unit unit;
  std::string_view attribute;
};

// Rows of the table of aliases by number. Among the attributes that a span has for one field, the
// one with the smallest row wins.
using Row = std::uint8_t;
inline constexpr Row kNoRow = 0xFF;

// The first row of this attribute; kNoRow if nobody knows it. A name below a Content row
// ("llm.input_messages.0.message.role") has that row. Some nanoseconds.
[[nodiscard]] Row find_row(std::string_view attribute);

// The next row of the same attribute, or kNoRow.
[[nodiscard]] Row next_row(Row row);

[[nodiscard]] const Alias& alias_of(Row row);
[[nodiscard]] std::size_t alias_count();

}  // namespace fusebox::telemetry::detail
