// A person's word against breakers and limits: forced states and raised budgets, and their end.
#include <algorithm>
#include <utility>

#include "base/json_writer.hpp"
#include "base/money.hpp"
#include "breakers/subject.hpp"
#include "sre/engine/detail/core.hpp"

namespace fusebox::engine {
namespace {

using breakers::BreakerSet;
using breakers::Limit;
using breakers::Resource;

const KeySpec& key_spec_of(const BreakerSet& set) { return set.spec().key; }
const KeySpec& key_spec_of(const Limit& limit) { return limit.spec().scope; }

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 256)) + "'"; }

Unexpected unknown(std::string_view what, std::string_view id, std::string_view why) {
  return {ErrorCode::UnknownSubject,
          "no " + std::string(what) + " " + quoted(id) + ": " + std::string(why)};
}

// One key of one breaker or limit.
template <class Holder>
struct Found {
  Holder* holder;
  KeyIndex index;
  std::string key;
};

// What nobody has called yet is not found: a mistyped id would otherwise go unnoticed.
template <class Holder>
Result<Found<Holder>> find_subject(std::vector<Holder>& holders, std::string_view what,
                                   std::string_view id) {
  const auto subject = breakers::parse_subject(id);
  if (!subject) return unknown(what, id, "its percent-encoding is broken");
  const auto holder = std::find_if(holders.begin(), holders.end(), [&](const Holder& each) {
    return each.spec().name == subject->name;
  });
  if (holder == holders.end()) return unknown(what, id, "no document has this name");
  const KeySpec& spec = key_spec_of(*holder);
  auto key = breakers::key_of(*subject, spec);
  if (!key) {
    return unknown(what, id, "its key has " + std::to_string(spec.dimensions().size()) + " values");
  }
  const auto index = holder->find_key(*key);
  if (!index) return unknown(what, id, "this key has not been seen");
  return Found<Holder>{&*holder, *index, std::move(*key)};
}

Unexpected invalid(std::string why) { return {ErrorCode::InvalidOverride, std::move(why)}; }

Result<Instant> end_of(const telemetry::Validity& validity, Instant now) {
  const Instant end = validity.until ? *validity.until : add_saturated(now, *validity.lasts);
  if (end <= now) return invalid("its end has passed already");
  return end;
}

// What the maximum will be. `by` counts from the configured one, so that a repeated order raises
// once.
Result<std::int64_t> raised_max(const breakers::LimitSpec& limit, Resource resource,
                                const telemetry::RaiseInput& input) {
  const auto configured = limit.budget[breakers::index_of(resource)];
  if (!configured) {
    return invalid("limit " + quoted(limit.name) + " has no budget of " +
                   std::string(breakers::name_of(resource)));
  }
  const std::int64_t max = input.to ? *input.to : breakers::add_saturated(*configured, *input.by);
  if (max <= *configured) return invalid("this does not raise the maximum that is configured");
  return max;
}

breakers::Forced forced_of(const Override& given) {
  const bool open = given.state == telemetry::ForcedState::Open;
  return {.state = open ? breakers::Forced::State::Open : breakers::Forced::State::Closed,
          .until = given.until};
}

std::string in_words(const Override& given) {
  return "until " + format_rfc3339(given.until) + " by " + given.actor + ": " + given.reason;
}

}  // namespace

Reply Engine::Impl::on_force(const telemetry::ForceInput& input) {
  const RefusedOrder refused{"force_refused", "breaker", input.id, input.actor, input.reason};
  auto found = find_subject(breaker_sets, "breaker", input.id);
  if (!found) return refuse_order(refused, found.error());
  const auto until = end_of(input.validity, now);
  if (!until) return refuse_order(refused, until.error());
  const Override& given = enforce_until({.kind = OverrideKind::Force,
                                         .document = found->holder->spec().name,
                                         .key = std::move(found->key),
                                         .state = input.state,
                                         .until = *until,
                                         .actor = std::string(input.actor),
                                         .reason = std::string(input.reason)});
  found->holder->force(found->index, forced_of(given), in_words(given), now, changes);
  audit_override("force", given, key_spec_of(*found->holder));
  return OverrideReply{std::string(input.id), *until};
}

