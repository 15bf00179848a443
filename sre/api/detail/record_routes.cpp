// What was decided and written down: decisions, the audit, and the stream of all records.
#include <algorithm>
#include <utility>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "sre/api/detail/call.hpp"
#include "sre/api/detail/handlers.hpp"
#include "sre/api/detail/page.hpp"
#include "sre/store/audit_verify.hpp"

namespace fusebox::api::detail {
namespace {

// What a decision was about, as the check said it.
void write_check(JsonWriter& json, const LoggedDecision& entry) {
  const Dimensions of = check_key().decode(entry.key);
  json.begin_object();
  for (std::size_t i = 0; i < kDimensionCount; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    if (dimension == Dimension::Kind || of[dimension].empty()) continue;
    json.field(name_of(dimension), of[dimension]);
  }
  json.field("action", entry.action);
  if (!entry.target.empty()) json.field("target", entry.target);
  json.end_object();
}

std::string decisions_json(const std::vector<LoggedDecision>& decisions) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("decisions");
  json.begin_array();
  for (const LoggedDecision& each : decisions) {
    json.begin_object();
    json.field("at", each.at);
    json.field("seq", each.seq);
    json.key("check");
    write_check(json, each);
    json.key("decision");
    json.raw(each.decision);
    json.end_object();
  }
  json.end_array();
  // To ask for what comes after these, now or later.
  if (!decisions.empty()) json.field("next", decisions.back().seq);
  json.end_object();
  return out;
}

bool is_wanted(const Call& call, const LoggedDecision& entry) {
  return std::all_of(call.request.query.begin(), call.request.query.end(),
                     [&](const runtime::QueryPair& pair) {
                       if (pair.name == "id") return entry.id == pair.value;
                       if (pair.name == "effect") return entry.effect == pair.value;
                       const auto dimension = parse_dimension(pair.name);
                       return !dimension || check_key().value(entry.key, *dimension) == pair.value;
                     });
}

std::optional<Instant> time_of(const Call& call, std::string_view name,
                               std::optional<Problem>& problem) {
  const auto text = call.query(name);
  if (!text) return std::nullopt;
  const auto at = parse_rfc3339(*text);
  if (at) return *at;
  problem = Problem{.status = 400,
                    .detail = std::string(name) + ": expected an RFC 3339 time",
                    .field = std::string(name),
                    .code = ErrorCode::InvalidField};
  return std::nullopt;
}

struct AuditQuery {
  store::AuditReader::Wanted wanted;
  std::size_t limit = kUsualPage;
};

void write_audit_end(JsonWriter& json, const store::AuditReport& report) {
  json.field("entries", report.at.entries);
  json.field("head", killswitch::to_hex(report.at.head));
  json.field("key_fingerprint", killswitch::to_hex(report.key_fingerprint));
  json.field("verified_from", report.verified_from);
  if (!report.first_bad) return;
  json.key("first_bad");
  json.begin_object();
  json.field("file", report.first_bad->file);
  json.field("entry", report.first_bad->entry);
  json.field("why", report.first_bad->why);
  json.end_object();
}

Result<std::string> audit_json(Services& services, const AuditQuery& query) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("audit");
  json.begin_array();
  std::size_t left = query.limit;
  std::int64_t last = 0;
  bool more = false;
  const auto report = services.audit.read(query.wanted, [&](std::string_view line) {
    more = left == 0;
    if (more) return false;
    --left;
    last = store::entry_number(line);
    json.raw(line.substr(0, line.size() - 1));
    return true;
  });
  if (!report) return Unexpected{report.error()};
  json.end_array();
  if (more) json.field("next", last);
  write_audit_end(json, *report);
  json.end_object();
  return out;
}

// The kinds that `events` names; all without it. Problems go to `problem`.
RecordKinds kinds_of(std::optional<std::string_view> events, std::optional<Problem>& problem) {
  RecordKinds kinds;
  if (!events) return kinds.set();
  std::string_view rest = *events;
  while (true) {
    const std::string_view name = rest.substr(0, rest.find(','));
    const auto* const found = std::find(kRecordNames.begin(), kRecordNames.end(), name);
    if (found == kRecordNames.end()) {
      problem = Problem{
          .status = 400,
          .detail = "events: expected names with commas between, of " + join_or(kRecordNames),
          .field = "events",
          .code = ErrorCode::InvalidField};
      return kinds;
    }
    kinds.set(static_cast<std::size_t>(found - kRecordNames.begin()));
    if (name.size() == rest.size()) return kinds;
    rest.remove_prefix(name.size() + 1);
  }
}

std::optional<std::int64_t> last_event_id(const Call& call, std::optional<Problem>& problem) {
  constexpr std::size_t kDigitsMax = 18;
  const auto text = call.request.headers.find("Last-Event-ID");
  if (!text || text->empty()) return std::nullopt;
  std::int64_t id = 0;
  for (const char c : *text) {
    if (c < '0' || c > '9' || text->size() > kDigitsMax) {
      problem = Problem{.status = 400,
                        .detail = "Last-Event-ID: expected the id of an event",
                        .field = "Last-Event-ID"};
      return std::nullopt;
    }
    id = id * 10 + (c - '0');
  }
  return id;
}

}  // namespace

void get_decisions(const CallPtr& call) {
  std::optional<Problem> problem;
  const std::size_t limit = page_limit(*call, kUsualPage, problem);
  const auto after = page_after(*call, problem);
  if (problem) {
    call->refuse(*problem);
    return;
  }
  call->answer_json(decisions_json(call->services->decisions.read(
      after, limit, [&](const LoggedDecision& each) { return is_wanted(*call, each); })));
}

void get_audit(const CallPtr& call) {
  std::optional<Problem> problem;
  const AuditQuery query{
      .wanted = {.range = {.from = time_of(*call, "from", problem).value_or(Instant{}),
                           .until = time_of(*call, "until", problem).value_or(kNever)},
                 .after = page_after(*call, problem).value_or(0)},
      .limit = page_limit(*call, kUsualPage, problem)};
  if (problem) {
    call->refuse(*problem);
    return;
  }
  SlowLane& lane = call->services->slow;
  const bool taken = lane.run([call, query] {
    auto json = audit_json(*call->services, query);
    if (json) {
      call->answer_json(std::move(*json));
    } else {
      call->refuse(problem_of(json.error()));
    }
  });
  if (!taken) call->refuse({.status = 429, .detail = "too many read the audit at this time"});
}

void get_stream(const CallPtr& call) {
  std::optional<Problem> problem;
  const RecordKinds kinds = kinds_of(call->query("events"), problem);
  const auto after = last_event_id(*call, problem);
  if (problem) {
    call->refuse(*problem);
    return;
  }
  runtime::HttpResponse head{.content_type = std::string(call->route->media)};
  head.headers.add("Cache-Control", "no-store");
  // A reader that is cut comes back after a second.
  head.body = "retry: 1000\n\n";
  call->services->streams->open({.writer = call->stream(std::move(head)),
                                 .identity = call->identity,
                                 .kinds = kinds,
                                 .after = after});
}

}  // namespace fusebox::api::detail
