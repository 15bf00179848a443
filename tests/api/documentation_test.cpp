// docs/api.md lists the routes that there are; UPDATE_GOLDEN=1 writes its table anew.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "sre/api/routes.hpp"

namespace fusebox::api {
namespace {

constexpr std::string_view kBegin = "UPDATE_GOLDEN=1 fusebox_api_tests -->\n";
constexpr std::string_view kEnd = "<!-- end -->";

std::string who_may_use(const Route& route) {
  if (route.roles.is_open()) return "anybody";
  std::string out;
  for (std::size_t i = 0; i < config::kRoleNames.size(); ++i) {
    if (!route.roles.contains(static_cast<Role>(i))) continue;
    if (!out.empty()) out += ", ";
    out += config::kRoleNames[i];
  }
  return out;
}

std::string query_of(const Route& route) {
  std::string out;
  for (const QueryParameter& each : route.query) {
    out += (out.empty() ? "; query: " : " ") + std::string(each.name);
  }
  return out;
}

std::string table() {
  std::string out = "\n| route | answers | who |\n|---|---|---|\n";
  for (const Route& route : routes()) {
    out += "| `" + std::string(route.method) + " " + std::string(route.path) + "`" +
           (route.listener == Listener::Otlp ? " (OpenTelemetry)" : "") + " | " +
           std::string(route.summary) + query_of(route) + " | " + who_may_use(route) + " |\n";
  }
  return out + "\n";
}

TEST(ApiDocumentation, ListsEveryRouteAndWhoMayUseIt) {
  const std::string path = std::string(FUSEBOX_SOURCE_DIR) + "/docs/api.md";
  std::ifstream in(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  const auto begin = text.find(kBegin);
  const auto end = text.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const auto at = begin + kBegin.size();
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    text.replace(at, end - at, table());
    std::ofstream(path, std::ios::binary) << text;
  } else {
    EXPECT_TRUE(text.substr(at, end - at) == table()) << "write it anew with UPDATE_GOLDEN=1";
  }
}

}  // namespace
}  // namespace fusebox::api
