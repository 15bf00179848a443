// demo: a daemon on free ports, agents that talk to it over real sockets, and a tour of what it
// does with them. Every act prints its claim, the evidence, and the command to ask again.
#include <cstdio>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include "sre/cli/commands.hpp"
#include "sre/cli/detail/demo_chaos.hpp"
#include "sre/cli/detail/demo_daemon.hpp"
#include "sre/cli/detail/demo_spans.hpp"
#include "sre/cli/detail/interrupt.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/cli/output.hpp"

namespace fusebox::cli {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kConfiguration = R"(apiVersion: fusebox/v1
kind: Config
metadata: {name: demo}
spec:
  listen: {api: 127.0.0.1:0, otlp_http: 127.0.0.1:0}
  state: ./state
  telemetry:
    prices:
      - {model: "m1*", usd_per_million: {in: 2.50, cached_in: 1.25, out: 10.00}}
---
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: tools}
spec:
  key: [tool]
  window: {count: 10}
  minimum_calls: 4
  failure_rate: 50%
  open: {wait: 2s}
  half_open: {probes: 2, patience: 5s}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: task-budget}
spec:
  scope: [task]
  window: lifetime
  budget: {tool_calls: 20}
  on_exceed: deny
)";

// What one act found, or why it could not.
using Act = Result<void>;

class Tour {
 public:
  Tour(DemoDaemon& daemon, Interrupt& interrupt, bool colour)
      : daemon_(daemon), interrupt_(interrupt), colour_(colour) {}

  // The exit code. A signal ends it after the act that it came in, so that nothing is left.
  int run();

 private:
  Act telemetry_appears();
  Act a_failing_tool_is_cut_off();
  Act a_runaway_stops();
  Act a_kill_survives();
  Act an_incident_is_rehearsed();
  void compared_row(const ComparedRow& row, chaos::Verdict verdict);

  void title(int number, std::string_view claim);
  void line(std::string_view text, Style style = Style::Plain);
  void command(std::string_view arguments);
  [[nodiscard]] std::string fusebox(std::string_view arguments) const;

  // One check as an agent makes it; the decision.
  Result<json::value> check(std::string_view agent, std::string_view tool, std::string_view task);
  Result<json::value> report(const json::value& decision, std::string_view outcome);

  DemoDaemon& daemon_;
  Interrupt& interrupt_;
  bool colour_;
};

std::string text_of(const json::value& value, std::string_view name) {
  const json::object* object = value.if_object();
  const json::value* member = object == nullptr ? nullptr : object->if_contains(name);
  if (member == nullptr) return "";
  return member->is_string() ? std::string(member->as_string()) : json::serialize(*member);
}

double number_of(const json::value& value, std::string_view name) {
  const json::object* object = value.if_object();
  const json::value* member = object == nullptr ? nullptr : object->if_contains(name);
  if (member == nullptr) return 0;
  if (member->is_number()) return member->to_number<double>();
  return member->is_string() ? std::strtod(member->as_string().c_str(), nullptr) : 0;
}

const json::array& list_of(const json::value& body, std::string_view name) {
  static const json::array none;
  const json::object* object = body.if_object();
  const json::value* list = object == nullptr ? nullptr : object->if_contains(name);
  return list != nullptr && list->is_array() ? list->as_array() : none;
}

template <class... T>
std::string printed(const char* format, T... values) {
  char text[256];
  const int length = std::snprintf(text, sizeof text, format, values...);
  return {text, static_cast<std::size_t>(std::max(length, 0))};
}

// What an unmet claim of the tour says.
Unexpected unmet(const std::string& what) { return {ErrorCode::InvalidAnswer, what}; }

void Tour::title(int number, std::string_view claim) {
  std::string text = "\n";
  append_styled(text, printed("%d  ", number) + std::string(claim), Style::Bold, colour_);
  std::cout << text << "\n";
}

void Tour::line(std::string_view text, Style style) {
  std::string out = "   ";
  append_styled(out, text, style, colour_);
  std::cout << out << "\n" << std::flush;
}

std::string Tour::fusebox(std::string_view arguments) const {
  return "fusebox " + std::string(arguments);
}

void Tour::command(std::string_view arguments) {
  line("$ " + fusebox(arguments) + " --server " + daemon_.api(), Style::Dim);
}

Result<json::value> Tour::check(std::string_view agent, std::string_view tool,
                                std::string_view task) {
  return daemon_.post(
      "/v1/check",
      json::object{{"agent", agent}, {"action", "tool"}, {"target", tool}, {"task", task}});
}

Result<json::value> Tour::report(const json::value& decision, std::string_view outcome) {
  return daemon_.post("/v1/report", json::object{{"permit", text_of(decision, "permit")},
                                                 {"outcome", outcome},
                                                 {"duration_ms", 120}});
}

