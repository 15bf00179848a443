// Writes a realistic journal of any length from a seed, for the configuration of the worked
// example: what the 30-day replay of the benchmark reads. The same arguments give the same bytes
// with every compiler, so that results can be compared by the seed: integers only, our own
// generator, no standard distribution.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "tests/bench/journal_options.hpp"
#include "tests/bench/journal_parts.hpp"

namespace fusebox::bench {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::int64_t kMinutesPerDay = 1440;
// Of fresh lines; with a report for each check, 12 % of all lines are one or the other.
constexpr std::int64_t kChecksIn1000 = 64;
constexpr Instant kStart = from_ns(1'767'225'600'000'000'000);  // 2026-01-01T00:00:00Z

// Trouble that the journal holds, placed by hundredths of its length.
struct Trouble {
  std::int64_t place;
  Duration length;
};
constexpr Trouble kSearchOutage{20, minutes{20}};
constexpr Trouble kSlowModel{40, hours{1}};
constexpr Trouble kSqlOutage{57, minutes{20}};
constexpr std::array<std::int64_t, 2> kKillPlaces{35, 75};

// What an agent is working on.
struct Agent {
  std::int64_t session = 0;
  std::int64_t tasks_left = 0;  // in this session
  std::int64_t task = 0;
  std::int64_t calls_left = 0;  // in this task
};

struct PendingReport {
  Instant due;
  std::int64_t check;
  std::int64_t duration_ms;
  bool failed;
};
struct LaterDue {
  bool operator()(const PendingReport& a, const PendingReport& b) const {
    return a.due != b.due ? a.due > b.due : a.check > b.check;
  }
};

class Generator {
 public:
  explicit Generator(const Options& options)
      : options_(options),
        random_(options.seed),
        agents_(static_cast<std::size_t>(options.agents)) {}

  // Writes everything; false if stdout did not take it.
  bool run();

 private:
  [[nodiscard]] Duration length() const { return hours{24} * options_.days; }
  [[nodiscard]] Instant place(std::int64_t hundredths) const {
    return kStart + length() / 100 * hundredths;
  }
  [[nodiscard]] bool during(const Trouble& trouble, Instant now) const {
    const Instant begin = place(trouble.place);
    return now >= begin && now < begin + trouble.length;
  }

  void write_minute(std::int64_t minute, std::int64_t count);
  void write_orders(Instant now);
  void write_traffic(Instant now);
  void write_event(Instant now, std::size_t agent);
  void write_check(Instant now, std::size_t agent);
  void write_report(Instant now, const PendingReport& report);
  void write_tool(Instant now);
  void write_llm(Instant now);
  void write_task_end();
  void write_identity(std::size_t agent);
  void write_oddities(Instant now);
  void repeat_event(Instant now);

  [[nodiscard]] bool fails(const Tool& tool, Instant now);
  // Around `typical`, sometimes far above it.
  [[nodiscard]] std::int64_t duration(std::int64_t typical);
  void advance(Agent& agent);

  const Options options_;
  Random random_;
  std::vector<Agent> agents_;
  std::priority_queue<PendingReport, std::vector<PendingReport>, LaterDue> reports_;
  std::array<std::string, 64> recent_;  // bodies of events with an id, to be sent again
  std::size_t recent_next_ = 0;
  std::int64_t next_task_ = 1;
  std::int64_t next_session_ = 1;
  std::int64_t next_check_ = 1;
  std::int64_t next_event_ = 1;
  Lines out_;
};

// Weight of a minute, linear between the hours, so that traffic has no steps.
std::int64_t minute_weight(std::int64_t minute) {
  const std::int64_t of_day = minute % kMinutesPerDay;
  const auto hour = static_cast<std::size_t>(of_day / 60);
  const std::int64_t into = of_day % 60;
  return kHourWeights[hour] * (60 - into) + kHourWeights[(hour + 1) % 24] * into;
}

bool Generator::run() {
  const std::int64_t total_minutes = options_.days * kMinutesPerDay;
  std::int64_t day_weight = 0;
  for (std::int64_t minute = 0; minute < kMinutesPerDay; ++minute) {
    day_weight += minute_weight(minute);
  }
  // Running shares instead of rounding each minute: exactly `lines` lines come out.
  const std::int64_t total_weight = day_weight * options_.days;
  std::int64_t weight = 0;
  std::int64_t written = 0;
  for (std::int64_t minute = 0; minute < total_minutes; ++minute) {
    weight += minute_weight(minute);
    const std::int64_t share = options_.lines / total_weight * weight +
                               options_.lines % total_weight * weight / total_weight;
    write_minute(minute, share - written);
    written = share;
  }
  out_.flush();
  return out_.good();
}

void Generator::write_minute(std::int64_t minute, std::int64_t count) {
  const Instant begin = kStart + minutes{minute};
  out_.open(begin).text("\"tick\":true").close();
  write_orders(begin);
  // One line in each of `count` equal parts of the minute, at a random millisecond of its part.
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t from = i * 60'000 / count;
    const std::int64_t room = (i + 1) * 60'000 / count - from;
    const std::int64_t offset = from + (room > 1 ? random_.below(room) : 0);
    write_traffic(begin + milliseconds{offset});
  }
}

