#include "telemetry/detail/decode_check.hpp"

#include "base/assert.hpp"

namespace fusebox::telemetry::detail {
namespace {

struct CheckDraft {
  Check& check;
  std::optional<JsonObject> estimate;
  std::optional<JsonObject> args;
  std::optional<JsonObject> attributes;

  [[nodiscard]] Dimensions& dimensions() const { return check.dimensions; }
};

constexpr std::array<FieldRule<CheckDraft>, 9> kOwnRules{{
    {"action", "llm, tool, delegation or task",
     [](Json v, CheckDraft& draft) { return read_name(v, &parse_action, draft.check.action); },
     true},
    {"target", kText, [](Json v, CheckDraft& draft) { return read_text(v, draft.check.target); }},
    {"span_id", kText, [](Json v, CheckDraft& draft) { return read_text(v, draft.check.span_id); }},
    {"trust", kTrust, [](Json v, CheckDraft& draft) { return read_trust(v, draft.check.trust); }},
    {"depth", kCount, [](Json v, CheckDraft& draft) { return read_count(v, draft.check.depth); }},
    {"idempotency_key", kText,
     [](Json v, CheckDraft& draft) { return read_text(v, draft.check.idempotency_key); }},
    {"estimate", kObject, [](Json v, CheckDraft& draft) { return read_object(v, draft.estimate); }},
    {"args", kObject, [](Json v, CheckDraft& draft) { return read_object(v, draft.args); }},
    {"attributes", kObject,
     [](Json v, CheckDraft& draft) { return read_object(v, draft.attributes); }},
}};

constexpr FieldTable kCheckTable{concat(dimension_rules<CheckDraft>(), kOwnRules)};

constexpr FieldTable kEstimateTable{std::array<FieldRule<Estimate>, 3>{{
    {"tokens", kCount, [](Json v, Estimate& out) { return read_count(v, out.tokens); }},
    {"cost_usd", kUsd, [](Json v, Estimate& out) { return read_usd(v, out.cost_usd); }},
    {"files_changed", kCount,
     [](Json v, Estimate& out) { return read_count(v, out.files_changed); }},
}}};

// What the target of an action is called among the dimensions; a task's target is no dimension.
std::optional<Dimension> target_dimension(Action action) {
  switch (action) {
    case Action::Llm:
      return Dimension::Model;
    case Action::Tool:
      return Dimension::Tool;
    case Action::Delegation:
      return Dimension::ToAgent;
    case Action::Task:
      return std::nullopt;
  }
  FUSEBOX_ASSERT(false);
  return std::nullopt;
}

void fill_dimensions(Check& check) {
  check.dimensions[Dimension::Kind] = name_of(check.action);
  const std::optional<Dimension> named = target_dimension(check.action);
  if (named && check.dimensions[*named].empty()) check.dimensions[*named] = check.target;
}

Result<void> read_documents(const CheckDraft& draft, std::string_view outer, Scratch& scratch) {
  if (draft.args) {
    Result<void> done = scratch.documents.read(*draft.args, {outer, "args"}, scratch.args);
    if (!done) return done;
    draft.check.args = &scratch.args;
  }
  if (draft.attributes) {
    Result<void> done =
        scratch.documents.read(*draft.attributes, {outer, "attributes"}, scratch.attributes);
    if (!done) return done;
    draft.check.attributes = &scratch.attributes;
  }
  return {};
}

struct ReportDraft {
  Report& report;
  [[nodiscard]] Measurements& measured() const { return report.measured; }
};

constexpr FieldTable kReportTable{concat(
    measurement_rules<ReportDraft>(),
    std::array<FieldRule<ReportDraft>, 3>{{
        {"permit", kNonEmptyText,
         [](Json v, ReportDraft& draft) { return read_nonempty_text(v, draft.report.permit); },
         true},
        {"outcome", kOutcome,
         [](Json v, ReportDraft& draft) {
           return read_name(v, &parse_outcome, draft.report.outcome);
         },
         true},
        {"error", kText,
         [](Json v, ReportDraft& draft) { return read_text(v, draft.report.error); }},
    }})};

}  // namespace

Result<void> decode_check(JsonObject body, std::string_view outer, Scratch& scratch, Check& out) {
  CheckDraft draft{out, {}, {}, {}};
  if (Result<void> read = read_known_members(body, kCheckTable, {outer, {}}, draft); !read) {
    return read;
  }
  if (draft.estimate) {
    Result<void> read =
        read_known_members(*draft.estimate, kEstimateTable, {outer, "estimate"}, out.estimate);
    if (!read) return read;
  }
  fill_dimensions(out);
  return read_documents(draft, outer, scratch);
}

Result<void> decode_report(JsonObject body, std::string_view outer, Report& out) {
  ReportDraft draft{out};
  return read_known_members(body, kReportTable, {outer, {}}, draft);
}

}  // namespace fusebox::telemetry::detail
