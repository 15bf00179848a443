// The summary for people and programs, and the whole state as bytes.
#include "base/json_writer.hpp"
#include "killswitch/sha256.hpp"
#include "sre/engine/detail/core.hpp"

namespace fusebox::engine {
namespace {

// "fbx" and the version of the layout; a newer one is refused, not guessed at.
constexpr std::string_view kMagic = "fbx";
constexpr std::uint32_t kStateVersion = 2;
constexpr std::size_t kDigestBytes = 32;

std::string_view as_text(const killswitch::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

void Engine::Impl::write_summary(std::string& out) {
  JsonWriter json(out);
  json.begin_object();
  json.key("summary");
  json.begin_object();
  json.key("slos");
  json.begin_array();
  for (slo::Slo& slo : slos) slo.write_summary(json, now);
  json.end_array();
  json.key("breakers");
  json.begin_array();
  for (const breakers::BreakerSet& set : breaker_sets) set.write_summary(json);
  json.end_array();
  json.key("limits");
  json.begin_array();
  for (breakers::Limit& limit : limits) limit.write_summary(json, now);
  json.end_array();
  json.key("kills");
  json.begin_array();
  for (const killswitch::Order* order : fence.orders()) {
    json.begin_object();
    json.field("id", order->id);
    json.field("scope", killswitch::format(order->scope));
    json.field("epoch", order->reg.epoch);
    json.field("state", killswitch::name_of(order->reg.state));
    json.field("reason", order->reason);
    json.field("actor", order->actor);
    json.field("at", order->at);
    json.end_object();
  }
  json.end_array();
  write_counters(json);
  json.key("audit");
  json.begin_object();
  json.field("entries", chain.entries());
  json.field("head", killswitch::to_hex(chain.head()));
  json.end_object();
  json.end_object();
  json.end_object();
}

void Engine::Impl::write_counters(JsonWriter& json) const {
  json.key("events");
  json.begin_object();
  json.field("inputs", counters.inputs);
  json.field("counted", counters.events);
  json.field("duplicate", counters.duplicate);
  json.field("late", counters.late);
  json.field("future", counters.future);
  json.field("sampled", counters.sampled);
  json.field("condition_errors", all_condition_errors());
  json.field("checks", counters.checks);
  json.field("proceeded", counters.proceeded);
  json.field("refused", counters.refused);
  json.key("reports");
  json.begin_object();
  json.field("committed", counters.committed);
  json.field("repeated", counters.repeated);
  json.field("late", counters.late_reports);
  json.field("unknown", counters.unknown_reports);
  json.end_object();
  json.end_object();
}

std::int64_t Engine::Impl::all_condition_errors() const {
  std::int64_t errors = counters.condition_errors + state_rules.condition_errors();
  for (const slo::Slo& slo : slos) errors += slo.condition_errors();
  for (const breakers::BreakerSet& set : breaker_sets) errors += set.condition_errors();
  for (const breakers::Limit& limit : limits) errors += limit.condition_errors();
  return errors;
}

// What the state belongs to: a state of another specification must not be taken over unseen.
std::string Engine::Impl::fingerprint_of_spec() const {
  std::string text = spec.policy_digest;
  const auto add = [&text](std::string_view kind, std::string_view name) {
    text += "\n";
    text += kind;
    text += " ";
    text += name;
  };
  for (const slo::SloSpec& each : spec.slos) add("slo", each.name);
  for (const breakers::BreakerSpec& each : spec.breakers) add("breaker", each.name);
  for (const breakers::LimitSpec& each : spec.limits) add("limit", each.name);
  return killswitch::to_hex(killswitch::sha256(text));
}

template <class Archive>
void Engine::Impl::visit_plain(Archive& archive) {
  archive(chain, permits, approvals, overrides, seen_events, timers, agent_names, agents, activity,
          counters, now, next_seq, next_decision);
}

std::string Engine::Impl::save() const {
  std::string bytes(kMagic);
  ArchiveWriter archive(bytes);
  archive(kStateVersion, fingerprint_of_spec());
  for (const slo::Slo& slo : slos) slo.save(archive);
  for (const breakers::BreakerSet& set : breaker_sets) set.save(archive);
  for (const breakers::Limit& limit : limits) limit.save(archive);
  state_rules.save(archive);
  fence.save(archive);
  const_cast<Impl*>(this)->visit_plain(archive);  // visit serves both directions
  bytes += as_text(killswitch::sha256(bytes));
  return bytes;
}

Result<void> Engine::Impl::restore(std::string_view bytes) {
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
  std::string fingerprint;
  archive(version, fingerprint);
  if (version > kStateVersion) {
    return Unexpected{ErrorCode::StateNewer, "it has layout " + std::to_string(version) +
                                                 ", this version reads up to " +
                                                 std::to_string(kStateVersion)};
  }
  if (fingerprint != fingerprint_of_spec()) {
    return Unexpected{ErrorCode::StateMismatch,
                      "its SLOs, breakers, limits or policies have other names or rules"};
  }
  for (slo::Slo& slo : slos) slo.restore(archive);
  for (breakers::BreakerSet& set : breaker_sets) set.restore(archive);
  for (breakers::Limit& limit : limits) limit.restore(archive);
  state_rules.restore(archive);
  fence.restore(archive);
  visit_plain(archive);
  for (const auto& [serial, given] : overrides.all()) {
    if (!enforce_again(given)) archive.fail();
  }
  if (archive.failed() || !archive.at_end() || agents.size() != agent_names.size()) {
    return Unexpected{ErrorCode::StateCorrupt, "its parts do not fit together"};
  }
  return {};
}

}  // namespace fusebox::engine