Act Tour::telemetry_appears() {
  title(1, "Agents send OpenTelemetry; SLOs, tokens and cost appear unconfigured.");
  std::uint64_t number = 1;
  for (const std::string_view agent : {"planner", "researcher", "writer"}) {
    json::array spans;
    for (int i = 0; i < 20; ++i) {
      spans.push_back(agent_span(number++, "chat", "m1-large", false));
      spans.push_back(
          agent_span(number++, "execute_tool", "search", agent == "writer" && i % 5 == 0));
    }
    if (auto sent = daemon_.post("/v1/traces", agent_export(agent, std::move(spans))); !sent) {
      return Unexpected{sent.error()};
    }
  }
  const auto agents = daemon_.get("/v1/agents");
  if (!agents) return Unexpected{agents.error()};
  for (const json::value& agent : list_of(*agents, "agents")) {
    line(printed("%-12s %4.0f events  %6.0f tokens in  %5.0f out  %8.4f USD",
                 text_of(agent, "agent").c_str(), number_of(agent, "events"),
                 number_of(agent, "tokens_in"), number_of(agent, "tokens_out"),
                 number_of(agent, "cost_usd")));
  }
  const auto slos = daemon_.get("/v1/slos/tool-success");
  if (!slos) return Unexpected{slos.error()};
  for (const json::value& slo : list_of(*slos, "slos")) {
    line(printed("%-12s %-24s sli %6.2f%%  budget left %8.1f%%", text_of(slo, "slo").c_str(),
                 text_of(slo.at("key"), "agent").c_str(), number_of(slo, "sli") * 100,
                 number_of(slo, "budget_remaining") * 100));
  }
  if (list_of(*agents, "agents").size() != 3) return unmet("three agents were sent");
  command("agents");
  return {};
}

Act Tour::a_failing_tool_is_cut_off() {
  title(2, "A tool starts failing: its breaker opens, callers are refused, it recovers.");
  int calls = 0;
  json::value decision;
  for (; calls < 30; ++calls) {
    auto answer = check("researcher", "sql", printed("t%d", calls));
    if (!answer) return Unexpected{answer.error()};
    decision = *answer;
    if (text_of(decision, "permit").empty()) break;
    if (auto told = report(decision, "error"); !told) return Unexpected{told.error()};
  }
  if (text_of(decision, "reason") != "breaker_open") return unmet("the breaker did not open");
  line(printed("%d failing calls, then: %s, %s, retry after %s ms", calls,
               text_of(decision, "effect").c_str(), text_of(decision, "reason").c_str(),
               text_of(decision, "retry_after_ms").c_str()),
       Style::Red);
  // As long as the refusal said, and no longer: a breaker is due at its deadline.
  const auto retry_after_ms = static_cast<std::int64_t>(number_of(decision, "retry_after_ms"));
  if (interrupt_.await(milliseconds{retry_after_ms})) return unmet("it was interrupted");
  int probes = 0;
  for (; probes < 4; ++probes) {
    auto answer = check("researcher", "sql", printed("p%d", probes));
    if (!answer) return Unexpected{answer.error()};
    if (text_of(*answer, "permit").empty()) break;
    if (auto told = report(*answer, "ok"); !told) return Unexpected{told.error()};
  }
  const auto breakers = daemon_.get("/v1/breakers?tool=sql");
  if (!breakers) return Unexpected{breakers.error()};
  for (const json::value& breaker : list_of(*breakers, "breakers")) {
    line(printed("after its wait and two good probes: %s %s", text_of(breaker, "breaker").c_str(),
                 text_of(breaker, "state").c_str()),
         Style::Green);
    if (text_of(breaker, "state") != "closed") return unmet("the breaker did not close");
  }
  command("breakers");
  return {};
}

Act Tour::a_runaway_stops() {
  title(3, "A runaway agent in a loop stops at exactly 20 tool calls.");
  int calls = 0;
  json::value decision;
  for (; calls < 1'000; ++calls) {
    auto answer = check("looper", "fetch", "task-7");
    if (!answer) return Unexpected{answer.error()};
    decision = *answer;
    if (text_of(decision, "permit").empty()) break;
    if (auto told = report(decision, "ok"); !told) return Unexpected{told.error()};
  }
  line(printed("%d calls went through; the next: %s, %s, by %s", calls,
               text_of(decision, "effect").c_str(), text_of(decision, "reason").c_str(),
               text_of(decision, "rule").c_str()),
       Style::Red);
  if (calls != 20) return unmet("20 calls were allowed");
  command("limits --where task=task-7");
  return {};
}

