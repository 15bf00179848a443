// check: one decision of the running daemon.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sre/cli/commands.hpp"
#include "sre/cli/detail/daemon_client.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"

namespace fusebox::cli {
namespace {

namespace json = boost::json;

struct Options {
  DaemonOptions daemon;
  std::string agent, action = "tool", target, tenant, session, task, args;
  bool explain = false;
};

int exit_code_of_effect(std::string_view effect) {
  if (effect == "allow") return kSuccess;
  if (effect == "deny") return 1;
  if (effect == "require_approval") return 3;
  return 4;
}

int check(const Options& options) {
  json::object body{{"agent", options.agent}, {"action", options.action}};
  const auto add = [&body](std::string_view name, const std::string& value) {
    if (!value.empty()) body[name] = value;
  };
  add("target", options.target);
  add("tenant", options.tenant);
  add("session", options.session);
  add("task", options.task);
  if (!options.args.empty()) {
    boost::system::error_code failed;
    body["args"] = json::parse(options.args, failed);
    if (failed) {
      print_error("--args is not JSON: " + failed.message());
      return kUsage;
    }
  }
  auto client = DaemonClient::connect(options.daemon);
  if (!client) return report_failure(client.error());
  const auto answer = client->post(options.explain ? "/v1/check?explain=1" : "/v1/check", body);
  if (!answer) return report_failure(answer.error());
  if (!answer->ok()) return report_refusal(*answer);
  std::cout << answer->text << std::endl;
  const json::value* effect =
      answer->body.is_object() ? answer->body.as_object().if_contains("effect") : nullptr;
  if (!std::cout || effect == nullptr || !effect->is_string()) return kFailure;
  return exit_code_of_effect(std::string_view(effect->as_string()));
}

}  // namespace

void add_check(CLI::App& program, int& exit_code) {
  auto* command = add_command(program, "check", "Ask for one decision, as an agent would");
  auto options = std::make_shared<Options>();
  command->add_option("--agent", options->agent, "who asks")->required();
  command->add_option("--action", options->action, "what it asks to do")
      ->check(CLI::IsMember({"llm", "tool", "delegation", "task"}))
      ->capture_default_str();
  command->add_option("--target", options->target, "the tool, the model, the other agent");
  command->add_option("--tenant", options->tenant);
  command->add_option("--session", options->session);
  command->add_option("--task", options->task);
  command->add_option("--args", options->args, "arguments of the call, a JSON object");
  command->add_flag("--explain", options->explain, "what every gate thought of it");
  add_daemon_options(*command, options->daemon);
  command->footer(
      "A decision that allows holds a permit, as for an agent, until its lease ends.\n"
      "Exit code 0 allow, 1 deny, 3 approval required, 4 throttle or degrade.\n\n"
      "Example:\n  fusebox check --agent bot --action tool --target search --explain\n");
  command->callback([options, &exit_code] { exit_code = check(*options); });
}

}  // namespace fusebox::cli
