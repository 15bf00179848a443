// The whole state as bytes and back, and from one configuration to the next. Both carry the state
// of each document over by its name, if its specification still gives that state the same meaning.
#include <utility>

#include "base/assert.hpp"
#include "base/json_writer.hpp"
#include "killswitch/sha256.hpp"
#include "sre/engine/detail/core.hpp"
#include "sre/engine/detail/gates.hpp"
#include "sre/engine/detail/spec_digest.hpp"

namespace fusebox::engine {
namespace {

// "fbx" and the version of the layout; a newer one is refused, not guessed at.
constexpr std::string_view kMagic = "fbx";
constexpr std::uint32_t kStateVersion = 4;
constexpr std::size_t kDigestBytes = 32;

std::string_view as_text(const killswitch::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// The number of the document of this name if it means the same by its state, else kNowhere.
template <class Holder>
std::uint32_t place_of(const std::vector<Holder>& holders, std::string_view name,
                       const killswitch::Digest& state) {
  for (std::uint32_t i = 0; i < holders.size(); ++i) {
    if (holders[i].spec().name != name) continue;
    return digest_of(holders[i].spec()).state == state ? i : kNowhere;
  }
  return kNowhere;
}

// Where the documents of one kind go, and what those that are left behind are called.
struct Route {
  std::string_view kind;  // "breaker"
  std::vector<std::uint32_t>& places;
  std::vector<std::string>& afresh;

  void add(std::uint32_t place, std::string_view name) {
    places.push_back(place);
    if (place == kNowhere) afresh.push_back(std::string(kind) + " " + std::string(name));
  }
};

template <class Holder>
void save_parts(ArchiveWriter& archive, const std::vector<Holder>& holders) {
  archive(static_cast<std::uint64_t>(holders.size()));
  std::string bytes;
  for (const Holder& holder : holders) {
    bytes.clear();
    ArchiveWriter part(bytes);
    holder.save(part);
    archive(holder.spec().name, digest_of(holder.spec()).state, bytes);
  }
}

template <class Holder>
void load_parts(ArchiveReader& archive, std::vector<Holder>& holders, Route route) {
  std::uint64_t count = 0;
  archive(count);
  while (route.places.size() < count && !archive.failed()) {
    std::string_view name;
    std::string_view bytes;
    killswitch::Digest state{};
    archive(name, state, bytes);
    const std::uint32_t place = place_of(holders, name, state);
    if (place != kNowhere) {
      ArchiveReader part(bytes);
      holders[place].restore(part);
      const bool twice = Carried::contains(route.places, place);
      if (part.failed() || !part.at_end() || twice) archive.fail();
    }
    route.add(place, name);
  }
}

// False if `to` cannot take it, and begins afresh.
template <class Holder>
bool hand_over(Holder& from, Holder& to) {
  if (digest_of(from.spec()).whole == digest_of(to.spec()).whole) {
    to = std::move(from);
    return true;
  }
  std::string bytes;
  ArchiveWriter writer(bytes);
  from.save(writer);
  ArchiveReader reader(bytes);
  to.restore(reader);
  return !reader.failed();
}

template <class Holder>
void hand_over_all(std::vector<Holder>& from, std::vector<Holder>& to, Route route) {
  for (Holder& holder : from) {
    const std::string name = holder.spec().name;
    std::uint32_t place = place_of(to, name, digest_of(holder.spec()).state);
    if (place != kNowhere && !hand_over(holder, to[place])) place = kNowhere;
    route.add(place, name);
  }
}

std::shared_ptr<const std::string> shared(const std::string& digest) {
  return digest.empty() ? nullptr : std::make_shared<const std::string>(digest);
}

}  // namespace

template <class Archive>
void Engine::Impl::visit_plain(Archive& archive) {
  archive(chain, permits, approvals, overrides, seen_events, timers, agent_names, agents, activity,
          counters, now, next_seq, next_decision);
}

std::string Engine::Impl::save() const {
  std::string bytes(kMagic);
  ArchiveWriter archive(bytes);
  archive(kStateVersion);
  save_parts(archive, slos);
  save_parts(archive, breaker_sets);
  save_parts(archive, limits);
  archive(state_rules.memory(slos), state_rules.condition_errors());
  fence.save(archive);
  const_cast<Impl*>(this)->visit_plain(archive);  // visit serves both directions
  bytes += as_text(killswitch::sha256(bytes));
  return bytes;
}

Result<Effects> Engine::Impl::restore(std::string_view bytes) {
  if (bytes.size() < kMagic.size() + kDigestBytes || !bytes.starts_with(kMagic)) {
    return Unexpected{ErrorCode::StateCorrupt, "this is no saved state of fusebox"};
  }
  const std::string_view digest = bytes.substr(bytes.size() - kDigestBytes);
  bytes.remove_suffix(kDigestBytes);
  if (as_text(killswitch::sha256(bytes)) != digest) {
    return Unexpected{ErrorCode::StateCorrupt, "the digest at its end does not match the bytes"};
  }
  ArchiveReader archive(bytes.substr(kMagic.size()));
  std::uint32_t version = 0;
  archive(version);
  if (version != kStateVersion) {
    return Unexpected{version > kStateVersion ? ErrorCode::StateNewer : ErrorCode::StateCorrupt,
                      "it has layout " + std::to_string(version) + ", this version reads " +
                          std::to_string(kStateVersion)};
  }
  Effects out;
  effects = &out;
  Carried carried;
  std::vector<StateRules::Memory> memories;
  if (!read_state(archive, carried, memories) || !settle_in(carried, std::move(memories))) {
    return Unexpected{ErrorCode::StateCorrupt, "its parts do not fit together"};
  }
  if (!carried.afresh.empty()) tell_afresh(carried);
  effects = nullptr;
  return out;
}

bool Engine::Impl::read_state(ArchiveReader& archive, Carried& carried,
                              std::vector<StateRules::Memory>& memories) {
  load_parts(archive, slos, {"slo", carried.slos, carried.afresh});
  load_parts(archive, breaker_sets, {"breaker", carried.breakers, carried.afresh});
  load_parts(archive, limits, {"limit", carried.limits, carried.afresh});
  std::int64_t rule_errors = 0;
  archive(memories, rule_errors);
  if (!in_range(rule_errors)) return false;
  state_rules.count_errors(rule_errors);
  fence.restore(archive);
  visit_plain(archive);
  return !archive.failed() && archive.at_end();
}

Effects Engine::Impl::reconfigure(EngineSpec next) {
  Effects out;
  effects = &out;
  auto memories = state_rules.memory(slos);
  const std::int64_t rule_errors = state_rules.condition_errors();
  auto old_slos = std::exchange(slos, {});
  auto old_breakers = std::exchange(breaker_sets, {});
  auto old_limits = std::exchange(limits, {});
  deliberation.reset(false);  // it has views of the rules that go

  spec = std::move(next);
  policy_digest = shared(spec.policy_digest);
  slos = {spec.slos.begin(), spec.slos.end()};
  breaker_sets = {spec.breakers.begin(), spec.breakers.end()};
  limits = {spec.limits.begin(), spec.limits.end()};
  request_rules = request_rules_of(spec);
  state_rules = StateRules(spec);
  state_rules.count_errors(rule_errors);

  Carried carried;
  hand_over_all(old_slos, slos, {"slo", carried.slos, carried.afresh});
  hand_over_all(old_breakers, breaker_sets, {"breaker", carried.breakers, carried.afresh});
  hand_over_all(old_limits, limits, {"limit", carried.limits, carried.afresh});
  const bool settled = settle_in(carried, std::move(memories));
  FUSEBOX_ASSERT(settled);
  tell_afresh(carried);
  effects = nullptr;
  return out;
}

// Joins what was carried over by document with what concerns all of them. False if bytes claimed
// what no engine can have written.
bool Engine::Impl::settle_in(Carried& carried, std::vector<StateRules::Memory> memories) {
  std::erase_if(memories, [&](const StateRules::Memory& memory) {
    for (const std::uint32_t place : carried.slos) {
      if (place != kNowhere && slos[place].spec().name == memory.slo) return false;
    }
    return true;
  });
  if (!state_rules.recall(memories, slos)) return false;
  if (!permits.renumber(carried.limits, carried.breakers)) return false;
  if (!enforce_all_again(carried) || !fits_together()) return false;
  recount_silent();
  if (!spec.silence) end_silence();
  flush();
  return true;
}

// What people said about what has begun afresh ends, and so does a raise that raises no more.
bool Engine::Impl::enforce_all_again(Carried& carried) {
  std::vector<std::uint64_t> ended;
  for (const auto& [serial, given] : overrides.all()) {
    const bool force = given.kind == OverrideKind::Force;
    const std::uint32_t place =
        force ? number_of(breaker_sets, given.document) : number_of(limits, given.document);
    const bool kept = Carried::contains(force ? carried.breakers : carried.limits, place) &&
                      place != kNowhere && (force || raises(given));
    if (kept && !enforce_again(given)) return false;
    if (kept) continue;
    ended.push_back(serial);
    carried.afresh.push_back((force ? "force of breaker " : "raise of limit ") + given.document);
  }
  for (const std::uint64_t serial : ended) overrides.erase(serial);
  return true;
}

// Nobody is missed any more. (An agent that is marked silent has no timer; being heard sets one.)
void Engine::Impl::end_silence() {
  for (KeyIndex agent = 0; agent < agents.size(); ++agent) {
    if (!agents[agent].silent) continue;
    const Dimensions who = agent_key().decode(agent_names.key(agent));
    for (std::size_t i = 0; i < slos.size(); ++i) {
      keys.clear();
      slos[i].set_uncertain({who[Dimension::Tenant], who[Dimension::Agent]}, false, keys);
      for (const KeyIndex key : keys) evaluate(i, key);
    }
  }
}

void Engine::Impl::recount_silent() {
  silent_by_name.clear();
  for (KeyIndex agent = 0; agent < agents.size(); ++agent) {
    if (agents[agent].silent) count_silent(agent, true);
  }
}

void Engine::Impl::tell_afresh(const Carried& carried) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.field("policy", spec.policy_digest);
  json.key("afresh");
  json.begin_array();
  for (const std::string& what : carried.afresh) json.string(what);
  json.end_array();
  json.end_object();
  audit("configuration", body);
  for (const std::string& what : carried.afresh) {
    notice("begun_afresh",
           what + ": its document has changed or is gone, its state is left behind");
  }
}

bool Engine::Impl::fits_together() const {
  constexpr auto heard = [](const Agent& agent) { return agent.heard >= Instant{}; };
  return now >= Instant{} && now <= kLatestInstant && next_seq >= 1 && in_range(next_seq) &&
         next_decision >= 1 && in_range(next_decision) && counters.in_range() &&
         in_range(chain.entries()) && agents.size() == agent_names.size() &&
         agents.size() == agent_names.index_end() && agent_keys_fit() &&
         std::all_of(agents.begin(), agents.end(), heard) && timers_fit() && holds_fit();
}

bool Engine::Impl::agent_keys_fit() const {
  for (KeyIndex agent = 0; agent < agents.size(); ++agent) {
    if (!agent_key().accepts(agent_names.key(agent))) return false;
  }
  return true;
}

bool Engine::Impl::timers_fit() const {
  const auto fits = [this](const Timer& timer) {
    if (timer.at < Instant{}) return false;
    switch (timer.kind) {
      case TimerKind::PermitLease:
      case TimerKind::SlotLease:
        return timer.index < permits.size();
      case TimerKind::AgentSilence:
        return timer.index < agents.size();
      case TimerKind::ApprovalExpiry:
      case TimerKind::OverrideEnd:
        return true;
    }
    return false;
  };
  return std::all_of(timers.all().begin(), timers.all().end(), fits);
}

// What permits hold, and what breakers and limits have given out, are the same.
bool Engine::Impl::holds_fit() const {
  std::vector<std::vector<breakers::Hold>> holds(limits.size());
  std::vector<std::vector<breakers::BreakerSet::Taken>> taken(breaker_sets.size());
  for (std::uint32_t i = 0; i < permits.size(); ++i) {
    if (permits.at(i).state != PermitState::Open) continue;
    for (const HeldLimit& held : permits.at(i).holds) {
      if (held.limit != kNowhere) holds[held.limit].push_back(held.hold);
    }
    for (const HeldBreaker& held : permits.at(i).tickets) {
      if (held.breaker != kNowhere) taken[held.breaker].push_back(held.taken);
    }
  }
  for (std::size_t i = 0; i < limits.size(); ++i) {
    if (!limits[i].gave_out(holds[i])) return false;
  }
  for (std::size_t i = 0; i < breaker_sets.size(); ++i) {
    if (!breaker_sets[i].gave_out(taken[i])) return false;
  }
  return true;
}

}  // namespace fusebox::engine
