// An SLO against a slow obvious model: every event is kept, and every question counts them all.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "slo/slo.hpp"
#include "tests/slo/draw.hpp"
#include "tests/slo/support.hpp"

namespace fusebox::slo {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// The bucket that a window of this length is counted in.
Duration bucket_of(Duration window) {
  if (window <= minutes{5}) return seconds{1};
  if (window <= hours{1}) return seconds{10};
  if (window <= hours{6}) return minutes{1};
  if (window <= days{3}) return minutes{10};
  return hours{1};
}

// P(X >= successes), term by term.
double summed_tail(std::int64_t trials, std::int64_t successes, double p) {
  if (p >= 1) return 1;
  long double sum = 0;
  for (std::int64_t i = successes; i <= trials; ++i) {
    const auto n = static_cast<long double>(trials);
    const auto k = static_cast<long double>(i);
    const long double ways = lgammal(n + 1) - lgammal(k + 1) - lgammal(n - k + 1);
    const long double term = expl(ways + k * logl(p) + (n - k) * log1pl(-p));
    sum += term;
    if (k > n * p && term < sum * 1e-15L) break;
  }
  return static_cast<double>(sum);
}

struct ModelEvent {
  Instant at;
  bool good;
  std::int64_t weight;
};

struct ModelObjective {
  std::string status = "no_data";
  bool uncertain = false;
  std::string page;    // the pair that fires or fired last
  std::string ticket;  // likewise
  bool paging = false;
  bool ticketing = false;
};

struct ModelKey {
  std::string agent;
  std::vector<ModelEvent> events;
  bool uncertain = false;
  std::vector<ModelObjective> objectives;
};

class Model {
 public:
  explicit Model(const SloSpec& spec) : spec_(spec) {}

  ModelKey& key_of(const std::string& agent) {
    if (ModelKey* known = find(agent)) return *known;
    const bool full = keys_.size() - (find("_overflow") != nullptr ? 1 : 0) >= spec_.max_keys;
    const std::string name = full ? "_overflow" : agent;
    if (ModelKey* known = find(name)) return *known;
    return keys_.emplace_back(
        ModelKey{name, {}, false, std::vector<ModelObjective>(spec_.objectives.size())});
  }
  ModelKey* find(const std::string& agent) {
    const auto found = std::find_if(keys_.begin(), keys_.end(),
                                    [&](const ModelKey& key) { return key.agent == agent; });
    return found == keys_.end() ? nullptr : &*found;
  }

  void evaluate(ModelKey& key, Instant now, std::vector<std::string>& out) {
    for (std::size_t i = 0; i < spec_.objectives.size(); ++i) {
      announce(key, spec_.objectives[i], key.objectives[i], now, out);
    }
  }
  void evaluate_all(Instant now, std::vector<std::string>& out) {
    for (ModelKey& key : keys_) evaluate(key, now, out);
  }

 private:
  static Counts counts(const ModelKey& key, Duration window, Instant now) {
    Counts sum;
    const std::int64_t bucket = bucket_of(window).count();
    for (const ModelEvent& event : key.events) {
      const std::int64_t end = (to_ns(event.at) + bucket - 1) / bucket * bucket;
      if (from_ns(end) <= now - window) continue;
      (event.good ? sum.good : sum.bad) += event.weight;
    }
    return sum;
  }

  bool window_fires(const ModelKey& key, const Objective& objective, Ratio factor, Duration window,
                    Instant now) const {
    const Counts in = counts(key, window, now);
    const Ratio budget = complement(objective.target);
    const Int128 burnt = Int128{in.bad} * budget.den * factor.den;
    if (burnt <= Int128{in.total()} * budget.num * factor.num) return false;
    const double p = factor.to_double() * budget.to_double();
    return in.total() >= spec_.low_traffic.min_events && in.bad >= spec_.low_traffic.min_bad &&
           summed_tail(in.total(), in.bad, p) < spec_.low_traffic.alpha.to_double();
  }

