#include "sre/api/openapi.hpp"

#include <algorithm>
#include <array>

#include "base/json_writer.hpp"
#include "sre/api/detail/schemas.hpp"
#include "sre/api/routes.hpp"
#include "sre/config/settings.hpp"

namespace fusebox::api {
namespace {

constexpr std::string_view kNdjson = "application/x-ndjson";
constexpr std::string_view kAbout =
    "Decisions, telemetry, budgets and stop orders for fleets of AI agents. Errors are RFC 9457 "
    "problem details; a wrong value is 400 with the name of its field. In requests a member that "
    "is null counts as absent.";

bool is_described(const Route& route) { return route.listener == Listener::Api && route.is_built; }

void write_reference(JsonWriter& json, std::string_view schema) {
  json.begin_object();
  json.field("$ref", "#/components/schemas/" + std::string(schema));
  json.end_object();
}

// "content": {MEDIA: {"schema": …}}; a schema without a name is text.
void write_content(JsonWriter& json, std::string_view media, std::string_view schema) {
  json.key("content");
  json.begin_object();
  json.key(media);
  json.begin_object();
  json.key("schema");
  if (schema.empty()) {
    json.raw(R"({"type":"string"})");
  } else {
    write_reference(json, schema);
  }
  json.end_object();
  if (schema == "Events") {
    json.key(kNdjson);
    json.raw(R"({"schema":{"type":"string"}})");
  }
  json.end_object();
}

// post_v1_breakers_id_force
std::string operation_id(const Route& route) {
  std::string id = route.method == "GET" ? "get" : "post";
  bool gap = true;
  for (const char c : route.path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain && gap) id += '_';
    if (plain) id += c;
    gap = !plain;
  }
  return id;
}

void write_parameter(JsonWriter& json, std::string_view place, const QueryParameter& parameter) {
  json.begin_object();
  json.field("name", parameter.name);
  json.field("in", place);
  if (place == "path") json.field("required", true);
  if (!parameter.description.empty()) json.field("description", parameter.description);
  json.key("schema");
  json.raw(parameter.type);
  json.end_object();
}

void write_parameters(JsonWriter& json, const Route& route) {
  json.key("parameters");
  json.begin_array();
  const auto open = route.path.find('{');
  if (open != std::string_view::npos) {
    const std::string_view name = route.path.substr(open + 1, route.path.find('}') - open - 1);
    write_parameter(json, "path", {name, R"({"type":"string","minLength":1})", {}});
  }
  for (const QueryParameter& each : route.query) write_parameter(json, "query", each);
  json.end_array();
}

void write_roles(JsonWriter& json, const Route& route) {
  json.key("security");
  json.raw(route.roles.is_open() ? "[]" : R"([{"token":[]},{}])");
  if (route.roles.is_open()) return;
  json.key("x-fusebox-roles");
  json.begin_array();
  for (std::size_t i = 0; i < config::kRoleNames.size(); ++i) {
    if (route.roles.contains(static_cast<Role>(i))) json.string(config::kRoleNames[i]);
  }
  json.end_array();
}

void write_responses(JsonWriter& json, const Route& route) {
  json.key("responses");
  json.begin_object();
  json.key(std::to_string(route.status));
  json.begin_object();
  json.field("description", route.is_endless ? "goes on until one side ends it" : "done");
  write_content(json, route.media, route.response);
  json.end_object();
  json.key("default");
  json.raw(R"({"$ref":"#/components/responses/Problem"})");
  json.end_object();
}

void write_operation(JsonWriter& json, const Route& route) {
  json.key(route.method == "GET" ? "get" : "post");
  json.begin_object();
  json.field("operationId", operation_id(route));
  json.field("summary", route.summary);
  write_parameters(json, route);
  if (!route.request.empty()) {
    json.key("requestBody");
    json.begin_object();
    json.field("required", true);
    write_content(json, "application/json", route.request);
    json.end_object();
  }
  write_responses(json, route);
  write_roles(json, route);
  json.end_object();
}

// Each path with all its methods, where it stands first in the table.
void write_paths(JsonWriter& json) {
  json.key("paths");
  json.begin_object();
  const auto all = routes();
  for (auto each = all.begin(); each != all.end(); ++each) {
    const auto same = [each](const Route& other) {
      return is_described(other) && other.path == each->path;
    };
    if (!is_described(*each) || std::any_of(all.begin(), each, same)) continue;
    json.key(each->path);
    json.begin_object();
    for (const Route& other : all) {
      if (same(other)) write_operation(json, other);
    }
    json.end_object();
  }
  json.end_object();
}

void write_components(JsonWriter& json) {
  json.key("components");
  json.begin_object();
  json.key("securitySchemes");
  json.raw(R"({"token":{"type":"http","scheme":"bearer"}})");
  json.key("responses");
  json.begin_object();
  json.key("Problem");
  json.begin_object();
  json.field("description", "what is wrong");
  write_content(json, "application/problem+json", "Problem");
  json.end_object();
  json.end_object();
  json.key("schemas");
  json.begin_object();
  for (const detail::Schema& schema : detail::schemas()) {
    json.key(schema.name);
    json.raw(schema.json);
  }
  json.end_object();
  json.end_object();
}

}  // namespace

std::string openapi_json(std::string_view version) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("openapi", "3.1.0");
  json.key("info");
  json.begin_object();
  json.field("title", "fusebox");
  json.field("version", version);
  json.field("description", kAbout);
  json.end_object();
  write_paths(json);
  write_components(json);
  json.end_object();
  return out;
}

}  // namespace fusebox::api
