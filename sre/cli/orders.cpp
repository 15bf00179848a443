// kill, rearm, and what people may do to a breaker, a limit or an approval: each one request, and
// an exit code that scripts can rely on.
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include "base/time.hpp"
#include "sre/cli/commands.hpp"
#include "sre/cli/detail/daemon_client.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/listing.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/cli/output.hpp"

namespace fusebox::cli {
namespace {

namespace json = boost::json;

// The fence holds, and something that should have confirmed its end did not.
constexpr int kUnconfirmed = 3;
constexpr int kOneMoreApproval = 4;

struct Options {
  DaemonOptions daemon;
  std::string subject;  // a scope, an order, an id
  std::string reason;
  std::string actor;
  std::string drain;
  std::string lasts;  // --for
  std::string state;
  std::string dimension;
  std::string to;
  std::string by;
  bool json = false;
};

std::string text_at(const json::value& body, std::string_view name) {
  const json::object* object = body.if_object();
  const json::value* value = object == nullptr ? nullptr : object->if_contains(name);
  if (value == nullptr || value->is_null()) return "";
  return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

// Posts and prints; nullopt once the failure is reported, with the exit code in `code`.
std::optional<DaemonAnswer> post(const Options& options, const std::string& target,
                                 const json::object& body, int& code) {
  auto client = DaemonClient::connect(options.daemon);
  if (!client) {
    code = report_failure(client.error());
    return std::nullopt;
  }
  auto answer = client->post(target, body);
  if (!answer) {
    code = report_failure(answer.error());
    return std::nullopt;
  }
  if (!answer->ok()) {
    code = report_refusal(*answer);
    return std::nullopt;
  }
  if (options.json) std::cout << answer->text << "\n";
  code = kSuccess;
  return std::move(*answer);
}

json::object with_reason(const Options& options) {
  json::object body{{"reason", options.reason}};
  if (!options.actor.empty()) body["actor"] = options.actor;
  return body;
}

void print_terminators(const json::value& body) {
  const json::value* list =
      body.if_object() ? body.as_object().if_contains("terminators") : nullptr;
  if (list == nullptr || !list->is_array()) return;
  for (const json::value& each : list->as_array()) {
    std::string line;
    append_visible(line, text_at(each, "name") + ": " + text_at(each, "outcome"));
    const std::string detail = text_at(each, "detail");
    if (!detail.empty()) append_visible(line, " (" + detail + ")");
    std::cout << "  " << line << "\n";
  }
}

bool all_confirmed(const json::value& body) {
  const json::value* list =
      body.if_object() ? body.as_object().if_contains("terminators") : nullptr;
  if (list == nullptr || !list->is_array()) return true;
  for (const json::value& each : list->as_array()) {
    if (text_at(each, "outcome") != "confirmed") return false;
  }
  return true;
}

int kill(const Options& options) {
  json::object body = with_reason(options);
  body["scope"] = options.subject;
  body["category"] = options.drain.empty() ? "hard" : "drain";
  if (!options.drain.empty()) {
    const auto deadline = parse_duration(options.drain);
    if (!deadline) {
      print_error("--drain: " + deadline.error().message);
      return kUsage;
    }
    body["deadline_ms"] = std::chrono::ceil<std::chrono::milliseconds>(*deadline).count();
  }
  int code = kSuccess;
  const auto answer = post(options, "/v1/kills", body, code);
  if (!answer) return code;
  const bool durable = text_at(answer->body, "durable") == "true";
  if (!options.json) {
    std::cout << text_at(answer->body, "id") << " stops " << text_at(answer->body, "scope")
              << ", epoch " << text_at(answer->body, "epoch") << ", fence "
              << (durable ? "durable" : "in memory only: the disk did not take it") << "\n";
    print_terminators(answer->body);
  }
  return durable && all_confirmed(answer->body) ? kSuccess : kUnconfirmed;
}

int drill(const Options& options) {
  json::object body = with_reason(options);
  if (!options.subject.empty()) body["name"] = options.subject;
  int code = kSuccess;
  const auto answer = post(options, "/v1/kills/drills", body, code);
  if (!answer) return code;
  if (!options.json) {
    std::cout << text_at(answer->body, "id") << " drills " << text_at(answer->body, "scope")
              << ", epoch " << text_at(answer->body, "epoch") << "\n";
    print_terminators(answer->body);
  }
  return all_confirmed(answer->body) ? kSuccess : kUnconfirmed;
}

int rearm(const Options& options) {
  int code = kSuccess;
  const auto answer =
      post(options, "/v1/kills/" + runtime::percent_encode(options.subject) + "/rearm",
           with_reason(options), code);
  if (!answer) return code == kUsage ? kFailure : code;
  const bool armed = text_at(answer->body, "state") == "armed";
  if (!options.json) {
    std::cout << options.subject
              << (armed ? " is re-armed; nothing resumes by itself\n"
                        : ": one more approval needed, by a different person\n");
  }
  return armed ? kSuccess : kOneMoreApproval;
}

int act(const Options& options, const std::string& target, const json::object& body,
        const std::string& done) {
  int code = kSuccess;
  const auto answer = post(options, target, body, code);
  if (answer && !options.json) std::cout << done << "\n";
  return code;
}

int force(const Options& options) {
  json::object body = with_reason(options);
  body["state"] = options.state;
  body["for"] = options.lasts;
  return act(options, "/v1/breakers/" + runtime::percent_encode(options.subject) + "/force", body,
             options.subject + " is forced " + options.state + " for " + options.lasts);
}

int raise(const Options& options) {
  if (options.to.empty() == options.by.empty()) {
    print_error("limits raise: one of --to and --by is needed");
    return kUsage;
  }
  json::object body = with_reason(options);
  body["dimension"] = options.dimension;
  body["for"] = options.lasts;
  // A decimal for cost_usd, an integer for the rest: the daemon takes both as text or number.
  const std::string& amount = options.to.empty() ? options.by : options.to;
  const bool integer = amount.find_first_not_of("0123456789") == std::string::npos;
  json::value value;
  if (integer && amount.size() < 18) {
    value = std::stoll(amount);
  } else {
    value = amount;
  }
  body[options.to.empty() ? "by" : "to"] = value;
  return act(options, "/v1/limits/" + runtime::percent_encode(options.subject) + "/raise", body,
             options.subject + " is raised for " + options.lasts);
}

int answer_approval(const Options& options, bool granted) {
  json::object body = with_reason(options);
  body["action"] = granted ? "grant" : "deny";
  if (!options.lasts.empty()) body["for"] = options.lasts;
  return act(options, "/v1/approvals/" + runtime::percent_encode(options.subject), body,
             options.subject + (granted ? " is granted" : " is refused"));
}

std::shared_ptr<Options> add_common(CLI::App& command, const std::string& subject,
                                    const std::string& about, bool is_required = true) {
  auto options = std::make_shared<Options>();
  command.add_option(subject, options->subject, about)->required(is_required);
  command.add_option("--reason", options->reason, "why; stands in the audit")->required();
  command.add_option("--actor", options->actor,
                     "who, where there is no authentication; else the token's name counts");
  command.add_flag("--json", options->json, "the daemon's own answer");
  add_daemon_options(command, options->daemon);
  return options;
}

template <class Run>
void on_run(CLI::App& command, int& exit_code, const std::shared_ptr<Options>& options, Run run) {
  command.callback([options, &exit_code, run] { exit_code = run(*options); });
}

void add_validity(CLI::App& command, Options& options) {
  command.add_option("--for", options.lasts, "how long, e.g. 1h")->required();
}

}  // namespace

void add_kill(CLI::App& program, int& exit_code) {
  auto* command = add_command(program, "kill", "Stop an agent, a tool, a tenant or everything");
  auto options = std::make_shared<Options>();
  command->add_option("SCOPE", options->subject,
                      "global, or tenant: agent: session: task: root_task: tool: model: provider: "
                      "capability: and a name");
  command->add_option("--reason", options->reason, "why; stands in the audit");
  command->add_option("--actor", options->actor, "who, where there is no authentication");
  command->add_option("--drain", options->drain, "time for what runs to end by itself, e.g. 30s");
  command->add_flag("--json", options->json, "the daemon's own answer");
  add_daemon_options(*command, options->daemon);
  command->require_subcommand(0, 1);
  command->footer(
      "Prints the order, its epoch, whether the fence is durable, and what confirmed its end.\n"
      "Exit code 0: all confirmed; 3: the fence holds, something is unconfirmed; 1: refused.\n\n"
      "Examples:\n"
      "  fusebox kill agent:bot --reason 'spends without end'\n"
      "  fusebox kill tool:sql --reason 'wrong database' --drain 30s\n"
      "  fusebox kill list\n  fusebox kill drill payments --reason 'weekly drill'\n");
  add_kill_list(*command, exit_code);
  auto* drills = add_command(*command, "drill", "Trip drill:NAME, the whole way, and report it");
  on_run(*drills, exit_code,
         add_common(*drills, "NAME", "which drill; the time if it is absent", false), drill);
  command->callback([options, command, &exit_code] {
    if (!command->get_subcommands().empty()) return;
    if (options->subject.empty() || options->reason.empty()) {
      print_error("kill: SCOPE and --reason are needed; see fusebox kill --help");
      exit_code = kUsage;
      return;
    }
    exit_code = kill(*options);
  });
}

void add_rearm(CLI::App& program, int& exit_code) {
  auto* command = add_command(program, "rearm", "Approve the re-arming of a stop order");
  on_run(*command, exit_code, add_common(*command, "ORDER", "kill-N, of `fusebox kill list`"),
         rearm);
  command->footer(
      "Needs two different people, and authentication. Exit code 0: re-armed; 4: one more "
      "approval\n"
      "needed; 1: refused.\n\nExample:\n  fusebox rearm kill-3 --reason 'fixed in 1.4.2'\n");
}

void add_breaker_orders(CLI::App& breakers, int& exit_code) {
  auto* command = add_command(breakers, "force", "Open or close a breaker for a while");
  auto options = add_common(*command, "BREAKER", "its name and key values: tools:search");
  command->add_option("--state", options->state, "what it is to be")
      ->required()
      ->check(CLI::IsMember({"open", "closed"}));
  add_validity(*command, *options);
  on_run(*command, exit_code, options, force);
}

void add_limit_orders(CLI::App& limits, int& exit_code) {
  auto* command = add_command(limits, "raise", "Give one key of a limit more, for a while");
  auto options = add_common(*command, "LIMIT", "its name and key values: spend:acme:bot");
  command->add_option("--dimension", options->dimension, "tokens, cost_usd, tool_calls, …")
      ->required();
  command->add_option("--to", options->to, "the new maximum");
  command->add_option("--by", options->by, "how much more");
  add_validity(*command, *options);
  on_run(*command, exit_code, options, raise);
}

void add_approval_orders(CLI::App& approvals, int& exit_code) {
  auto* grant = add_command(approvals, "grant", "Let the request pass, once");
  auto granted = add_common(*grant, "ID", "of `fusebox approvals`");
  grant->add_option("--for", granted->lasts, "how long the grant holds, e.g. 10m");
  on_run(*grant, exit_code, granted,
         [](const Options& each) { return answer_approval(each, true); });
  auto* deny = add_command(approvals, "deny", "Refuse the request");
  on_run(*deny, exit_code, add_common(*deny, "ID", "of `fusebox approvals`"),
         [](const Options& each) { return answer_approval(each, false); });
}

}  // namespace fusebox::cli
