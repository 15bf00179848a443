// What must hold of an engine whatever happens around it, checked from outside: from each input and
// what came of it, in order, and now and then from the status that it gives of itself.
//
//   budgets    no grant brings used + reserved above a maximum: what is above it was reported above
//              its reservation, and said so in a record. Lifetime budgets that refuse are summed up
//              here too. No more slots in flight than there are.
//   stops      nothing that a tripped order covers proceeds until the order is armed again
//   breakers   move along their edges alone, each move a generation; an enforced one admits nobody
//              while it is open, and no more than its probes while it is half-open
//   SLOs       have counted what a recount of everything that was told counts, key by key
//   permits    are settled once: a second report of one counts nowhere
//
// Each part keeps books of its own and shares no code with what it checks, but the conditions and
// keys of the configuration. Simulations force no breaker, raise no limit, ask for no approval and
// repeat no request, so the books know none of these.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "breakers/resource.hpp"
#include "killswitch/scope.hpp"
#include "slo/counts.hpp"
#include "sre/engine/engine.hpp"
#include "sre/sim/governor.hpp"

namespace fusebox::sim {

// What did not hold: the first of it in words, and how often.
class Findings {
 public:
  void add(Instant at, std::string_view what);
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] const std::string& text() const { return text_; }  // a line each

 private:
  std::int64_t count_ = 0;
  std::string text_;
};

[[nodiscard]] bool proceeds(const telemetry::DecisionRecord& decision);
// An encoded key as it stands in records.
[[nodiscard]] std::string json_of(const KeySpec& spec, std::string_view key);

// An action that proceeds, as whoever asked for it knows it.
struct Granted {
  telemetry::Action action = telemetry::Action::Tool;
  std::array<std::string, kDimensionCount> values;
  breakers::Demand demand;
  Instant lease_ends{};

  [[nodiscard]] telemetry::Check check() const;  // as far as anybody looks at it later
  [[nodiscard]] bool lasts_at(Instant now) const { return now < lease_ends; }
};

class PermitBook {
 public:
  explicit PermitBook(Findings& findings) : findings_(findings) {}
  void decided(const telemetry::Check& check, const telemetry::DecisionRecord& decision,
               Instant now);
  // What this permit was given for; null if it is settled, or never was given.
  [[nodiscard]] const Granted* find(std::string_view permit) const;
  void reported(std::string_view permit, engine::ReportReply reply, Instant now);
  void look(const engine::Status& status);

 private:
  Findings& findings_;
  std::unordered_map<std::string, Granted> open_;
  std::int64_t given_ = 0;
  std::int64_t committed_ = 0;
  std::int64_t late_ = 0;
};

class BudgetBook {
 public:
  BudgetBook(const std::vector<breakers::LimitSpec>& limits, Findings& findings)
      : limits_(limits), findings_(findings), sums_(limits.size()) {}
  void decided(const telemetry::Check& check, const telemetry::DecisionRecord& decision,
               Instant now);
  void reported(const Granted& granted, const telemetry::Report& report, Instant now);
  // `report` ended what was `granted`; both are null for a crossing of another cause.
  void crossed(const telemetry::LimitRecord& record, const telemetry::Report* report,
               const Granted* granted, Instant now);
  void look(const engine::Status& status);
  [[nodiscard]] std::int64_t looked_at() const { return looked_at_; }

 private:
  // Used and reserved together, of one key.
  using Sums = std::map<std::string, breakers::Amounts, std::less<>>;
  void add(const telemetry::Check& check, const breakers::Amounts& amounts, Instant now);
  void above(const breakers::LimitSpec& limit, std::string_view key, breakers::Resource resource,
             std::int64_t sum, Instant now);
  void look(std::size_t index, const breakers::LimitKey& key, Instant now);

  const std::vector<breakers::LimitSpec>& limits_;
  Findings& findings_;
  std::vector<Sums> sums_;  // by limit and key; only of those that can be summed up
  std::set<std::tuple<std::string, std::string, std::string>> overrun_;  // limit, key, resource
  KeyBuffer buffer_;
  std::int64_t looked_at_ = 0;
};

class StopBook {
 public:
  explicit StopBook(Findings& findings) : findings_(findings) {}
  void changed(const telemetry::KillRecord& record, Instant now);
  void decided(const telemetry::Check& check, const telemetry::DecisionRecord& decision,
               Instant now);
  void look(const engine::Status& status);
  [[nodiscard]] std::int64_t refused() const { return refused_; }

