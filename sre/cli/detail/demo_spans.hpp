// What the demo's agents tell: OTLP in JSON, in the words of the GenAI conventions.
#pragma once

#include <cstdint>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace fusebox::cli {

// One span, ended now, as an agent's SDK exports it: "chat" with a model, or "execute_tool" with a
// tool. `number` makes its ids and is not used twice.
[[nodiscard]] boost::json::object agent_span(std::uint64_t number, std::string_view operation,
                                             std::string_view subject, bool failed);

// The body of one POST /v1/traces with the spans of one agent.
[[nodiscard]] boost::json::value agent_export(std::string_view agent, boost::json::array spans);

}  // namespace fusebox::cli