// A kill and, half an hour later, its re-arming by two people. The orders are the only ones, so
// their ids are kill-1 and kill-2.
void Generator::write_orders(Instant now) {
  for (std::size_t i = 0; i < kKillPlaces.size(); ++i) {
    const Instant killed = std::chrono::floor<minutes>(place(kKillPlaces[i]));
    const auto order = static_cast<std::int64_t>(i) + 1;
    if (now == killed) {
      out_.open(now)
          .text(R"("kill":{"scope":"agent:agent-)")
          .padded2(order % options_.agents)
          .text(R"(","reason":"runaway spending","actor":"alice"})");
      out_.close();
    }
    for (const std::string_view actor : {"alice", "bob"}) {
      if (now != killed + minutes{actor == "alice" ? 30 : 31}) continue;
      out_.open(now).text(R"("rearm":{"id":"kill-)").number(order);
      out_.text(R"(","reason":"fixed and reviewed","actor":")").text(actor).text("\"}");
      out_.close();
    }
  }
}

void Generator::write_traffic(Instant now) {
  if (!reports_.empty() && reports_.top().due <= now) {
    const PendingReport report = reports_.top();
    reports_.pop();
    write_report(now, report);
    return;
  }
  if (random_.one_in(400)) {
    repeat_event(now);
    return;
  }
  const auto agent = static_cast<std::size_t>(random_.below(options_.agents));
  advance(agents_[agent]);
  if (random_.below(1000) < kChecksIn1000) {
    write_check(now, agent);
  } else {
    write_event(now, agent);
  }
}

// A task is about twenty calls, a session about five tasks.
void Generator::advance(Agent& agent) {
  if (agent.calls_left > 0) {
    --agent.calls_left;
    return;
  }
  if (agent.tasks_left == 0) {
    agent.session = next_session_++;
    agent.tasks_left = 3 + random_.below(5);
  }
  --agent.tasks_left;
  agent.task = next_task_++;
  agent.calls_left = 10 + random_.below(21);
}

void Generator::write_identity(std::size_t agent) {
  out_.text(R"("agent":"agent-)").padded2(static_cast<std::int64_t>(agent));
  out_.text(R"(","session":"s)").number(agents_[agent].session);
  out_.text(R"(","task":"t)").number(agents_[agent].task).text("\"");
}

void Generator::write_event(Instant now, std::size_t agent) {
  out_.open(now);
  const std::size_t body = out_.size();
  out_.text("\"event\":{");
  write_identity(agent);
  if (agents_[agent].calls_left == 0) {
    write_task_end();
  } else if (random_.percent(40)) {
    write_llm(now);
  } else {
    write_tool(now);
  }
  write_oddities(now);
  if (random_.one_in(8)) {
    out_.text(R"(,"id":"e)").number(next_event_++).text("\"}");
    recent_[recent_next_++ % recent_.size()].assign(out_.since(body));
  } else {
    out_.text("}");
  }
  out_.close();
}

void Generator::write_task_end() {
  out_.text(R"(,"kind":"task","outcome":)").text(random_.percent(96) ? "\"ok\"" : "\"error\"");
  out_.text(",\"duration_ms\":").number(20'000 + random_.below(200'000));
}

bool Generator::fails(const Tool& tool, Instant now) {
  const bool out = (tool.name == "search" && during(kSearchOutage, now)) ||
                   (tool.name == "sql.query" && during(kSqlOutage, now));
  return random_.below(1000) < (out ? 950 : tool.failures_in_1000);
}

std::int64_t Generator::duration(std::int64_t typical) {
  const std::int64_t usual = typical / 2 + random_.below(typical + 1);
  return random_.percent(4) ? usual * (2 + random_.below(9)) : usual;
}

