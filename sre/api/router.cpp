#include <algorithm>
#include <optional>

#include "base/assert.hpp"
#include "sre/api/routes.hpp"

namespace fusebox::api {
namespace {

// The part before the next '/', which is taken off with it.
std::string_view next_segment(std::string_view& path) {
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(segment.size() + 1, path.size()));
  return segment;
}

// What stands in the pattern's one place, if the path has its shape.
std::optional<std::string> fit(std::string_view pattern, std::string_view path) {
  std::string id;
  if (std::count(pattern.begin(), pattern.end(), '/') !=
      std::count(path.begin(), path.end(), '/')) {
    return std::nullopt;
  }
  while (!pattern.empty() || !path.empty()) {
    const std::string_view wanted = next_segment(pattern);
    const std::string_view found = next_segment(path);
    if (wanted.starts_with('{')) {
      const auto decoded = runtime::percent_decode(found);
      if (!decoded || decoded->empty()) return std::nullopt;
      id = *decoded;
    } else if (wanted != found) {
      return std::nullopt;
    }
  }
  return id;
}

bool has_head(const Route& route) { return route.method == "GET" && !route.is_endless; }

bool takes(const Route& route, std::string_view method) {
  return route.method == method || (method == "HEAD" && has_head(route));
}

void add_method(std::string& allow, std::string_view method) {
  allow.append(allow.empty() ? "" : ", ").append(method);
}

}  // namespace

Routed route(Listener listener, std::string_view method, std::string_view path) {
  std::string allow;
  for (const Route& each : routes()) {
    if (each.listener != listener) continue;
    auto id = fit(each.path, path);
    if (!id) continue;
    if (takes(each, method)) return Match{&each, std::move(*id)};
    add_method(allow, each.method);
    if (has_head(each)) add_method(allow, "HEAD");
  }
  if (allow.empty()) return NotFound{};
  return NotAllowed{std::move(allow)};
}

}  // namespace fusebox::api
