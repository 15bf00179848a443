#include "sre/config/schema.hpp"

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "base/diagnostics.hpp"
#include "sre/config/detail/json.hpp"
#include "sre/config/detail/yaml.hpp"
#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

bool valid(const json::value& schema, const json::value& value);

bool is_type(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  if (type == "number") return value.is_number();
  ADD_FAILURE() << "the schema uses the type " << type;
  return false;
}

bool valid_object(const json::object& schema, const json::object& value) {
  const auto* properties = schema.if_contains("properties");
  for (const auto& member : value) {
    const auto* rule =
        properties == nullptr ? nullptr : properties->as_object().if_contains(member.key());
    if (rule != nullptr && !valid(*rule, member.value())) return false;
    if (rule == nullptr && schema.contains("additionalProperties")) return false;
  }
  if (const auto* required = schema.if_contains("required")) {
    for (const auto& key : required->as_array()) {
      if (!value.contains(key.as_string())) return false;
    }
  }
  const auto size = static_cast<std::int64_t>(value.size());
  const auto* least = schema.if_contains("minProperties");
  const auto* most = schema.if_contains("maxProperties");
  return (least == nullptr || size >= least->as_int64()) &&
         (most == nullptr || size <= most->as_int64());
}

bool valid_array(const json::object& schema, const json::array& value) {
  const auto size = static_cast<std::int64_t>(value.size());
  if (const auto* least = schema.if_contains("minItems"); least && size < least->as_int64()) {
    return false;
  }
  if (const auto* most = schema.if_contains("maxItems"); most && size > most->as_int64()) {
    return false;
  }
  const auto* items = schema.if_contains("items");
  return items == nullptr || std::all_of(value.begin(), value.end(),
                                         [&](const auto& item) { return valid(*items, item); });
}

bool valid_string(const json::object& schema, const std::string& value) {
  const auto size = static_cast<std::int64_t>(value.size());
  if (const auto* least = schema.if_contains("minLength"); least && size < least->as_int64()) {
    return false;
  }
  if (const auto* most = schema.if_contains("maxLength"); most && size > most->as_int64()) {
    return false;
  }
  const auto* pattern = schema.if_contains("pattern");
  return pattern == nullptr ||
         std::regex_search(value, std::regex(json::value_to<std::string>(*pattern)));
}

bool valid_number(const json::object& schema, double value) {
  const auto* least = schema.if_contains("minimum");
  const auto* most = schema.if_contains("maximum");
  const auto* above = schema.if_contains("exclusiveMinimum");
  return (least == nullptr || value >= least->to_number<double>()) &&
         (most == nullptr || value <= most->to_number<double>()) &&
         (above == nullptr || value > above->to_number<double>());
}

bool valid_combination(const json::object& schema, const json::value& value) {
  const auto matches = [&](const char* key) {
    std::int64_t count = 0;
    for (const auto& each : schema.at(key).as_array()) count += valid(each, value) ? 1 : 0;
    return count;
  };
  if (schema.contains("anyOf") && matches("anyOf") == 0) return false;
  if (schema.contains("oneOf") && matches("oneOf") != 1) return false;
  if (const auto* all = schema.if_contains("allOf")) {
    if (matches("allOf") != static_cast<std::int64_t>(all->as_array().size())) return false;
  }
  const auto* condition = schema.if_contains("if");
  return condition == nullptr || !valid(*condition, value) || valid(schema.at("then"), value);
}

// As much of JSON Schema as the schemas use.
bool valid(const json::value& schema, const json::value& value) {
  if (schema.is_bool()) return schema.as_bool();
  const json::object& rules = schema.as_object();
  const auto* type = rules.if_contains("type");
  if (type != nullptr && !is_type(value, type->as_string())) return false;
  if (const auto* constant = rules.if_contains("const"); constant && *constant != value) {
    return false;
  }
  if (const auto* words = rules.if_contains("enum")) {
    const auto& all = words->as_array();
    if (std::find(all.begin(), all.end(), value) == all.end()) return false;
  }
  if (!valid_combination(rules, value)) return false;
  if (value.is_object()) return valid_object(rules, value.as_object());
  if (value.is_array()) return valid_array(rules, value.as_array());
  if (value.is_string()) return valid_string(rules, std::string(value.as_string()));
  return !value.is_number() || valid_number(rules, value.to_number<double>());
}

// Each document of a file, as JSON.
std::vector<json::value> documents_of(const std::string& text) {
  Diagnostics diagnostics;
  detail::Report report("test.yaml", text, diagnostics);
  std::vector<json::value> documents;
  for (const detail::Node& node : detail::parse_yaml(report)) {
    documents.push_back(json::parse(detail::to_json(node)));
  }
  return documents;
}

json::value scenario_schema() {
  const auto schemas = json_schemas();
  EXPECT_EQ(schemas.at(0).name, "scenario.schema.json");
  return json::parse(schemas.at(0).json);
}

TEST(ScenarioSchema, TakesWhatTheReaderTakes) {
  const json::value schema = scenario_schema();
  const fs::path data(FUSEBOX_TEST_DATA);
  for (const char* file : {"accepted/scenario.yaml", "explain/everything.yaml"}) {
    for (const json::value& document : documents_of(read_text(data / file))) {
      EXPECT_TRUE(valid(schema, document)) << file;
    }
  }
}

// Scenarios with wrong keys, types, words or units: everything but the rules across sections.
TEST(ScenarioSchema, RefusesWhatTheReaderRefuses) {
  const json::value schema = scenario_schema();
  const fs::path folder = fs::path(FUSEBOX_TEST_DATA) / "diagnostics";
  for (const char* file : {"scenario_frame.yaml", "scenario_world.yaml", "scenario_stages.yaml",
                           "scenario_judgement.yaml"}) {
    for (const json::value& document : documents_of(read_text(folder / file))) {
      const std::string name = json::value_to<std::string>(document.at("metadata").at("name"));
      // A simulation needs a workload: that is for two keys to say together.
      if (name == "no-workload") continue;
      EXPECT_FALSE(valid(schema, document)) << file << " " << name;
    }
  }
}

// One change to the example at a time: the schema is not merely refusing everything.
TEST(ScenarioSchema, RefusesOneMistake) {
  const json::value schema = scenario_schema();
  const std::string example = read_text(fs::path(FUSEBOX_TEST_DATA) / "accepted/scenario.yaml");
  struct Row {
    std::string from, to;
  };
  for (const Row& row :
       {Row{"kind: Scenario", "kind: Scenarios"}, Row{"seed: 7", "seed: x"},
        Row{"rate: 200/s", "rate: 200"}, Row{"percent: 60%", "percent: 60pc"},
        Row{"op: gte", "op: '>='"}, Row{"duration: 15m", "duration: 15"},
        Row{"kind: overloaded", "kind: tired"}, Row{"with: {delay:", "with: {dely:"},
        Row{"lognormal: {p50: 4s, p99: 30s}", "lognormal: {p50: 4s}"},
        Row{"state: open", "state: ajar"}, Row{"owner: sre-agents", "vars: {}"}}) {
    std::string text = example;
    const auto at = text.find(row.from);
    ASSERT_NE(at, std::string::npos) << row.from;
    text.replace(at, row.from.size(), row.to);
    EXPECT_FALSE(valid(schema, documents_of(text).at(0))) << row.to;
  }
}

}  // namespace
}  // namespace fusebox::config
