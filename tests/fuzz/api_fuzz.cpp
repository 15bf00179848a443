// Bodies and queries of the API from arbitrary bytes. Besides not crashing: what is refused says
// why in bounded text that is UTF-8, the same bytes are read the same way twice, and a path leads
// to the same route however often it is asked. The first byte chooses the reader.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "sre/api/detail/flat_body.hpp"
#include "sre/api/routes.hpp"
#include "telemetry/event_list.hpp"
#include "telemetry/journal.hpp"

namespace {

using fusebox::api::Problem;
using fusebox::api::detail::FlatBody;

constexpr std::size_t kLongestMessage = 400;

void examine(std::string_view message) {
  FUSEBOX_ASSERT(message.size() <= kLongestMessage);
  FUSEBOX_ASSERT(!fusebox::find_invalid_utf8(message));
}

// Asks for members of every type.
std::string read(std::string_view json) {
  FlatBody body(json);
  std::string seen(body.any_text("tenant"));
  seen += body.optional_text("actor").value_or("");
  seen += body.text("reason");
  seen += std::to_string(body.choice("category", {"hard", "drain"}));
  seen += std::to_string(body.integer("deadline_ms", 0, 600'000).value_or(-1));
  seen += std::to_string(body.duration("for").value_or(fusebox::Duration{}).count());
  seen += std::to_string(fusebox::to_ns(body.time("until").value_or(fusebox::Instant{})));
  seen += std::to_string(body.usd("to").value_or(-1));
  const auto problem = body.problem();
  if (!problem) {
    FUSEBOX_ASSERT(!fusebox::find_invalid_utf8(seen));
    return seen;
  }
  examine(problem->detail);
  FUSEBOX_ASSERT(problem->status == 400);
  return problem->detail;
}

void read_events(std::string_view body) {
  static fusebox::telemetry::EventListDecoder warm;
  fusebox::telemetry::EventListDecoder fresh;
  const auto list = warm.decode(body);
  const auto again = fresh.decode(body);
  FUSEBOX_ASSERT(list.has_value() == again.has_value());
  if (!list) {
    examine(list.error().message);
    return;
  }
  FUSEBOX_ASSERT(list->events.size() == again->events.size());
  FUSEBOX_ASSERT(list->rejected.size() == again->rejected.size());
  for (const auto& event : list->events) {
    FUSEBOX_ASSERT(!event.dimensions[fusebox::Dimension::Agent].empty());
    FUSEBOX_ASSERT(!fusebox::find_invalid_utf8(event.id));
  }
  for (const auto& each : list->rejected) examine(each.error);
}

void read_call(std::string_view body) {
  fusebox::telemetry::JournalDecoder decoder;
  for (const auto& decoded : {decoder.decode_check(body, {}), decoder.decode_report(body, {}),
                              decoder.decode_event(body, {})}) {
    if (!decoded) examine(decoded.error().message);
  }
}

// The server hands over paths whose escapes are well formed.
void find_route(std::string_view path) {
  using fusebox::api::Match;
  if (!fusebox::runtime::percent_decode(path)) return;
  for (const char* method : {"GET", "HEAD", "POST", "PUT"}) {
    const auto routed = fusebox::api::route(fusebox::api::Listener::Api, method, path);
    const auto* match = std::get_if<Match>(&routed);
    if (match == nullptr) continue;
    FUSEBOX_ASSERT(match->id.empty() == (match->route->path.find('{') == std::string_view::npos));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);  // NOLINT
  switch (data[0] % 4) {
    case 0:
      FUSEBOX_ASSERT(read(bytes) == read(bytes));
      break;
    case 1:
      read_events(bytes);
      break;
    case 2:
      read_call(bytes);
      break;
    case 3:
      find_route(bytes);
      break;
  }
  return 0;
}
