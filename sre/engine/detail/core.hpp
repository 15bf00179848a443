// The engine's parts and the paths through them. One file per path: telemetry_path.cpp (events and
// reports), check_path.cpp (decisions) with gates.cpp, orders_path.cpp (kills, re-arming,
// approvals), overrides_path.cpp (forced breakers, raised limits), engine.cpp (dispatch and
// timers), summary.cpp, status.cpp (what readers off the thread see), state.cpp (save, restore,
// reconfigure).
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/key.hpp"
#include "breakers/breaker_set.hpp"
#include "breakers/limit.hpp"
#include "killswitch/audit.hpp"
#include "killswitch/fence.hpp"
#include "policy/rules.hpp"
#include "slo/slo.hpp"
#include "sre/engine/counters.hpp"
#include "sre/engine/detail/activity.hpp"
#include "sre/engine/detail/approvals.hpp"
#include "sre/engine/detail/overrides.hpp"
#include "sre/engine/detail/permits.hpp"
#include "sre/engine/detail/recent_set.hpp"
#include "sre/engine/detail/state_rules.hpp"
#include "sre/engine/detail/timers.hpp"
#include "sre/engine/engine.hpp"
#include "sre/engine/status.hpp"

namespace fusebox::engine {

// What the dead-man tells agents apart by.
[[nodiscard]] const KeySpec& agent_key();  // tenant, agent

// When each agent was last heard, for the dead-man.
struct Agent {
  Instant heard{};
  bool silent = false;

  template <class Archive>
  void visit(Archive& archive) {
    archive(heard, silent);
  }
};

// An order by a person that was not carried out: its name in notices and audit entries, what it was
// about, and who gave it why.
struct RefusedOrder {
  std::string_view kind;  // "rearm_refused"
  std::string_view about;
  std::string_view subject;
  std::string_view actor;
  std::string_view reason;
};

// Where each document of an earlier configuration has gone, by its number there: its number here,
// or kNowhere if its state was left behind.
struct Carried {
  std::vector<std::uint32_t> slos;
  std::vector<std::uint32_t> breakers;
  std::vector<std::uint32_t> limits;
  std::vector<std::string> afresh;  // what was left behind: "breaker tools"

  [[nodiscard]] static bool contains(const std::vector<std::uint32_t>& places, std::size_t number) {
    return std::find(places.begin(), places.end(), number) != places.end();
  }
};

// A check on its way through the gates. Reused, so that deciding allocates nothing.
struct Deliberation {
  struct LimitSeen {
    std::uint32_t limit;
    breakers::LimitAnswer answer;
  };
  std::vector<policy::RuleMatch> matches;        // of one policy
  std::vector<telemetry::RuleOutcome> outcomes;  // of all of them
  std::optional<killswitch::Digest> request;     // what grants are bound to, once it was needed
  std::vector<LimitSeen> limits;                 // those that apply, in order
  std::vector<std::uint32_t> breakers;           // those that apply and allow
  std::vector<policy::Verdict> would_be;         // what shadow says
  std::vector<KillRequest> kills;                // what enforced kill effects want
  std::vector<telemetry::ExplainLine> explain;
  breakers::Demand demand;
  policy::Verdict strongest;             // an allow until somebody objects
  policy::Verdict strongest_unapproved;  // likewise, were every approval granted
  bool explaining = false;
  std::size_t record = 0;  // of the decision, among the effects

  void reset(bool explain_wanted);
  void object(const policy::Verdict& verdict);
};

// The breaker or limit of this name; null if there is none.
template <class Holder>
[[nodiscard]] Holder* find_named(std::vector<Holder>& holders, std::string_view name) {
  for (Holder& holder : holders) {
    if (holder.spec().name == name) return &holder;
  }
  return nullptr;
}

// Its number; kNowhere if there is none.
template <class Holder>
[[nodiscard]] std::uint32_t number_of(const std::vector<Holder>& holders, std::string_view name) {
  for (std::uint32_t i = 0; i < holders.size(); ++i) {
    if (holders[i].spec().name == name) return i;
  }
  return kNowhere;
}

struct Engine::Impl {
  explicit Impl(EngineSpec from);

  // engine.cpp
  Reply apply(const telemetry::Input& input, Effects& out);
  Reply dispatch(const telemetry::InputBody& body);
  void advance(Instant to);
  void fire(const Timer& timer);
  void tick();
  void emit(telemetry::RecordBody body);
  void flush();  // stamps and emits what `changes` collected
  void notice(std::string_view code, std::string text);
  void audit(std::string_view kind, std::string_view body);
  [[nodiscard]] bool is_stale(const Timer& timer);
  void set_timer(Timer timer);

  // telemetry_path.cpp
  EventReply on_event(const telemetry::Event& event);
  ReportReply on_report(const telemetry::Report& report);
  void close_by(Permit& permit, const telemetry::Event& event, const breakers::Usage& usage,
                Instant at);
  void stop_if_overrun(const breakers::LimitSpec& limit, const Dimensions& dimensions,
                       std::size_t first_change);
  void count_event(const telemetry::Event& event, Instant at);
  void note_activity(const telemetry::Event& event);
  void observe(const telemetry::Event& event, Instant at);
  void evaluate(std::size_t slo, KeyIndex key);
  void heard(const Dimensions& from);
  void count_silent(std::uint32_t agent, bool silent);
  void mark_silence(std::uint32_t agent);
  void on_silence(std::uint32_t agent);
  void expire_permit(Permit& permit);