  // "1h/5m" of the first pair that fires; "" if none does.
  std::string firing(const ModelKey& key, const Objective& objective, AlertSeverity severity,
                     Instant now) const {
    for (const AlertPair& pair : objective.alerts) {
      if (pair.severity == severity &&
          window_fires(key, objective, pair.factor, length_of(pair.long_window), now) &&
          window_fires(key, objective, pair.factor, length_of(pair.short_window), now)) {
        return std::string(name_of(pair.long_window)) + "/" +
               std::string(name_of(pair.short_window));
      }
    }
    return "";
  }

  static std::string status(const Counts& all, Ratio target, bool paging, bool ticketing,
                            bool uncertain) {
    const Ratio budget = complement(target);
    if (all.bad > 0 && Int128{all.bad} * budget.den >= Int128{all.total()} * budget.num) {
      return "exhausted";
    }
    if (paging) return "critical";
    if (ticketing) return "warning";
    if (uncertain) return "uncertain";
    return all.total() == 0 ? "no_data" : "healthy";
  }

  void announce(const ModelKey& key, const Objective& objective, ModelObjective& said, Instant now,
                std::vector<std::string>& out) {
    const std::string who = key.agent + " " + objective.name + " ";
    const auto alert = [&](AlertSeverity severity, bool& on, std::string& pair) {
      const std::string fires = firing(key, objective, severity, now);
      const std::string name = std::string(name_of(severity)) + " ";
      if (on && fires.empty()) out.push_back(who + name + "resolved " + pair);
      if (!on && !fires.empty()) out.push_back(who + name + "firing " + fires);
      on = !fires.empty();
      if (on) pair = fires;
    };
    alert(AlertSeverity::Page, said.paging, said.page);
    alert(AlertSeverity::Ticket, said.ticketing, said.ticket);
    const std::string is = status(counts(key, spec_.window, now), objective.target, said.paging,
                                  said.ticketing, key.uncertain);
    if (is != said.status || key.uncertain != said.uncertain) {
      out.push_back(who + said.status + " -> " + is + (key.uncertain ? "?" : ""));
    }
    said.status = is;
    said.uncertain = key.uncertain;
  }

  const SloSpec& spec_;
  std::vector<ModelKey> keys_;  // in order of first sight
};

// The model's words for a record.
std::string in_words(const telemetry::RecordBody& record) {
  const auto who = [&](const auto& of) {
    const std::size_t from = of.key.find(R"(:")") + 2;
    return of.key.substr(from, of.key.size() - 2 - from) + " " + of.objective_name + " ";
  };
  if (const auto* alert = std::get_if<telemetry::AlertRecord>(&record)) {
    return who(*alert) + in_short(record);
  }
  return who(std::get<telemetry::SloStatusRecord>(record)) + in_short(record);
}

SloSpec spec_of(Duration window) {
  SloSpec spec = ratio_spec({.window = window, .group_by = {Dimension::Agent}});
  spec.max_keys = 2;
  Objective loose = spec.objectives.front();
  loose.name = "loose";
  loose.target = {9, 10};
  loose.alerts = standard_pairs(window);
  std::erase_if(loose.alerts,
                [&](const AlertPair& pair) { return !reachable(pair.factor, loose.target); });
  spec.objectives.push_back(loose);
  return spec;
}

// What happens next: a pause, then an event, or a loss of telemetry.
struct Step {
  Duration pause{};
  std::string agent;
  bool good = true;
  std::int64_t weight = 1;
  Duration late{};
  std::optional<bool> uncertain;
};

// Traffic that stays in a mood for a while, so that alerts fire and resolve.
class Traffic {
 public:
  explicit Traffic(std::uint64_t seed) : draw_(seed) {}

  Step next() {
    if (draw_.one_in(40)) change_mood();
    Step step;
    step.pause = draw_.up_to(pause_);
    step.agent = std::string(1, static_cast<char>('a' + draw_.below(4)));
    step.good = draw_.below(1000) >= errors_per_mille_;
    step.weight = draw_.one_in(5) ? 1 + draw_.below(200) : 1;
    if (draw_.one_in(10)) step.late = draw_.up_to(minutes{20});
    if (draw_.one_in(25)) step.uncertain = draw_.one_in(2);
    return step;
  }

