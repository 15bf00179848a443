// What goes out: the output lines of design 4.4, as values and as JSON. Records own their text, so
// a host may keep them; the engine reuses them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "policy/decision.hpp"

namespace fusebox::telemetry {

// A rule in shadow, or a breaker or limit in shadow, and what it would have answered.
struct WouldBe {
  std::string rule;
  policy::Effect effect = policy::Effect::Allow;
  policy::Gate gate = policy::Gate::Governance;
  policy::Reason reason = policy::Reason::None;
};

// One gate's or rule's part in a decision, in words. Filled only when explain was asked for.
struct ExplainLine {
  std::string rule;
  std::string text;
};

// A pending approval: the id of the decision that opened it, and when it stops waiting.
struct ApprovalReference {
  std::string id;
  Instant expires{};
};

struct DecisionRecord {
  std::string id;
  policy::Effect effect = policy::Effect::Allow;  // never Kill: a kill answers deny
  policy::Gate gate = policy::Gate::Kill;         // of the decider; not written on a plain allow
  policy::Reason reason = policy::Reason::None;   // None: gate, reason and rule are not written
  std::string rule;
  std::string message;
  std::string permit;  // "" if it does not proceed
  std::int64_t epoch = 0;
  // Digest of the policy documents; null if there are none. Shared by all decisions of an engine,
  // because a copy would be the one allocation of a check.
  std::shared_ptr<const std::string> policy;
  std::optional<std::int64_t> ttl_ms;          // how long the permit's reservation lasts
  std::optional<std::int64_t> retry_after_ms;  // rounded up
  std::optional<ApprovalReference> approval;   // that this request waits for
  std::vector<WouldBe> would_be;
  std::vector<ExplainLine> explain;
};

// The outcome of a state rule changed.
struct PolicyRecord {
  std::string rule;
  policy::Effect effect = policy::Effect::Deny;
  std::string scope;
  policy::Enforcement mode = policy::Enforcement::Enforce;
  bool on = false;
};

// `key` fields hold a rendered JSON object: {"agent":"bot"}.
struct BreakerRecord {
  std::string name;
  std::string key;
  std::string from;
  std::string to;
  std::string detector;  // "" if a deadline moved it, "forced" if a person did
  std::string reason;    // in words, with the numbers
};

struct AlertRecord {
  std::string slo;
  std::string key;
  std::string objective_name;  // "" if the objective has none
  bool firing = false;
  bool page = false;     // else a ticket
  double burn_long = 0;  // of the pair that fired, or fired last
  double burn_short = 0;
  std::string window_long;  // "1h"
  std::string window_short;
};

struct SloStatusRecord {
  std::string slo;
  std::string key;
  std::string objective_name;
  std::string from;
  std::string to;
  double budget_remaining = 0;
  bool uncertain = false;
};

// A soft threshold of a limit was crossed upwards, a key was overrun, or its maximum was changed by
// a person. `used` and `max` are in the unit of the dimension; cost_usd is micro-dollars here and
// dollars on the line, wall_clock nanoseconds here and milliseconds on the line.
struct LimitRecord {
  std::string name;
  std::string key;
  std::string dimension;  // "tokens"
  std::int64_t used = 0;
  std::int64_t max = 0;
  std::optional<double> threshold;  // 0..1; absent if it is an overrun
  bool overrun = false;
  std::string change = {};  // "raised", "raise_ended": a person's word on `max`; "" otherwise
};

struct KillRecord {
  std::string id;
  std::string scope;
  std::int64_t epoch = 0;
  bool tripped = false;  // else armed
  std::string reason;
  std::string actor;
  std::int64_t rearm_approvals = 0;  // people who approved re-arming so far
};

// Something a person should know that is no decision: clamped time, refused orders.
struct NoticeRecord {
  std::string code;  // "clock_clamped"
  std::string text;
};

using RecordBody = std::variant<DecisionRecord, PolicyRecord, BreakerRecord, AlertRecord,
                                SloStatusRecord, LimitRecord, KillRecord, NoticeRecord>;

struct Record {
  Instant at;
  std::int64_t seq = 0;  // 1, 2, 3, … within one engine
  RecordBody body;
};

// One output line without its newline, appended: {"at":…,"seq":…,"decision":{…}}.
void append_json(std::string& out, const Record& record);

// The decision alone, as the API answers it.
void append_json(std::string& out, const DecisionRecord& decision);

}  // namespace fusebox::telemetry