  // gates.cpp
  void ask_fence(const telemetry::Check& check);
  void ask_policies(const telemetry::CheckInput& input, const policy::Facts& facts);
  void match_policy(std::size_t index, const telemetry::CheckInput& input,
                    const policy::Facts& facts);
  [[nodiscard]] bool weigh_matches(const Dimensions& dimensions);
  void ask_limits(const telemetry::Check& check, const policy::Facts& facts);
  void ask_restrictions(const telemetry::Check& check);
  void ask_breakers(const telemetry::Check& check, const policy::Facts& facts);

  // check_path.cpp
  CheckReply on_check(const telemetry::CheckInput& input);
  [[nodiscard]] bool repeat_answer(const telemetry::CheckInput& input);
  [[nodiscard]] CheckReply check_reply() const;
  [[nodiscard]] const killswitch::Digest& request_of(const telemetry::CheckInput& input);
  void decide(const telemetry::CheckInput& input, std::string_view id);
  [[nodiscard]] const Deliberation::LimitSeen* deciding_limit() const;
  [[nodiscard]] bool resolve_approval(const telemetry::CheckInput& input, std::string_view id,
                                      telemetry::DecisionRecord& decision);
  [[nodiscard]] Approval* ask_for_approval(const telemetry::CheckInput& input, std::string_view id);
  void take_permit(const telemetry::CheckInput& input, telemetry::DecisionRecord& decision);
  void answer(const telemetry::Check& check, telemetry::DecisionRecord decision);
  void audit_decision(const telemetry::Check& check, const telemetry::DecisionRecord& decision);
  [[nodiscard]] std::string new_decision_id(std::string_view wanted);

  // orders_path.cpp
  Reply on_kill(const telemetry::KillInput& input);
  Reply on_rearm(const telemetry::RearmInput& input);
  Reply on_approval(const telemetry::ApprovalInput& input);
  Reply on_outcome(const telemetry::TerminatorInput& input);
  void audit_denial(const telemetry::DenialInput& input);
  void audit_answer(const Approval& approval, std::string_view reason);
  void on_approval_expiry(const Timer& timer);
  Error refuse_order(const RefusedOrder& order, Error why);
  void report_trip(const killswitch::Fence::Tripped& tripped, std::string_view reason,
                   std::string_view actor);
  void trip_all(const std::vector<KillRequest>& kills);

  // overrides_path.cpp
  Reply on_force(const telemetry::ForceInput& input);
  Reply on_raise(const telemetry::RaiseInput& input);
  const Override& enforce_until(Override given);
  [[nodiscard]] bool enforce_again(const Override& given);
  [[nodiscard]] bool raises(const Override& given);
  void on_override_end(const Timer& timer);
  void audit_override(std::string_view kind, const Override& given, const KeySpec& key_spec);

  // status.cpp
  [[nodiscard]] Status status();
  [[nodiscard]] std::vector<killswitch::Order> orders() const;
  [[nodiscard]] std::vector<AgentStatus> agent_statuses(
      const std::vector<ActivitySeries>& series) const;
  [[nodiscard]] const KeySpec& subject_spec_of(const Override& given);

  // summary.cpp
  void write_summary(std::string& out, const std::function<void()>& written);
  void write_counters(JsonWriter& json) const;
  [[nodiscard]] std::int64_t all_condition_errors() const;

  // state.cpp
  [[nodiscard]] std::string save() const;
  [[nodiscard]] Result<Effects> restore(std::string_view bytes);
  [[nodiscard]] Effects reconfigure(EngineSpec next);
  template <class Archive>
  void visit_plain(Archive& archive);
  [[nodiscard]] bool read_state(ArchiveReader& archive, Carried& carried,
                                std::vector<StateRules::Memory>& memories);
  [[nodiscard]] bool settle_in(Carried& carried, std::vector<StateRules::Memory> memories);
  [[nodiscard]] bool enforce_all_again(Carried& carried);
  void end_silence();
  void recount_silent();
  void tell_afresh(const Carried& carried);
  [[nodiscard]] bool fits_together() const;
  [[nodiscard]] bool agent_keys_fit() const;
  [[nodiscard]] bool timers_fit() const;
  [[nodiscard]] bool holds_fit() const;

  EngineSpec spec;
  std::shared_ptr<const std::string> policy_digest;  // null without policies
  std::vector<slo::Slo> slos;
  std::vector<breakers::BreakerSet> breaker_sets;
  std::vector<breakers::Limit> limits;
  std::vector<policy::RequestRules> request_rules;  // by policy
  StateRules state_rules;
  killswitch::Fence fence;
  killswitch::AuditChain chain;
  PermitTable permits;
  Approvals approvals;
  Overrides overrides;
  RecentSet seen_events;
  Timers timers;
  KeyTable agent_names;  // encoded by agent_key()
  std::vector<Agent> agents;
  // How many tenants' agents of a name are silent; names with none are left out. From `agents`.
  std::map<std::string, std::uint32_t, std::less<>> silent_by_name;
  Activity activity;
  Counters counters;
  Instant now{};
  std::int64_t next_seq = 1;
  std::int64_t next_decision = 1;

  // Scratch, empty between inputs.
  Effects* effects = nullptr;
  std::vector<telemetry::RecordBody> changes;
  std::vector<KillRequest> wanted_kills;
  std::vector<KeyIndex> keys;
  Deliberation deliberation;
};

}  // namespace fusebox::engine
