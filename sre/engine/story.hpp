// The whole story of one session, task or decision, put together from what went into an engine and
// what came out of it: what happened, what was decided and why, who approved, which breakers,
// limits and stop orders played a part, and what it cost. For people who ask afterwards; nothing
// here decides anything.
//
// What a story is told of, it keeps only where it may matter:
//   events, checks and reports     that name the subject, or belong to a permit that it was given
//   approvals                      of its decisions
//   breakers, limits               whose key it meets, while it lasts or where they decided
//   stop orders, their outcomes    whose scope covers it, while it lasts or where they decided
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/dimension.hpp"
#include "base/json_writer.hpp"
#include "base/money.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "telemetry/input.hpp"
#include "telemetry/record.hpp"

namespace fusebox::engine {

enum class SubjectKind : std::uint8_t { Session, Task, Decision };

struct Subject {
  SubjectKind kind = SubjectKind::Session;
  std::string id;  // never empty
};

// "session:s1". Errors: InvalidValue, with what was expected.
[[nodiscard]] Result<Subject> parse_subject(std::string_view text);
[[nodiscard]] std::string format(const Subject& subject);

// A decision and what it was about. Views, valid during the call.
struct ToldDecision {
  Instant at;
  std::int64_t seq = 0;
  Dimensions dimensions;  // of the check
  std::string_view action;
  std::string_view target;
  std::string_view id;
  std::string_view effect;
  std::string_view rule;  // that decided; "" if nobody objected
  std::string_view json;  // the decision as it was answered
};

// How far back each source reaches; absent where it reaches to the beginning.
struct Reach {
  std::optional<Instant> inputs;
  std::optional<Instant> decisions;
  std::optional<Instant> changes;
};

// Tell it everything in the order of time, or source by source, decisions first: a report is known
// by its permit. O(1) for what does not matter, a line of JSON for what does.
class Story {
 public:
  // Changes of breakers, limits and stop orders that are kept until it is known whether they
  // matter; the oldest are forgotten first.
  static constexpr std::size_t kChangesMax = 65'536;

  explicit Story(Subject subject) : subject_(std::move(subject)) {}

  void add(const ToldDecision& decision);
  void add(const telemetry::Input& input);
  void add(const telemetry::Record& record);  // decisions among them are left out

  // Was anything said of the subject itself?
  [[nodiscard]] bool is_known() const { return !lines_.empty(); }
  // {"subject","from","until","totals":{…},"reach":{…},"timeline":[…]}: lines as in a journal, by
  // time; a decision stands with its check, as in GET /v1/decisions.
  [[nodiscard]] std::string json(const Reach& reach) const;

 private:
  struct Line {
    Instant at;
    std::int64_t order = 0;  // among lines of one time: 0 for inputs, else the seq
    std::string json;
  };
  // What may matter, once the story is known.
  struct Change {
    Line line;
    telemetry::RecordBody body;
  };
  struct Outcome {
    Line line;
    std::string order;  // kill-N
  };
  struct Totals {
    std::int64_t events = 0;
    std::int64_t decisions = 0;
    std::int64_t allowed = 0;
    std::int64_t tokens_in = 0;
    std::int64_t tokens_out = 0;
    MicroUsd cost{};
  };

  void add_event(const telemetry::Input& input, const telemetry::Event& event);
  void add_report(const telemetry::Input& input, const telemetry::Report& report);
  void add_line(Line line);
  void meet(const Dimensions& dimensions);
  void count(std::string identity, const telemetry::Measurements& measured);
  [[nodiscard]] bool is_named_by(const Dimensions& dimensions) const;
  [[nodiscard]] bool lasts_at(Instant at) const { return at >= from_ && at <= until_; }
  [[nodiscard]] bool has_met(Dimension dimension, std::string_view value) const;
  [[nodiscard]] bool meets_key(std::string_view key_json) const;
  [[nodiscard]] bool is_covered_by(std::string_view scope) const;
  [[nodiscard]] bool matters(const Change& change) const;
  [[nodiscard]] std::vector<const Line*> timeline() const;
  void write_totals(JsonWriter& json) const;

  Subject subject_;
  std::deque<Line> lines_;  // of the subject itself
  std::deque<Change> changes_;
  std::deque<Outcome> outcomes_;
  Instant from_ = kNever;
  Instant until_{};
  Totals totals_;
  std::set<std::string, std::less<>> decisions_;  // ids, which permits share
  std::set<std::string, std::less<>> deciders_;   // rules, breakers, limits and orders
  std::set<std::string, std::less<>> counted_;    // calls whose usage stands in the totals
  std::array<std::set<std::string, std::less<>>, kDimensionCount> met_;
};

}  // namespace fusebox::engine