 private:
  Findings& findings_;
  std::map<std::string, killswitch::Scope> tripped_;  // by order
  std::int64_t refused_ = 0;
};

class BreakerBook {
 public:
  BreakerBook(const std::vector<breakers::BreakerSpec>& breakers, Findings& findings);
  void moved(const telemetry::BreakerRecord& record, Instant now);
  void decided(const telemetry::Check& check, const telemetry::DecisionRecord& decision,
               Instant now);
  void reported(const telemetry::Report& report, Instant now);
  void look(const engine::Status& status);
  [[nodiscard]] std::int64_t moves() const { return moves_; }
  [[nodiscard]] std::int64_t probes() const { return probes_; }

 private:
  // Of the half-open episode under way: in flight, or answered and then without an end.
  struct Probe {
    std::string permit;
    Instant lease_ends{};
  };
  struct Key {
    std::string state = "closed";
    std::int64_t moves = 0;
    std::vector<Probe> probes;
  };
  struct Keys {
    std::map<std::string, Key, std::less<>> by_json;
    std::map<std::string, Key*, std::less<>> by_text;  // as encoded: found without an allocation
  };
  [[nodiscard]] Key& key_of(std::size_t breaker, const Dimensions& dimensions);
  void admitted(const breakers::BreakerSpec& breaker, Key& key,
                const telemetry::DecisionRecord& decision, Instant now);
  void refused(const breakers::BreakerSpec& breaker, const Key& key,
               const telemetry::DecisionRecord& decision, Instant now);

  const std::vector<breakers::BreakerSpec>& breakers_;
  Findings& findings_;
  std::vector<Keys> keys_;  // by breaker
  KeyBuffer buffer_;
  std::int64_t moves_ = 0;
  std::int64_t probes_ = 0;
};

class SloBook {
 public:
  SloBook(const engine::EngineSpec& spec, Findings& findings)
      : spec_(spec), findings_(findings), counts_(spec.slos.size()) {}
  void told(const telemetry::Event& event, engine::EventReply reply, Instant now);
  void reported(const Granted& granted, const telemetry::Report& report);
  void look(const engine::Status& status);
  [[nodiscard]] std::int64_t counted() const { return counted_; }

 private:
  using Counts = std::map<std::string, slo::Counts, std::less<>>;
  void count(const telemetry::Event& event);
  void look(const slo::SloSnapshot& slo, Counts expected, Instant now);

  const engine::EngineSpec& spec_;
  Findings& findings_;
  std::vector<Counts> counts_;  // by SLO and key
  std::unordered_set<std::string> ids_;
  std::optional<Instant> began_;
  KeyBuffer buffer_;
  std::int64_t counted_ = 0;
};

// All books. Hears everything in order; must outlive the run.
class Auditor {
 public:
  // `spec` as the simulation is given it: the arm is added here too. Watching, it looks at the
  // status at whole multiples of `look_every`, so at the end of a run too, and in each second in
  // which a breaker or a stop order moved: a status of thousands of agents and tasks takes longer
  // than everything that happened to them.
  explicit Auditor(engine::EngineSpec spec, Duration look_every = std::chrono::seconds{1});
  Auditor(const Auditor&) = delete;
  Auditor& operator=(const Auditor&) = delete;

  void hear(const telemetry::Input& input, const engine::Reply& reply,
            const std::vector<telemetry::Record>& records);
  void look(const engine::Status& status);
  // For a simulation: hears each input, and looks after ticks.
  [[nodiscard]] Watch watch();

  [[nodiscard]] const Findings& findings() const { return findings_; }
  [[nodiscard]] const BudgetBook& budgets() const { return budgets_; }
  [[nodiscard]] const StopBook& stops() const { return stops_; }
  [[nodiscard]] const BreakerBook& breakers() const { return breakers_; }
  [[nodiscard]] const SloBook& slos() const { return slos_; }

 private:
  void hear(const telemetry::Input& input, const telemetry::Record& record);

  const engine::EngineSpec spec_;
  const Duration look_every_;
  Instant next_look_{};
  Findings findings_;
  PermitBook permits_{findings_};
  BudgetBook budgets_{spec_.limits, findings_};
  StopBook stops_{findings_};
  BreakerBook breakers_{spec_.breakers, findings_};
  SloBook slos_{spec_, findings_};
};

}  // namespace fusebox::sim
