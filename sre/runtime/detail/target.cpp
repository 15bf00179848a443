#include "sre/runtime/detail/target.hpp"

#include <algorithm>
#include <utility>

namespace fusebox::runtime::detail {
namespace {

// A proxy sends the whole URL. Whose host it names is not checked: every name that reaches this
// socket is ours.
bool skip_authority(std::string_view& target) {
  constexpr std::string_view kScheme = "http://";
  if (!target.starts_with(kScheme)) return target.starts_with('/') || target == "*";
  target.remove_prefix(kScheme.size());
  const std::size_t end = std::min(target.find_first_of("/?"), target.size());
  if (end == 0) return false;
  target.remove_prefix(end);
  return true;
}

std::optional<std::string> decode_query(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced);
}

bool add_pair(std::string_view text, std::vector<QueryPair>& query) {
  if (text.empty()) return true;
  const std::size_t equals = std::min(text.find('='), text.size());
  std::optional<std::string> name = decode_query(text.substr(0, equals));
  std::optional<std::string> value = decode_query(text.substr(std::min(equals + 1, text.size())));
  if (!name || !value) return false;
  query.push_back({.name = *std::move(name), .value = *std::move(value)});
  return true;
}

bool split_query(std::string_view text, std::vector<QueryPair>& query) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    if (!add_pair(pair, query)) return false;
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
  }
  return true;
}

bool escapes_well_formed(std::string_view path) {
  return path.find('%') == std::string_view::npos || percent_decode(path).has_value();
}

}  // namespace

bool split_target(std::string_view target, HttpRequest& request) {
  if (!skip_authority(target) || target.find('#') != std::string_view::npos) return false;
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  if (!escapes_well_formed(path)) return false;
  request.path = path.empty() ? "/" : path;
  return split_query(target.substr(std::min(mark + 1, target.size())), request.query);
}

}  // namespace fusebox::runtime::detail
