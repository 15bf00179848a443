// slo, breakers, limits, agents, approvals, kill list: what the daemon knows, as a table for people
// or as its JSON for programs. One row of kListings each.
#include "sre/cli/listing.hpp"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <span>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include "sre/cli/commands.hpp"
#include "sre/cli/detail/daemon_client.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/output.hpp"
#include "sre/cli/table.hpp"

namespace fusebox::cli {
namespace {

namespace json = boost::json;

// How a value is shown.
enum class Show : std::uint8_t { Text, Number, Percent, State, Key };

struct ColumnSpec {
  std::string_view title;
  std::string_view path;  // "burn_rate.1h": members, one inside the other
  Show show = Show::Text;
};

struct Listing {
  std::string_view command;
  std::string_view about;
  std::string_view target;  // of the API
  std::string_view list;    // the member that holds the rows
  std::span<const ColumnSpec> columns;
  std::string_view none;  // what to say instead of an empty table
  // Rows of one member of the list; without it, the member is a row.
  json::array (*unfold)(const json::object& member) = nullptr;
};

json::array limit_rows(const json::object& limit);

constexpr ColumnSpec kSloColumns[] = {
    {"SLO", "slo"},
    {"KEY", "key", Show::Key},
    {"STATUS", "status", Show::State},
    {"OBJECTIVE", "objective", Show::Percent},
    {"SLI", "sli", Show::Percent},
    {"BUDGET LEFT", "budget_remaining", Show::Percent},
    {"BURN 5m", "burn_rate.5m", Show::Number},
    {"BURN 1h", "burn_rate.1h", Show::Number},
    {"GOOD", "good", Show::Number},
    {"BAD", "bad", Show::Number},
};
constexpr ColumnSpec kBreakerColumns[] = {
    {"BREAKER", "breaker"}, {"KEY", "key", Show::Key}, {"STATE", "state", Show::State},
    {"SINCE", "since"},     {"RETRY AT", "retry_at"},  {"FORCED BY", "forced_by"},
};
constexpr ColumnSpec kLimitColumns[] = {
    {"LIMIT", "limit"},
    {"KEY", "key", Show::Key},
    {"DIMENSION", "dimension"},
    {"USED", "used", Show::Number},
    {"RESERVED", "reserved", Show::Number},
    {"MAX", "max", Show::Number},
    {"RATIO", "used_ratio", Show::Percent},
};
constexpr ColumnSpec kAgentColumns[] = {
    {"AGENT", "agent"},
    {"TENANT", "tenant"},
    {"HEARD", "heard"},
    {"EVENTS", "events", Show::Number},
    {"TOKENS IN", "tokens_in", Show::Number},
    {"TOKENS OUT", "tokens_out", Show::Number},
    {"COST USD", "cost_usd", Show::Number},
    {"OPEN", "open_permits", Show::Number},
};
constexpr ColumnSpec kApprovalColumns[] = {
    {"ID", "id"},         {"STATE", "state", Show::State},
    {"AGENT", "agent"},   {"ACTION", "action"},
    {"TARGET", "target"}, {"RULE", "rule"},
    {"ASKED", "asked"},   {"EXPIRES", "expires"},
};
constexpr ColumnSpec kKillColumns[] = {
    {"ORDER", "id"},
    {"SCOPE", "scope"},
    {"STATE", "state", Show::State},
    {"EPOCH", "epoch", Show::Number},
    {"BY", "actor"},
    {"AT", "at"},
    {"REASON", "reason"},
};

constexpr Listing kListings[] = {
    {"slo", "Objectives, error budgets and burn rates", "/v1/slos", "slos", kSloColumns,
     "no SLO has a key yet: nothing was heard"},
    {"breakers", "Circuit breakers and their states", "/v1/breakers", "breakers", kBreakerColumns,
     "no breaker has a key yet: nothing was called"},
    {"limits", "Budgets, rates and concurrency, by key", "/v1/limits", "limits", kLimitColumns,
     "no limit has a key yet: nothing was asked for", &limit_rows},
    {"agents", "Agents that were heard", "/v1/agents", "agents", kAgentColumns,
     "no agent was heard yet"},
    {"approvals", "Requests that wait for a person", "/v1/approvals", "approvals", kApprovalColumns,
     "nothing waits for an approval"},
};
constexpr Listing kKillListing{"kill",  "",           "/v1/kills",
                               "kills", kKillColumns, "nothing is stopped, and nothing ever was"};

const json::value* at_path(const json::value& row, std::string_view path) {
  const json::value* at = &row;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    const json::object* object = at->if_object();
    at = object == nullptr ? nullptr : object->if_contains(name);
    if (at == nullptr) return nullptr;
  }
  return at;
}

void add_limit_row(json::array& rows, const json::object& limit, std::string_view dimension,
                   const json::value* used, const json::value* reserved, const json::value& max) {
  json::object row{{"limit", limit.at("limit")}, {"key", limit.at("key")}};
  row["dimension"] = dimension;
  row["max"] = max;
  if (used != nullptr) row["used"] = *used;
  if (reserved != nullptr) row["reserved"] = *reserved;
  if (used != nullptr && used->is_number() && max.is_number() && max.to_number<double>() > 0) {
    row["used_ratio"] = used->to_number<double>() / max.to_number<double>();
  }
  rows.push_back(std::move(row));
}

// A limit bounds several things at once, and a person reads one a line.
json::array limit_rows(const json::object& limit) {
  json::array rows;
  const json::value whole(limit);
  if (const json::value* max = at_path(whole, "max"); max != nullptr && max->is_object()) {
    for (const auto& [name, most] : max->as_object()) {
      add_limit_row(rows, limit, name, at_path(whole, "used." + std::string(name)),
                    at_path(whole, "reserved." + std::string(name)), most);
    }
  }
  if (const json::value* most = at_path(whole, "in_flight_max")) {
    add_limit_row(rows, limit, "concurrency", at_path(whole, "in_flight"), nullptr, *most);
  }
  const json::value* burst = at_path(whole, "rate.burst");
  const json::value* available = at_path(whole, "rate.available");
  if (burst != nullptr && burst->is_number() && available != nullptr && available->is_number()) {
    const json::value taken(burst->to_number<std::int64_t>() -
                            available->to_number<std::int64_t>());
    add_limit_row(rows, limit, "rate", &taken, nullptr, *burst);
  }
  return rows;
}

std::string number_text(double value, const char* format) {
  char text[64];
  const int length = std::snprintf(text, sizeof text, format, value);
  return {text, static_cast<std::size_t>(length)};
}

std::string key_text(const json::value& key) {
  const json::object* object = key.if_object();
  if (object == nullptr || object->empty()) return "-";
  std::string text;
  for (const auto& [name, value] : *object) {
    text += (text.empty() ? "" : " ") + std::string(name) + "=";
    text += value.is_string() ? std::string(value.as_string()) : json::serialize(value);
  }
  return text;
}

std::string plain_text(const json::value& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) {
    const std::string text(value.as_string());
    return text.empty() ? "-" : text;
  }
  if (value.is_double()) return number_text(value.as_double(), "%.4g");
  return json::serialize(value);
}

