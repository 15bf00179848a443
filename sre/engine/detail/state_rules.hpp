// Rules on SLO state: which are on for which key, and the standing restrictions they put on
// requests while they are.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive.hpp"
#include "killswitch/fence.hpp"
#include "policy/rules.hpp"
#include "slo/slo.hpp"
#include "sre/engine/spec.hpp"
#include "sre/engine/status.hpp"
#include "telemetry/record.hpp"

namespace fusebox::engine {

// A stop order that a rule wants.
struct KillRequest {
  killswitch::Scope scope;
  std::string reason;
  std::string actor;  // policy:RULE or limit:NAME
};

class StateRules {
 public:
  // `spec` must outlive this.
  explicit StateRules(const EngineSpec& spec);

  // Is any rule about this SLO? Asked first, because a view costs divisions.
  [[nodiscard]] bool concerns(std::size_t slo) const { return !bound_[slo].empty(); }

  // Evaluates every rule about this SLO on one key; records each outcome that changed, and
  // collects the stop orders that enforced rules want now.
  void evaluate(std::size_t slo_index, slo::Slo& slo, KeyIndex key, Instant now,
                std::vector<telemetry::RecordBody>& out, std::vector<KillRequest>& kills);

  // Calls `use(rule)` for each rule that restricts this target now; shadow rules too.
  template <class Use>
  void for_each_restriction(const killswitch::Target& target, const Use& use) const {
    for (const Rule& rule : rules_) {
      if (rule.spec->effect == policy::Effect::Deny && restricts(rule, target)) {
        use(*rule.spec);
      }
    }
  }

  // Every rule that restricts something now, in the order of the policies; shadow rules too.
  [[nodiscard]] std::vector<RestrictionStatus> restrictions() const;

  [[nodiscard]] std::int64_t condition_errors() const { return errors_; }

  // Which rules are on for which keys of which SLO, by name, so that it outlives this
  // configuration.
  struct Memory {
    std::string rule;
    killswitch::Digest digest{};  // state_digest_of the rule
    std::string slo;
    std::vector<std::uint8_t> on;  // as in Binding

    template <class Archive>
    void visit(Archive& archive) {
      archive(rule, digest, slo, on);
    }
  };
  [[nodiscard]] std::vector<Memory> memory(const std::vector<slo::Slo>& slos) const;
  // Takes over what rules and SLOs of this configuration were on for; the caller has left out what
  // belongs to SLOs whose keys are others now. False, if such a key does not exist.
  [[nodiscard]] bool recall(const std::vector<Memory>& memories, std::vector<slo::Slo>& slos);
  void count_errors(std::int64_t errors) { errors_ += errors; }

 private:
  struct Rule {
    const policy::RuleSpec* spec;
    // Scope value -> how many keys hold the rule on for it. Only restrictions; the value of a
    // fixed scope is its text.
    std::map<std::string, std::int64_t, std::less<>> active;
  };
  struct Binding {
    std::size_t rule;
    std::vector<std::uint8_t> on;  // by key x objectives + objective
  };

  [[nodiscard]] Binding* find(const Memory& memory, const std::vector<slo::Slo>& slos);
  void activate(const Binding& binding, slo::Slo& slo);
  [[nodiscard]] bool restricts(const Rule& rule, const killswitch::Target& target) const;
  void apply_outcome(Rule& rule, const slo::SloView& view, bool on,
                     std::vector<telemetry::RecordBody>& out, std::vector<KillRequest>& kills);
  void evaluate_one(Binding& binding, std::size_t cell, const slo::SloView& view,
                    std::vector<telemetry::RecordBody>& out, std::vector<KillRequest>& kills);

  std::vector<Rule> rules_;
  std::vector<std::vector<Binding>> bound_;  // by SLO
  std::int64_t errors_ = 0;
};

// True if a restriction of this scope covers the target.
[[nodiscard]] bool covers(const killswitch::Scope& scope, const killswitch::Target& target);

}  // namespace fusebox::engine
