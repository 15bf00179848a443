#include "sre/cli/timeline.hpp"

#include <charconv>

#include "sre/cli/output.hpp"

namespace fusebox::cli {
namespace {

using policy::Effect;
using policy::Enforcement;

// One line: a short word for what it is, its subject, and what happened.
struct Line {
  std::string_view kind;
  std::string subject;
  std::string text;
  Style style = Style::Plain;
};

std::string number(double value) {
  std::string out(32, '\0');
  const auto end =
      std::to_chars(out.data(), out.data() + out.size(), value, std::chars_format::general, 4).ptr;
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

// {"agent":"bot","tool":"search"} as agent=bot tool=search, for the eye alone. Escapes stay as they
// are written, except the quote's.
std::string plain_key(std::string_view key_json) {
  std::string out;
  for (std::size_t i = 1; i + 1 < key_json.size(); ++i) {
    const char c = key_json[i];
    if (c == '\\' && key_json[i + 1] == '"') {
      out += key_json[++i];
    } else if (c == ':' && key_json[i - 1] == '"') {
      out += '=';
    } else if (c == ',' && key_json[i - 1] == '"') {
      out += ' ';
    } else if (c != '"') {
      out += c;
    }
  }
  return out;
}

Style style_of(Effect effect) {
  switch (effect) {
    case Effect::Allow:
      return Style::Green;
    case Effect::Degrade:
    case Effect::Throttle:
    case Effect::RequireApproval:
      return Style::Yellow;
    case Effect::Deny:
    case Effect::Kill:
      return Style::Red;
  }
  return Style::Plain;
}

Line describe(const telemetry::DecisionRecord& decision) {
  std::string text(policy::name_of(decision.effect));
  if (decision.reason != policy::Reason::None) {
    text += ": " + std::string(policy::name_of(decision.reason)) + " by " + decision.rule;
  }
  if (!decision.message.empty()) text += " (" + decision.message + ")";
  if (decision.retry_after_ms) {
    text += ", retry after " + format_duration(std::chrono::milliseconds{*decision.retry_after_ms});
  }
  for (const telemetry::WouldBe& shadow : decision.would_be) {
    text += ", shadow " + shadow.rule + " would " + std::string(policy::name_of(shadow.effect));
  }
  return {"decision", decision.id, text, style_of(decision.effect)};
}

// Who wants to do what: bot tool:search task=t1
std::string describe(const telemetry::Check& check) {
  std::string text(check.dimensions[Dimension::Agent]);
  text += " " + std::string(telemetry::name_of(check.action));
  if (!check.target.empty()) text += ":" + std::string(check.target);
  return text;
}

Line describe(const telemetry::PolicyRecord& policy) {
  const bool shadow = policy.mode == Enforcement::Shadow;
  std::string text =
      policy.on ? (shadow ? "would " : "") : (shadow ? "would no longer " : "no longer ");
  text += std::string(policy::name_of(policy.effect)) + " " + policy.scope;
  return {"rule", policy.rule, text + (shadow ? " (shadow)" : ""), Style::Yellow};
}

Line describe(const telemetry::BreakerRecord& breaker) {
  const Style style = breaker.to == "closed" ? Style::Green : Style::Red;
  std::string text = plain_key(breaker.key) + "  " + breaker.from + " -> " + breaker.to;
  if (!breaker.reason.empty()) text += " (" + breaker.reason + ")";
  return {"breaker", breaker.name, text, breaker.to == "half_open" ? Style::Yellow : style};
}

Line describe(const telemetry::AlertRecord& alert) {
  std::string text = plain_key(alert.key) + "  ";
  text += alert.page ? "page " : "ticket ";
  text += alert.firing ? "fires" : "is over";
  text += ": burn " + number(alert.burn_long) + " over " + alert.window_long + ", " +
          number(alert.burn_short) + " over " + alert.window_short;
  return {"alert", alert.slo, text, alert.firing ? Style::Red : Style::Green};
}

Line describe(const telemetry::SloStatusRecord& status) {
  std::string text = plain_key(status.key) + "  " + status.from + " -> " + status.to +
                     ", budget remaining " + number(status.budget_remaining * 100) + " %";
  const Style style = status.to == "healthy" ? Style::Green : Style::Yellow;
  return {"slo", status.slo, text, status.to == "exhausted" ? Style::Red : style};
}

Line describe(const telemetry::LimitRecord& limit) {
  std::string text = plain_key(limit.key) + "  " + limit.dimension + " at " +
                     std::to_string(limit.used) + " of " + std::to_string(limit.max);
  if (limit.overrun) text += ", overrun: no further grants";
  return {"limit", limit.name, text, limit.overrun ? Style::Red : Style::Yellow};
}

Line describe(const telemetry::KillRecord& kill) {
  std::string text = kill.scope + (kill.tripped ? " stopped" : " re-armed") + " by " +
                     (kill.actor.empty() ? "an unnamed person" : kill.actor) + ": " + kill.reason;
  if (kill.rearm_approvals > 0 && kill.tripped) text += " (one approval of re-arming)";
  return {"kill", kill.id, text, kill.tripped ? Style::Red : Style::Green};
}

Line describe(const telemetry::NoticeRecord& notice) {
  return {"notice", notice.code, notice.text, Style::Dim};
}

void append_padded(std::string& out, std::string_view text, std::size_t width, Style style,
                   bool colour) {
  append_styled(out, text, style, colour);
  if (text.size() < width) out.append(width - text.size(), ' ');
}

}  // namespace

void Timeline::append(std::string& out, const telemetry::Record& record,
                      const telemetry::Check* asked) {
  const std::string at = format_rfc3339(record.at);
  const std::string_view date = std::string_view(at).substr(0, 10);
  if (date != date_) {
    date_ = date;
    append_styled(out, date_ + " (UTC)", Style::Bold, colour_);
    out += '\n';
  }
  const std::string_view clock = std::string_view(at).substr(11, at.size() - 12);
  Line line = std::visit([](const auto& body) { return describe(body); }, record.body);
  if (asked != nullptr && std::holds_alternative<telemetry::DecisionRecord>(record.body)) {
    line.text = describe(*asked) + "  " + line.text;
  }
  out += "  ";
  append_padded(out, clock, 8, Style::Dim, colour_);
  out += "  ";
  append_padded(out, line.kind, 8, Style::Plain, colour_);
  out += "  ";
  append_padded(out, line.subject, 12, Style::Bold, colour_);
  out += "  ";
  append_styled(out, line.text, line.style, colour_);
  out += '\n';
}

}  // namespace fusebox::cli