Style style_of(std::string_view state) {
  for (const std::string_view bad : {"exhausted", "critical", "open", "tripped", "refused"}) {
    if (state == bad) return Style::Red;
  }
  for (const std::string_view doubtful : {"warning", "half_open", "pending", "uncertain"}) {
    if (state == doubtful) return Style::Yellow;
  }
  for (const std::string_view good : {"healthy", "closed", "armed", "granted"}) {
    if (state == good) return Style::Green;
  }
  return Style::Plain;
}

Cell cell_of(const ColumnSpec& column, const json::value& row) {
  const json::value* value = at_path(row, column.path);
  if (value == nullptr) return {"-"};
  switch (column.show) {
    case Show::Text:
    case Show::Number:
      return {plain_text(*value)};
    case Show::Percent:
      if (!value->is_number()) return {"-"};
      return {number_text(value->to_number<double>() * 100, "%.2f%%")};
    case Show::State:
      return {plain_text(*value), style_of(plain_text(*value))};
    case Show::Key:
      return {key_text(*value)};
  }
  return {"-"};
}

std::string table_of(const Listing& listing, const json::value& body, bool colour) {
  const json::value* found = at_path(body, listing.list);
  const json::array* list = found == nullptr ? nullptr : found->if_array();
  if (list == nullptr || list->empty()) return std::string(listing.none) + "\n";
  std::vector<Table::Column> columns;
  for (const ColumnSpec& column : listing.columns) {
    const bool numeric = column.show == Show::Number || column.show == Show::Percent;
    columns.push_back({std::string(column.title), numeric});
  }
  Table table(std::move(columns));
  for (const json::value& member : *list) {
    const bool folded = listing.unfold != nullptr && member.is_object();
    const json::array rows = folded ? listing.unfold(member.as_object()) : json::array{member};
    for (const json::value& row : rows) {
      std::vector<Cell> cells;
      for (const ColumnSpec& column : listing.columns) cells.push_back(cell_of(column, row));
      table.add(std::move(cells));
    }
  }
  std::string text;
  table.append_to(text, colour, 0);
  return text;
}

