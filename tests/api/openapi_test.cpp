// The description for programs, against data/openapi.json; UPDATE_GOLDEN=1 writes the file anew.
#include "sre/api/openapi.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "sre/api/routes.hpp"

namespace fusebox::api {
namespace {

namespace json = boost::json;

// Every "$ref" in it.
void collect(const json::value& value, std::set<std::string>& out) {
  if (const auto* object = value.if_object()) {
    for (const auto& [name, member] : *object) {
      if (name == "$ref") out.emplace(member.as_string());
      collect(member, out);
    }
  } else if (const auto* array = value.if_array()) {
    for (const json::value& each : *array) collect(each, out);
  }
}

// One member a line, so that a change shows as what it is.
std::string spread(std::string_view text) {
  std::string out;
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && (i == 0 || text[i - 1] != '\\')) in_text = !in_text;
    depth += in_text ? 0 : (c == '{' ? 1 : c == '}' ? -1 : 0);
    out += c == '\n' ? ' ' : c;
    if (!in_text && depth <= 4 && (c == ',' || c == '{')) out += '\n';
  }
  return out + "\n";
}

TEST(OpenApi, IsTheReviewedOne) {
  const std::string golden = std::string(FUSEBOX_TEST_DATA) + "/openapi.json";
  const std::string found = spread(openapi_json("1.2.3"));
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(golden, std::ios::binary) << found;
  std::ifstream in(golden, std::ios::binary);
  const std::string reviewed(std::istreambuf_iterator<char>(in), {});
  EXPECT_TRUE(found == reviewed) << "look at the difference with UPDATE_GOLDEN=1";
}

TEST(OpenApi, RefersToNothingThatIsNotThere) {
  const json::value description = json::parse(openapi_json("1"));
  std::set<std::string> references;
  collect(description, references);
  EXPECT_GT(references.size(), 20U);
  for (const std::string& reference : references) {
    ASSERT_TRUE(reference.starts_with("#/")) << reference;
    boost::system::error_code error;
    EXPECT_NE(description.find_pointer(reference.substr(1), error), nullptr) << reference;
  }
}

TEST(OpenApi, DescribesEveryRouteThatIsBuiltAndNoOther) {
  const json::value description = json::parse(openapi_json("1"));
  const json::object& paths = description.at("paths").as_object();
  std::size_t described = 0;
  for (const Route& each : routes()) {
    const auto* path = paths.if_contains(each.path);
    const bool wanted = each.listener == Listener::Api && each.is_built;
    const bool found =
        path != nullptr && path->as_object().contains(each.method == "GET" ? "get" : "post");
    if (each.listener == Listener::Api) {
      EXPECT_EQ(found, wanted) << each.path;
    }
    described += wanted ? 1 : 0;
  }
  std::size_t operations = 0;
  for (const auto& [name, path] : paths) operations += path.as_object().size();
  EXPECT_EQ(operations, described);
}

}  // namespace
}  // namespace fusebox::api
