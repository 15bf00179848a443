#include "sre/config/detail/schema_parts.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/json_writer.hpp"

namespace fusebox::config::detail::schema {
namespace {

template <class Members>
std::string written(const Members& members) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  members(json);
  json.end_object();
  return out;
}

void check_complete(std::span<const Key> keys, std::initializer_list<Property> properties) {
  const auto built = std::count_if(keys.begin(), keys.end(),
                                   [](const Key& key) { return key.need != Need::Later; });
  FUSEBOX_ASSERT(static_cast<std::size_t>(built) == properties.size());
  for (const Property& property : properties) {
    FUSEBOX_ASSERT(std::any_of(keys.begin(), keys.end(), [&](const Key& key) {
      return key.name == property.first && key.need != Need::Later;
    }));
  }
}

}  // namespace

std::string text(std::size_t bytes_max) {
  return written([&](JsonWriter& json) {
    json.field("type", "string");
    json.field("minLength", std::int64_t{1});
    json.field("maxLength", static_cast<std::int64_t>(bytes_max));
  });
}

std::string matching(std::string_view pattern) {
  return written([&](JsonWriter& json) {
    json.field("type", "string");
    json.field("pattern", pattern);
  });
}

std::string words(Names names) {
  return written([&](JsonWriter& json) {
    json.key("enum");
    json.begin_array();
    for (const std::string_view name : names) json.string(name);
    json.end_array();
  });
}

std::string integer(std::int64_t min, std::int64_t max) {
  return written([&](JsonWriter& json) {
    json.field("type", "integer");
    json.field("minimum", min);
    json.field("maximum", max);
  });
}

std::string number(double min, double max) {
  return written([&](JsonWriter& json) {
    json.field("type", "number");
    json.field("minimum", min);
    json.field("maximum", max);
  });
}

std::string boolean() { return R"({"type":"boolean"})"; }

std::string just_true() { return R"({"const":true})"; }

std::string ratio() {
  return any_of(
      {R"({"type":"number","minimum":0})", matching(R"(^([0-9]+(\.[0-9]+)?%?|[0-9]+/[0-9]+)$)")});
}

std::string duration() { return matching("^[0-9]+(ns|us|ms|s|m|h|d|w)$"); }

std::string money() {
  return any_of({R"({"type":"number","exclusiveMinimum":0})", matching(R"(^[0-9]+(\.[0-9]+)?$)")});
}

std::string list(const std::string& items, std::size_t min, std::size_t max) {
  return written([&](JsonWriter& json) {
    json.field("type", "array");
    json.field("minItems", static_cast<std::int64_t>(min));
    json.field("maxItems", static_cast<std::int64_t>(max));
    json.key("items");
    json.raw(items);
  });
}

std::string any_of(std::initializer_list<std::string> schemas) {
  return written([&](JsonWriter& json) {
    json.key("anyOf");
    json.begin_array();
    for (const std::string& schema : schemas) json.raw(schema);
    json.end_array();
  });
}

std::string object(std::span<const Key> keys, std::initializer_list<Property> properties) {
  check_complete(keys, properties);
  return written([&](JsonWriter& json) {
    json.field("type", "object");
    json.field("additionalProperties", false);
    json.key("required");
    json.begin_array();
    for (const Key& key : keys) {
      if (key.need == Need::Required) json.string(key.name);
    }
    json.end_array();
    json.key("properties");
    json.begin_object();
    for (const Property& property : properties) {
      json.key(property.first);
      json.raw(property.second);
    }
    json.end_object();
  });
}

std::string with(std::string object, std::string_view members) {
  FUSEBOX_ASSERT(object.ends_with('}'));
  object.pop_back();
  return object + "," + std::string(members) + "}";
}

}  // namespace fusebox::config::detail::schema
