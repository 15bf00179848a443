// What stands where: SLOs, breakers, limits and agents, each written from one copy of the status.
#include <algorithm>
#include <limits>
#include <utility>

#include "base/money.hpp"
#include "breakers/subject.hpp"
#include "sre/api/detail/call.hpp"
#include "sre/api/detail/handlers.hpp"
#include "sre/api/detail/page.hpp"

namespace fusebox::api::detail {
namespace {

constexpr std::size_t kWhole = std::numeric_limits<std::size_t>::max();

// What a list's query asks for.
struct ListQuery {
  std::size_t limit = kWhole;
  std::optional<std::string_view> after;
  std::optional<std::string_view> name;  // of the document
  std::optional<std::string_view> state;
  struct Wanted {
    Dimension dimension;
    std::string_view value;
  };
  std::vector<Wanted> wanted;

  // A key without one of the dimensions is about all of its values, not about the one.
  [[nodiscard]] bool matches(const KeySpec& spec, std::string_view key) const {
    return std::all_of(wanted.begin(), wanted.end(), [&](const Wanted& each) {
      return spec.contains(each.dimension) && spec.value(key, each.dimension) == each.value;
    });
  }
};

// Views into the call.
ListQuery list_query(const Call& call, std::optional<Problem>& problem) {
  ListQuery query{.limit = page_limit(call, kWhole, problem),
                  .after = call.query("after"),
                  .name = call.query("name"),
                  .state = call.query("state"),
                  .wanted = {}};
  if (!call.id.empty()) query.name = call.id;
  for (const runtime::QueryPair& pair : call.request.query) {
    if (const auto dimension = parse_dimension(pair.name)) {
      query.wanted.push_back({*dimension, pair.value});
    }
  }
  return query;
}

void answer_list(Call& call, PagedList& list) {
  if (auto json = list.finish()) {
    call.answer_json(std::move(*json));
    return;
  }
  call.refuse({.status = 400,
               .detail = "after: no such entry, or not any more; begin again without it",
               .field = "after",
               .code = ErrorCode::InvalidField});
}

bool has_slo(const engine::Status& status, std::string_view name) {
  return std::any_of(status.slos.begin(), status.slos.end(),
                     [name](const slo::SloSnapshot& each) { return each.name == name; });
}

// The one document that a path names is an SLO. `write(list, query, status)` writes the entries.
void answer_from_status(const CallPtr& call, std::string_view name,
                        void (*write)(PagedList&, const ListQuery&, const engine::Status&)) {
  std::optional<Problem> problem;
  const ListQuery query = list_query(*call, problem);
  if (problem) {
    call->refuse(*problem);
    return;
  }
  StatusSource& source = *call->services->status;
  source.get(call->services->engine(),
             [call, query, name, write](const StatusSource::Status& status) {
               if (!call->id.empty() && !has_slo(*status, call->id)) {
                 call->refuse({.status = 404, .detail = "no SLO '" + call->id + "'"});
                 return;
               }
               PagedList list(name, query.limit, query.after);
               write(list, query, *status);
               answer_list(*call, list);
             });
}

// The object that `entry` is, with `members` before its own.
void write_with(JsonWriter& json, const std::string& members, std::string_view entry) {
  json.raw(members + "," + std::string(entry.substr(1)));
}

void write_slos(PagedList& list, const ListQuery& query, const engine::Status& status) {
  for (const slo::SloSnapshot& slo : status.slos) {
    if (query.name && slo.name != *query.name) continue;
    for (const slo::SloKey& key : slo.keys) {
      if (!query.matches(slo.group_by, key.key)) continue;
      if (!list.takes(breakers::format_subject(slo.name, slo.group_by, key.key))) continue;
      slo::write_entries(list.json(), {.name = slo.name,
                                       .service = slo.service,
                                       .group_by = slo.group_by,
                                       .window = slo.window,
                                       .has_values = slo.has_values,
                                       .keys = {key}});
    }
  }
}

// Who forced it, and why.
void write_force(JsonWriter& json, std::string_view id, const engine::Status& status) {
  for (const engine::OverrideStatus& each : status.overrides) {
    if (each.what != "force" || each.id != id) continue;
    json.field("forced_by", each.actor);
    json.field("forced_reason", each.reason);
  }
}

void write_breaker(JsonWriter& json, std::string_view id, const breakers::BreakerSnapshot& breaker,
                   const breakers::BreakerKey& key, const engine::Status& status) {
  std::string entry;
  JsonWriter entry_json(entry);
  breakers::write_entries(
      entry_json, {.name = breaker.name, .key = breaker.key, .mode = breaker.mode, .keys = {key}});
  std::string members = "{";
  JsonWriter own(members);
  own.field("id", id);
  own.field("mode", policy::name_of(breaker.mode));
  own.field("since", key.since);
  if (key.retry_at) own.field("retry_at", *key.retry_at);
  if (key.forced) write_force(own, id, status);
  write_with(json, members, entry);
}

void write_breakers(PagedList& list, const ListQuery& query, const engine::Status& status) {
  for (const breakers::BreakerSnapshot& breaker : status.breakers) {
    if (query.name && breaker.name != *query.name) continue;
    for (const breakers::BreakerKey& key : breaker.keys) {
      if (query.state && breakers::name_of(key.state) != *query.state) continue;
      if (!query.matches(breaker.key, key.key)) continue;
      const std::string id = breakers::format_subject(breaker.name, breaker.key, key.key);
      if (list.takes(id)) write_breaker(list.json(), id, breaker, key, status);
    }
  }
}

void write_limit(JsonWriter& json, std::string_view id, const breakers::LimitSnapshot& limit,
                 const breakers::LimitKey& key) {
  std::string entry;
  JsonWriter entry_json(entry);
  breakers::write_entries(entry_json, {.name = limit.name,
                                       .scope = limit.scope,
                                       .mode = limit.mode,
                                       .leaked_slots = limit.leaked_slots,
                                       .keys = {key}});
  std::string members = "{";
  JsonWriter own(members);
  own.field("id", id);
  own.field("mode", policy::name_of(limit.mode));
  own.key("resets");
  own.begin_object();
  for (const breakers::BudgetUse& use : key.budget) {
    if (use.resets) own.field(breakers::name_of(use.resource), *use.resets);
  }
  own.end_object();
  write_with(json, members, entry);
}

void write_limits(PagedList& list, const ListQuery& query, const engine::Status& status) {
  for (const breakers::LimitSnapshot& limit : status.limits) {
    if (query.name && limit.name != *query.name) continue;
    for (const breakers::LimitKey& key : limit.keys) {
      if (!query.matches(limit.scope, key.key)) continue;
      const std::string id = breakers::format_subject(limit.name, limit.scope, key.key);
      if (list.takes(id)) write_limit(list.json(), id, limit, key);
    }
  }
}

void write_agent(JsonWriter& json, const engine::AgentStatus& agent) {
  json.begin_object();
  json.field("agent", agent.name);
  json.field("tenant", agent.tenant);
  if (agent.heard != Instant{}) json.field("heard", agent.heard);  // not if it only asked
  json.field("silent", agent.silent);
  json.field("events", agent.events);
  json.field("tokens_in", agent.tokens_in);
  json.field("tokens_out", agent.tokens_out);
  json.key("cost_usd");
  json.raw(format_usd(agent.cost));
  json.field("open_permits", agent.open_permits);
  json.end_object();
}

void write_agents(PagedList& list, const ListQuery& query, const engine::Status& status) {
  for (const engine::AgentStatus& agent : status.agents) {
    const bool wanted =
        std::all_of(query.wanted.begin(), query.wanted.end(), [&](const auto& each) {
          return each.value == (each.dimension == Dimension::Agent ? agent.name : agent.tenant);
        });
    const std::string id =
        runtime::percent_encode(agent.tenant) + ":" + runtime::percent_encode(agent.name);
    if (wanted && list.takes(id)) write_agent(list.json(), agent);
  }
}

}  // namespace

void get_slos(const CallPtr& call) { answer_from_status(call, "slos", &write_slos); }

void get_breakers(const CallPtr& call) { answer_from_status(call, "breakers", &write_breakers); }

void get_limits(const CallPtr& call) { answer_from_status(call, "limits", &write_limits); }

void get_agents(const CallPtr& call) { answer_from_status(call, "agents", &write_agents); }

}  // namespace fusebox::api::detail