 private:
  void change_mood() {
    constexpr std::array<std::int64_t, 6> kErrors{0, 5, 20, 100, 500, 1000};
    constexpr std::array<Duration, 5> kPauses{seconds{2}, seconds{40}, minutes{10}, hours{3},
                                              days{2}};
    errors_per_mille_ = kErrors[static_cast<std::size_t>(draw_.below(kErrors.size()))];
    pause_ = kPauses[static_cast<std::size_t>(draw_.below(kPauses.size()))];
  }

  Draw draw_;
  std::int64_t errors_per_mille_ = 5;
  Duration pause_ = seconds{40};
};

// One step of the SLO as the engine does it: only keys that are due or were touched.
void take(Slo& slo, const Step& step, Instant now, std::vector<telemetry::RecordBody>& out) {
  std::vector<KeyIndex> keys;
  slo.due(now, keys);
  if (step.uncertain) slo.set_uncertain({.tenant = {}, .agent = step.agent}, *step.uncertain, keys);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (const KeyIndex key : keys) slo.evaluate(key, now, out);
  telemetry::Event event = tool_event(step.good, step.agent);
  event.weight = step.weight;
  slo.evaluate(*slo.record(event, now - step.late, now), now, out);
}

class SloAgainstModel : public testing::TestWithParam<Duration> {};

TEST_P(SloAgainstModel, SaysTheSameAtEveryStep) {
  std::size_t said = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const SloSpec spec = spec_of(GetParam());
    Slo slo(spec);
    Model model(spec);
    Traffic traffic(seed);
    Instant now = kStart;
    for (int i = 0; i < 600; ++i) {
      const Step step = traffic.next();
      now += step.pause;
      std::vector<telemetry::RecordBody> records;
      take(slo, step, now, records);

      std::vector<std::string> expected;
      ModelKey* marked = model.find(step.agent);
      if (step.uncertain && marked != nullptr) marked->uncertain = *step.uncertain;
      model.evaluate_all(now, expected);
      ModelKey& key = model.key_of(step.agent);
      key.events.push_back({now - step.late, step.good, step.weight});
      model.evaluate(key, now, expected);

      std::vector<std::string> words;
      for (const auto& record : records) words.push_back(in_words(record));
      ASSERT_EQ(words, expected) << "seed " << seed << " step " << i;
      said += words.size();
    }
  }
  EXPECT_GT(said, 1000u);  // the traffic is worth the comparison
}

std::string lines_of(const std::vector<telemetry::RecordBody>& records, Instant now) {
  std::string text;
  for (const auto& record : records) {
    telemetry::append_json(text, telemetry::Record{.at = now, .seq = 1, .body = record});
    text += '\n';
  }
  return text;
}

TEST_P(SloAgainstModel, ARestoreInMidStreamChangesNoLine) {
  for (std::uint64_t seed = 100; seed < 110; ++seed) {
    const SloSpec spec = spec_of(GetParam());
    Slo whole(spec);
    Slo cut(spec);
    Traffic traffic(seed);
    Draw draw(seed);
    Instant now = kStart;
    for (int i = 0; i < 600; ++i) {
      const Step step = traffic.next();
      now += step.pause;
      if (draw.one_in(20)) {
        std::string bytes;
        ArchiveWriter writer(bytes);
        cut.save(writer);
        cut = Slo(spec);
        ArchiveReader reader(bytes);
        cut.restore(reader);
        ASSERT_FALSE(reader.failed());
        ASSERT_TRUE(reader.at_end());
      }
      std::vector<telemetry::RecordBody> expected;
      std::vector<telemetry::RecordBody> records;
      take(whole, step, now, expected);
      take(cut, step, now, records);
      ASSERT_EQ(lines_of(records, now), lines_of(expected, now)) << "seed " << seed;
    }
    std::string expected;
    std::string text;
    JsonWriter expected_json(expected);
    JsonWriter json(text);
    whole.write_summary(expected_json, now);
    cut.write_summary(json, now);
    EXPECT_EQ(text, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Windows, SloAgainstModel,
                         testing::Values(Duration{hours{1}}, Duration{days{2}}, Duration{days{30}}),
                         [](const auto& param) { return format_duration(param.param); });

}  // namespace
}  // namespace fusebox::slo
