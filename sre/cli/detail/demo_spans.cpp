#include "sre/cli/detail/demo_spans.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

namespace fusebox::cli {
namespace {

namespace json = boost::json;

json::object attribute(std::string_view key, json::value value) {
  json::object wrapped;
  wrapped[value.is_string() ? "stringValue" : "intValue"] = std::move(value);
  return {{"key", key}, {"value", std::move(wrapped)}};
}

std::string hex(std::uint64_t value, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

json::object agent_span(std::uint64_t number, std::string_view operation, std::string_view subject,
                        bool failed) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto end = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  json::array attributes{attribute("gen_ai.operation.name", json::string(operation))};
  if (operation == "chat") {
    attributes.push_back(attribute("gen_ai.request.model", json::string(subject)));
    attributes.push_back(attribute("gen_ai.usage.input_tokens", 1'200));
    attributes.push_back(attribute("gen_ai.usage.output_tokens", 150));
  } else {
    attributes.push_back(attribute("gen_ai.tool.name", json::string(subject)));
  }
  json::object status;
  if (failed) status = {{"code", 2}};
  return {{"traceId", hex(number, 32)},
          {"spanId", hex(number, 16)},
          {"name", std::string(operation) + " " + std::string(subject)},
          {"kind", 3},
          {"startTimeUnixNano", std::to_string(end - 420'000'000)},
          {"endTimeUnixNano", std::to_string(end)},
          {"attributes", std::move(attributes)},
          {"status", std::move(status)}};
}

json::value agent_export(std::string_view agent, json::array spans) {
  const json::object resource{
      {"attributes", json::array{attribute("service.name", json::string("demo")),
                                 attribute("gen_ai.agent.name", json::string(agent))}}};
  for (json::value& each : spans) {
    each.as_object()["attributes"].as_array().push_back(
        attribute("gen_ai.agent.name", json::string(agent)));
  }
  return json::object{
      {"resourceSpans",
       json::array{
           json::object{{"resource", resource},
                        {"scopeSpans", json::array{json::object{{"spans", std::move(spans)}}}}}}}};
}

}  // namespace fusebox::cli