void Generator::write_tool(Instant now) {
  const Tool& tool = random_.pick(kTools);
  out_.text(R"(,"kind":"tool","tool":")").text(tool.name).text("\",");
  if (fails(tool, now)) {
    const bool timeout = random_.one_in(4);
    out_.text(timeout ? R"("outcome":"timeout","error":"deadline")"
                      : R"("outcome":"error","error":"tool_error")");
  } else {
    out_.text(R"("outcome":"ok")");
  }
  out_.text(",\"duration_ms\":").number(duration(tool.typical_ms));
}

void Generator::write_llm(Instant now) {
  const Model& model = random_.pick(kModels);
  const std::int64_t slower = model.name == "m2" && during(kSlowModel, now) ? 12 : 1;
  const std::int64_t total_ms = duration(model.typical_ms) * slower;
  const std::int64_t tokens_in = 200 + random_.below(3000);
  const std::int64_t tokens_out = 20 + random_.below(800);
  out_.text(R"(,"kind":"llm","model":")").text(model.name);
  out_.text(R"(","provider":")").text(model.provider);
  out_.text(random_.below(1000) < 8 ? R"(","outcome":"error","error":"overloaded")"
                                    : R"(","outcome":"ok")");
  out_.text(",\"duration_ms\":").number(total_ms).text(",\"ttft_ms\":").number(total_ms / 4);
  out_.text(",\"tokens_in\":").number(tokens_in).text(",\"tokens_out\":").number(tokens_out);
  const std::int64_t micros = (tokens_in + 4 * tokens_out) * model.micro_usd_per_token;
  out_.text(R"(,"cost_usd":"0.)").text(std::to_string(1'000'000 + micros).substr(1)).text("\"");
}

// What real telemetry has: sampling, late arrival, members nobody declared.
void Generator::write_oddities(Instant now) {
  if (random_.one_in(50)) out_.text(",\"weight\":10");
  if (random_.one_in(40)) {
    out_.text(",\"at\":").time(std::max(kStart, now - milliseconds{random_.below(180'000)}));
  }
  if (random_.one_in(20)) {
    out_.text(R"(,"attributes":{"region":"eu","retry":)").number(random_.below(3)).text("}");
  }
}

// An exporter that retries sends the same event again, with a new arrival.
void Generator::repeat_event(Instant now) {
  const std::string& body = random_.pick(recent_);
  out_.open(now);
  if (body.empty()) {
    out_.text(R"("event":{"kind":"heartbeat","agent":"agent-00"})");
  } else {
    out_.text(body);
  }
  out_.close();
}

void Generator::write_check(Instant now, std::size_t agent) {
  const std::int64_t check = next_check_++;
  out_.open(now).text("\"check\":{");
  write_identity(agent);
  std::int64_t lasts_ms = 0;
  bool failed = false;
  if (random_.percent(20)) {
    const Model& model = random_.pick(kModels);
    out_.text(R"(,"action":"llm","target":"chat","model":")").text(model.name);
    out_.text(R"(","estimate":{"tokens":)").number(200 + random_.below(800)).text("}");
    lasts_ms = duration(model.typical_ms);
  } else {
    const Tool& tool = random_.pick(kTools);
    out_.text(R"(,"action":"tool","target":")").text(tool.name).text("\"");
    if (tool.name == "sql.query") {
      out_.text(random_.one_in(200) ? R"(,"args":{"query":"DROP TABLE users"})"
                                    : R"(,"args":{"query":"select id from users"})");
    }
    lasts_ms = duration(tool.typical_ms);
    failed = fails(tool, now);
  }
  out_.text(R"(},"id":"c)").number(check).text("\"");
  out_.close();
  reports_.push({now + milliseconds{lasts_ms}, check, lasts_ms, failed});
}

// Reports follow their check even where the engine refused it, as clients with an old answer do;
// such a report is unknown and only counted.
void Generator::write_report(Instant now, const PendingReport& report) {
  out_.open(now).text(R"("report":{"permit":"c)").number(report.check);
  out_.text(report.failed ? R"(","outcome":"error","error":"tool_error")" : R"(","outcome":"ok")");
  out_.text(",\"duration_ms\":").number(report.duration_ms).text("}");
  out_.close();
}

}  // namespace
}  // namespace fusebox::bench

int main(int argc, char** argv) {
  using namespace fusebox::bench;
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::fputs(kHelp.data(), stdout);
    return 0;
  }
  const std::optional<Options> options = parse_options(argc, argv);
  if (!options) {
    std::fputs("make_journal: wrong arguments\n\n", stderr);
    std::fputs(kHelp.data(), stderr);
    return 2;
  }
  return Generator(*options).run() ? 0 : 1;
}