Reply Engine::Impl::on_raise(const telemetry::RaiseInput& input) {
  const RefusedOrder refused{"raise_refused", "limit", input.id, input.actor, input.reason};
  auto found = find_subject(limits, "limit", input.id);
  if (!found) return refuse_order(refused, found.error());
  const auto resource = breakers::parse_resource(input.dimension);
  if (!resource) {
    return refuse_order(refused, invalid("no budget dimension " + quoted(input.dimension)).error);
  }
  const auto until = end_of(input.validity, now);
  if (!until) return refuse_order(refused, until.error());
  const auto max = raised_max(found->holder->spec(), *resource, input);
  if (!max) return refuse_order(refused, max.error());
  const Override& given = enforce_until({.kind = OverrideKind::Raise,
                                         .document = found->holder->spec().name,
                                         .key = std::move(found->key),
                                         .resource = *resource,
                                         .max = *max,
                                         .until = *until,
                                         .actor = std::string(input.actor),
                                         .reason = std::string(input.reason)});
  found->holder->raise(found->index, *resource, *max);
  changes.emplace_back(found->holder->record_of(found->index, *resource, "raised", now));
  audit_override("raise", given, key_spec_of(*found->holder));
  return OverrideReply{std::string(input.id), *until};
}

const Override& Engine::Impl::enforce_until(Override given) {
  const Override& kept = overrides.put(std::move(given));
  set_timer({kept.until, 0, TimerKind::OverrideEnd, 0, kept.serial, 0});
  return kept;
}

void Engine::Impl::audit_override(std::string_view kind, const Override& given,
                                  const KeySpec& key_spec) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.field("id", breakers::format_subject(given.document, key_spec, given.key));
  if (given.kind == OverrideKind::Force) {
    json.field("state", name_of(given.state));
  } else {
    json.field("dimension", breakers::name_of(given.resource));
    json.field("max", given.max);
  }
  json.field("until", given.until);
  json.field("actor", given.actor);
  json.field("reason", given.reason);
  json.end_object();
  audit(kind, body);
}

// The key is there: forced and raised ones are not swept.
void Engine::Impl::on_override_end(const Timer& timer) {
  const Override& given = *overrides.find(timer.serial);
  if (given.kind == OverrideKind::Force) {
    BreakerSet& set = *find_named(breaker_sets, given.document);
    set.end_force(*set.find_key(given.key), now, changes);
    audit_override("force_ended", given, key_spec_of(set));
  } else {
    Limit& limit = *find_named(limits, given.document);
    const KeyIndex key = *limit.find_key(given.key);
    limit.raise(key, given.resource, std::nullopt);
    changes.emplace_back(limit.record_of(key, given.resource, "raise_ended", now));
    audit_override("raise_ended", given, key_spec_of(limit));
  }
  overrides.erase(timer.serial);
}

// Is this still more than what is configured?
bool Engine::Impl::raises(const Override& given) {
  const Limit* limit = find_named(limits, given.document);
  if (limit == nullptr) return false;
  const auto configured = limit->spec().budget[breakers::index_of(given.resource)];
  return configured && given.max > *configured;
}

// Puts what was said into force again, in an engine that was restored or configured anew. False if
// its breaker, limit or key is not there.
bool Engine::Impl::enforce_again(const Override& given) {
  if (given.kind == OverrideKind::Force) {
    BreakerSet* set = find_named(breaker_sets, given.document);
    const auto key = set == nullptr ? std::nullopt : set->find_key(given.key);
    if (key) set->restore_force(*key, forced_of(given));
    return key.has_value();
  }
  Limit* limit = find_named(limits, given.document);
  const auto key = limit == nullptr ? std::nullopt : limit->find_key(given.key);
  if (!key) return false;
  limit->raise(*key, given.resource, given.max);
  return true;
}

}  // namespace fusebox::engine
