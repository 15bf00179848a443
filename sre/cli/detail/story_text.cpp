#include "sre/cli/detail/story_text.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "sre/cli/output.hpp"
#include "sre/cli/table.hpp"

namespace fusebox::cli {
namespace {

namespace json = boost::json;

const json::value* find(const json::value& object, std::string_view name) {
  const auto* members = object.if_object();
  return members == nullptr ? nullptr : members->if_contains(name);
}

std::string text_of(const json::value& object, std::string_view name) {
  const json::value* value = find(object, name);
  if (value == nullptr || value->is_null()) return "";
  return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

// {"agent":"bot","tool":"search"} as agent=bot tool=search
std::string key_text(const json::value& object, std::string_view name) {
  const json::value* key = find(object, name);
  std::string out;
  if (key == nullptr || !key->is_object()) return out;
  for (const auto& [dimension, value] : key->as_object()) {
    if (!out.empty()) out += ' ';
    out += std::string(dimension) + "=" + (value.is_string() ? std::string(value.as_string()) : "");
  }
  return out;
}

// Those of these members that are there, with their names: "tokens_in 12, cost_usd 0.5".
std::string members_text(const json::value& object, std::initializer_list<std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) {
    const std::string value = text_of(object, name);
    if (value.empty()) continue;
    if (!out.empty()) out += ", ";
    out += std::string(name) + " " + value;
  }
  return out;
}

std::string joined(std::initializer_list<std::string> parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

// One line: what it is about, and what happened.
struct Told {
  std::string subject;
  std::string text;
  Style style = Style::Plain;
};

std::string usage_text(const json::value& body) {
  return members_text(body, {"duration_ms", "tokens_in", "tokens_out", "cost_usd"});
}

Style style_of_outcome(std::string_view outcome) {
  return outcome == "ok" || outcome.empty() ? Style::Plain : Style::Red;
}

Told tell_event(const json::value& /*line*/, const json::value& body) {
  const std::string what =
      joined({text_of(body, "tool"), text_of(body, "model"), text_of(body, "to_agent")}, " ");
  const std::string outcome = text_of(body, "outcome");
  return {text_of(body, "agent"),
          joined({text_of(body, "kind") + (what.empty() ? "" : ":" + what), outcome,
                  text_of(body, "error"), usage_text(body)},
                 ", "),
          style_of_outcome(outcome)};
}

Told tell_report(const json::value& /*line*/, const json::value& body) {
  const std::string outcome = text_of(body, "outcome");
  return {text_of(body, "permit"),
          joined({outcome, text_of(body, "error"), usage_text(body)}, ", "),
          style_of_outcome(outcome)};
}

Told tell_decision(const json::value& line, const json::value& body) {
  const json::value* check = find(line, "check");
  std::string asked;
  if (check != nullptr) {
    const std::string target = text_of(*check, "target");
    asked = text_of(*check, "agent") + " " + text_of(*check, "action") +
            (target.empty() ? "" : ":" + target);
  }
  const std::string effect = text_of(body, "effect");
  const std::string reason = text_of(body, "reason");
  std::string why = reason.empty() ? "" : reason + " by " + text_of(body, "rule");
  const std::string message = text_of(body, "message");
  if (!message.empty()) why += " (" + message + ")";
  const Style style = effect == "allow"  ? Style::Green
                      : effect == "deny" ? Style::Red
                                         : Style::Yellow;
  return {text_of(body, "id"), asked + "  " + effect + (why.empty() ? "" : ": " + why), style};
}

Told tell_approval(const json::value& /*line*/, const json::value& body) {
  const bool granted = text_of(body, "action") == "grant";
  return {text_of(body, "id"),
          (granted ? "granted by " : "denied by ") + text_of(body, "actor") + ": " +
              text_of(body, "reason"),
          granted ? Style::Green : Style::Red};
}

Told tell_breaker(const json::value& /*line*/, const json::value& body) {
  const std::string to = text_of(body, "to");
  return {
      text_of(body, "name"),
      joined({key_text(body, "key"), text_of(body, "from") + " -> " + to, text_of(body, "reason")},
             "  "),
      to == "closed" ? Style::Green : Style::Red};
}

Told tell_limit(const json::value& /*line*/, const json::value& body) {
  const bool overrun = text_of(body, "overrun") == "true";
  return {text_of(body, "name"),
          joined({key_text(body, "key"),
                  text_of(body, "dimension") + " " + text_of(body, "used") + " of " +
                      text_of(body, "max"),
                  text_of(body, "change"), overrun ? "overrun" : ""},
                 "  "),
          overrun ? Style::Red : Style::Yellow};
}

Told tell_kill(const json::value& /*line*/, const json::value& body) {
  const bool tripped = text_of(body, "state") == "tripped";
  const std::string actor = text_of(body, "actor");
  return {text_of(body, "id"),
          text_of(body, "scope") + (tripped ? " stopped" : " re-armed") + " by " +
              (actor.empty() ? "an unnamed person" : actor) + ": " + text_of(body, "reason"),
          tripped ? Style::Red : Style::Green};
}

Told tell_policy(const json::value& /*line*/, const json::value& body) {
  return {text_of(body, "rule"),
          (text_of(body, "on") == "true" ? "on: " : "off: ") + text_of(body, "effect") + " " +
              text_of(body, "scope"),
          Style::Yellow};
}

Told tell_terminator(const json::value& /*line*/, const json::value& body) {
  const std::string outcome = text_of(body, "outcome");
  return {text_of(body, "order"),
          joined({text_of(body, "kind") + " " + text_of(body, "name"), outcome,
                  text_of(body, "detail")},
                 ", "),
          outcome == "confirmed" ? Style::Green : Style::Red};
}

struct Teller {
  std::string_view member;  // of the line
  Told (*tell)(const json::value& line, const json::value& body);
};
// A line has one of these; a decision stands beside its check.
constexpr std::array kTellers{Teller{"decision", &tell_decision},
                              Teller{"event", &tell_event},
                              Teller{"report", &tell_report},
                              Teller{"approval", &tell_approval},
                              Teller{"breaker", &tell_breaker},
                              Teller{"limit", &tell_limit},
                              Teller{"kill", &tell_kill},
                              Teller{"policy", &tell_policy},
                              Teller{"terminator", &tell_terminator}};

void add_row(Table& table, const json::value& line) {
  for (const Teller& teller : kTellers) {
    const json::value* body = find(line, teller.member);
    if (body == nullptr) continue;
    Told told = teller.tell(line, *body);
    table.add({{text_of(line, "at"), Style::Dim},
               {std::string(teller.member)},
               {std::move(told.subject), Style::Bold},
               {std::move(told.text), told.style}});
    return;
  }
}

std::string totals_text(const json::value& totals) {
  return text_of(totals, "events") + " calls and events, " + text_of(totals, "decisions") +
         " decisions (" + text_of(totals, "allowed") + " allowed), " +
         text_of(totals, "tokens_in") + " tokens in, " + text_of(totals, "tokens_out") + " out, " +
         text_of(totals, "cost_usd") + " USD";
}

}  // namespace

std::string story_text(const json::value& story, bool colour) {
  std::string out;
  append_styled(out, text_of(story, "subject"), Style::Bold, colour);
  out += "  " + text_of(story, "from") + " to " + text_of(story, "until") + "\n";
  if (const auto* totals = find(story, "totals")) out += totals_text(*totals) + "\n";
  const auto* reach = find(story, "reach");
  if (reach != nullptr && reach->is_object() && !reach->as_object().empty()) {
    append_styled(
        out,
        "the daemon remembers back to: " + members_text(*reach, {"inputs", "decisions", "changes"}),
        Style::Dim, colour);
    out += '\n';
  }
  out += '\n';
  Table table({{"AT"}, {"WHAT"}, {"SUBJECT"}, {"STORY"}});
  const auto* timeline = find(story, "timeline");
  if (timeline != nullptr && timeline->is_array()) {
    for (const json::value& line : timeline->as_array()) add_row(table, line);
  }
  table.append_to(out, colour, 0);
  return out;
}

}  // namespace fusebox::cli