Act Tour::a_kill_survives() {
  title(4, "A kill order ends the process and survives kill -9 of the daemon itself.");
  const auto started = StartSignal::create(daemon_.folder() + "/agent-started");
  if (!started) return Unexpected{started.error()};
  // exec starts its command once it is registered, so that a command that runs is one to stop.
  auto agent =
      ChildProcess::start({own_path(), "exec", "--agent", "looper", "--server", daemon_.socket(),
                           "--", "sh", "-c", "echo > \"$0\"; exec sleep 600", started->path()},
                          daemon_.folder() + "/agent.log");
  if (!agent) return Unexpected{agent.error()};
  if (!started->await(*agent, seconds{10})) return unmet("the agent's process did not start");
  const auto order = daemon_.post(
      "/v1/kills",
      json::object{{"scope", "agent:looper"}, {"reason", "demo"}, {"deadline_ms", 2'000}});
  if (!order) return Unexpected{order.error()};
  line(printed("%s on %s, epoch %s, durable %s", text_of(*order, "id").c_str(),
               text_of(*order, "scope").c_str(), text_of(*order, "epoch").c_str(),
               text_of(*order, "durable").c_str()));
  const auto code = agent->wait(seconds{10});
  if (!code) return unmet("the agent's process is still there");
  line(printed("its process is gone, exit code %d", *code), Style::Green);
  const int old_pid = daemon_.pid();
  if (auto again = daemon_.kill_and_restart(); !again) return again;
  line(printed("daemon %d killed with -9; daemon %d is back", old_pid, daemon_.pid()));
  const auto decision = check("looper", "fetch", "task-8");
  if (!decision) return Unexpected{decision.error()};
  line(printed("looper asks again: %s, %s, order %s", text_of(*decision, "effect").c_str(),
               text_of(*decision, "reason").c_str(), text_of(*decision, "rule").c_str()),
       Style::Red);
  if (text_of(*decision, "reason") != "killed") return unmet("the agent was admitted");
  command("kill list");
  return {};
}

void Tour::compared_row(const ComparedRow& row, chaos::Verdict verdict) {
  const bool passed = verdict == chaos::Verdict::Pass;
  line(printed("%-12s %9s %9s  %12s  %s", row.protection.c_str(), row.success.c_str(),
               row.control.c_str(), row.cost.c_str(), std::string(name_of(verdict)).c_str()),
       passed ? Style::Green : Style::Red);
  line("  " + row.recovery);
}

Act Tour::an_incident_is_rehearsed() {
  title(5, "The same brownout twice, in virtual time: without a breaker, and with one.");
  const auto runs = run_side_by_side();
  if (!runs) return Unexpected{runs.error()};
  line(printed("%-12s %9s %9s  %12s  %s", "", "SUCCESS", "CONTROL", "COST A TASK", "VERDICT"),
       Style::Dim);
  compared_row(compared("unprotected", runs->without), runs->without.verdict);
  compared_row(compared("protected", runs->with), runs->with.verdict);
  line("report: " + runs->report);
  line("$ fusebox chaos run provider-brownout -c provider-brownout.unprotected", Style::Dim);
  if (runs->without.verdict != chaos::Verdict::Fail) return unmet("the unprotected run must fail");
  if (runs->with.verdict != chaos::Verdict::Pass) return unmet("the protected run must pass");
  return {};
}

int Tour::run() {
  std::cout << "fusebox demo: daemon " << daemon_.pid() << " on " << daemon_.api() << ", OTLP on "
            << daemon_.otlp() << "\n";
  const std::pair<const char*, Act (Tour::*)()> acts[] = {
      {"telemetry", &Tour::telemetry_appears},
      {"breaker", &Tour::a_failing_tool_is_cut_off},
      {"budget", &Tour::a_runaway_stops},
      {"kill", &Tour::a_kill_survives},
      {"brownout", &Tour::an_incident_is_rehearsed}};
  for (const auto& [name, act] : acts) {
    const Act done = (this->*act)();
    // Before what the act says: Ctrl-C reaches the daemon too, and its end is no failure.
    if (const auto signal = interrupt_.came()) return 128 + *signal;
    if (!done) {
      print_error(std::string("the act on the ") + name + " failed: " + done.error().message);
      return kFailure;
    }
  }
  std::cout << "\nnow yours:\n"
               "   $ fusebox serve\n"
               "   $ OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 your-agent\n"
               "   $ fusebox agents --watch\n";
  return kSuccess;
}

struct Options {
  bool once = false;
  std::string lasts;
};

int demo(const Options& options) {
  std::optional<Duration> limit;
  if (!options.lasts.empty()) {
    const auto parsed = parse_duration(options.lasts);
    if (!parsed) {
      print_error("--for: " + parsed.error().message);
      return kUsage;
    }
    limit = *parsed;
  }
  Interrupt interrupt;
  auto daemon = DemoDaemon::start(kConfiguration);
  if (!daemon) {
    print_error(daemon.error().message);
    return kFailure;
  }
  const int code = Tour(*daemon, interrupt, wants_colour(stdout)).run();
  const bool stays = !options.once && (limit || is_terminal(stdout));
  if (code == kSuccess && stays) {
    std::cout << "\nthe demo's daemon stays on " << daemon->api() << " until Ctrl-C\n"
              << std::flush;
    (void)interrupt.await(limit.value_or(std::chrono::hours{24}));
  }
  return code;
}

}  // namespace

void add_demo(CLI::App& program, int& exit_code) {
  auto* command =
      add_command(program, "demo", "A daemon on free ports, simulated agents, and a guided tour");
  auto options = std::make_shared<Options>();
  command->add_flag("--once", options->once, "end after the tour");
  command->add_option("--for", options->lasts, "stay this long after the tour, e.g. 60s");
  command->footer(
      "Everything talks over real sockets; nothing is left running or behind.\n"
      "Without a terminal it ends after the tour.\n\nExample:\n  fusebox demo --once\n");
  command->callback([options, &exit_code] { exit_code = demo(*options); });
}

}  // namespace fusebox::cli
