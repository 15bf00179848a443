#include <charconv>

#include <boost/json.hpp>

#include "sre/cli/table.hpp"
#include "sre/cli/timeline.hpp"

namespace fusebox::cli {
namespace {

namespace json = boost::json;

// The members read here are the engine's own: a missing one is a dash, not an error.
const json::value* member(const json::value& object, std::string_view name) {
  const auto* as_object = object.if_object();
  return as_object == nullptr ? nullptr : as_object->if_contains(name);
}

std::string rounded(double value, int digits) {
  std::string out(48, '\0');
  const auto end =
      std::to_chars(out.data(), out.data() + out.size(), value, std::chars_format::general, digits)
          .ptr;
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

std::string text_of(const json::value* value) {
  if (value == nullptr || value->is_null()) return "-";
  if (value->is_string()) return std::string(value->get_string());
  if (value->is_double()) return rounded(value->get_double(), 5);
  return json::serialize(*value);
}

std::string percent_of(const json::value* value) {
  if (value == nullptr || !value->is_number()) return "-";
  return rounded(value->to_number<double>() * 100, 5) + " %";
}

// {"agent":"bot","tool":"search"} as agent=bot tool=search
std::string pairs_of(const json::value* value) {
  if (value == nullptr || !value->is_object()) return "-";
  std::string out;
  for (const auto& [name, each] : value->get_object()) {
    if (!out.empty()) out += ' ';
    const std::string text = text_of(&each);
    out += std::string(name) + "=" + (text.empty() ? "\"\"" : text);
  }
  return out.empty() ? "-" : out;
}

Style style_of(std::string_view state) {
  if (state == "healthy" || state == "closed" || state == "armed") return Style::Green;
  if (state == "exhausted" || state == "critical" || state == "open" || state == "tripped") {
    return Style::Red;
  }
  return Style::Yellow;
}

Cell state_cell(const json::value* value) {
  const std::string text = text_of(value);
  return {text, style_of(text)};
}

Table slo_table(const json::array& slos) {
  Table table({{"SLO", false},
               {"KEY", false},
               {"GOOD", true},
               {"BAD", true},
               {"SLI", true},
               {"TARGET", true},
               {"BUDGET LEFT", true},
               {"BURN 1h", true},
               {"STATUS", false}});
  for (const json::value& slo : slos) {
    const json::value* burn = member(slo, "burn_rate");
    table.add({{text_of(member(slo, "slo")), Style::Bold},
               {pairs_of(member(slo, "key"))},
               {text_of(member(slo, "good"))},
               {text_of(member(slo, "bad"))},
               {percent_of(member(slo, "sli"))},
               {percent_of(member(slo, "objective"))},
               {percent_of(member(slo, "budget_remaining"))},
               {burn == nullptr ? "-" : text_of(member(*burn, "1h"))},
               state_cell(member(slo, "status"))});
  }
  return table;
}

Table breaker_table(const json::array& breakers) {
  Table table({{"BREAKER", false}, {"KEY", false}, {"STATE", false}});
  for (const json::value& breaker : breakers) {
    table.add({{text_of(member(breaker, "breaker")), Style::Bold},
               {pairs_of(member(breaker, "key"))},
               state_cell(member(breaker, "state"))});
  }
  return table;
}

// What is used or reserved of each budget: tool_calls 2 of 20 (+1 reserved)
std::string usage_of(const json::value& limit) {
  const json::value* used = member(limit, "used");
  if (used == nullptr || !used->is_object()) return "-";
  std::string out;
  for (const auto& [name, each] : used->get_object()) {
    const auto of = [&](std::string_view field) {
      const json::value* all = member(limit, field);
      return all == nullptr ? nullptr : member(*all, std::string_view(name));
    };
    const std::string reserved = text_of(of("reserved"));
    if (text_of(&each) == "0" && (reserved == "0" || reserved == "-")) continue;
    if (!out.empty()) out += ", ";
    out += std::string(name) + " " + text_of(&each) + " of " + text_of(of("max"));
    if (reserved != "0" && reserved != "-") out += " (+" + reserved + " reserved)";
  }
  return out.empty() ? "-" : out;
}

Table limit_table(const json::array& limits) {
  Table table({{"LIMIT", false}, {"KEY", false}, {"USED", false}, {"STATE", false}});
  for (const json::value& limit : limits) {
    const json::value* overrun = member(limit, "overrun");
    const bool over = overrun != nullptr && overrun->is_bool() && overrun->get_bool();
    table.add({{text_of(member(limit, "limit")), Style::Bold},
               {pairs_of(member(limit, "key"))},
               {usage_of(limit)},
               {over ? "overrun" : "ok", over ? Style::Red : Style::Green}});
  }
  return table;
}

Table kill_table(const json::array& kills) {
  Table table({{"STOP ORDER", false},
               {"SCOPE", false},
               {"EPOCH", true},
               {"STATE", false},
               {"BY", false},
               {"REASON", false}});
  for (const json::value& kill : kills) {
    table.add({{text_of(member(kill, "id")), Style::Bold},
               {text_of(member(kill, "scope"))},
               {text_of(member(kill, "epoch"))},
               state_cell(member(kill, "state")),
               {text_of(member(kill, "actor"))},
               {text_of(member(kill, "reason"))}});
  }
  return table;
}

}  // namespace

void append_summary_tables(std::string& out, std::string_view summary_json, bool colour) {
  boost::system::error_code error;
  const json::value whole = json::parse(summary_json, error);
  const json::value* summary = error ? nullptr : member(whole, "summary");
  if (summary == nullptr) return;
  const auto append = [&](std::string_view name, Table (*make)(const json::array&)) {
    const json::value* list = member(*summary, name);
    if (list == nullptr || !list->is_array() || list->get_array().empty()) return;
    out += '\n';
    make(list->get_array()).append_to(out, colour);
  };
  append("slos", &slo_table);
  append("breakers", &breaker_table);
  append("limits", &limit_table);
  append("kills", &kill_table);
  if (const json::value* events = member(*summary, "events")) {
    out += "\n  " + text_of(member(*events, "inputs")) +
           " inputs: " + text_of(member(*events, "counted")) + " events counted, " +
           text_of(member(*events, "checks")) + " checks, " + text_of(member(*events, "refused")) +
           " refused\n";
  }
}

}  // namespace fusebox::cli