struct Options {
  DaemonOptions daemon;
  std::vector<std::string> where;  // "agent=bot"
  bool json = false;
  bool watch = false;
};

std::string target_of(const Listing& listing, const Options& options) {
  std::string target(listing.target);
  char separator = '?';
  for (const std::string& each : options.where) {
    const std::size_t equals = each.find('=');
    target += separator + runtime::percent_encode(each.substr(0, equals)) + "=";
    if (equals != std::string::npos) target += runtime::percent_encode(each.substr(equals + 1));
    separator = '&';
  }
  return target;
}

int show_once(DaemonClient& client, const Listing& listing, const Options& options) {
  const auto answer = client.get(target_of(listing, options));
  if (!answer) return report_failure(answer.error());
  if (!answer->ok()) return report_refusal(*answer);
  const bool colour = wants_colour(stdout);
  if (options.watch && is_terminal(stdout)) std::cout << "\x1b[H\x1b[2J";
  std::cout << (options.json ? answer->text + "\n" : table_of(listing, answer->body, colour))
            << std::flush;
  return std::cout ? kSuccess : kFailure;
}

int show(const Listing& listing, const Options& options) {
  auto client = DaemonClient::connect(options.daemon);
  if (!client) return report_failure(client.error());
  for (;;) {
    const int code = show_once(*client, listing, options);
    if (code != kSuccess || !options.watch) return code;
    std::this_thread::sleep_for(std::chrono::seconds{1});
  }
}

void add_options(CLI::App& command, Options& options) {
  add_daemon_options(command, options.daemon);
  command
      .add_option("--where", options.where, "only rows of this dimension, NAME=VALUE, repeatable")
      ->allow_extra_args(false);
  command.add_flag("--json", options.json, "the daemon's own answer");
  command.add_flag("--watch", options.watch, "again every second, until Ctrl-C");
}

}  // namespace

CLI::App* add_listing(CLI::App& program, std::string_view name, int& exit_code) {
  for (const Listing& listing : kListings) {
    if (listing.command != name) continue;
    auto* command = add_command(program, std::string(name), std::string(listing.about));
    auto options = std::make_shared<Options>();
    add_options(*command, *options);
    command->footer("Examples:\n  fusebox " + std::string(name) + "\n  fusebox " +
                    std::string(name) + " --where agent=bot --json\n");
    command->callback([&listing, options, command, &exit_code] {
      if (command->get_subcommands().empty()) exit_code = show(listing, *options);
    });
    return command;
  }
  return nullptr;
}

void add_kill_list(CLI::App& kill, int& exit_code) {
  auto* command = add_command(kill, "list", "Stop orders, armed ones too");
  auto options = std::make_shared<Options>();
  add_options(*command, *options);
  command->callback([options, &exit_code] { exit_code = show(kKillListing, *options); });
}

}  // namespace fusebox::cli
