#include "telemetry/detail/decode_event.hpp"

namespace fusebox::telemetry::detail {
namespace {

struct EventDraft {
  Event& event;
  std::vector<ExtraMember>& extras;
  std::optional<JsonObject> attributes;

  [[nodiscard]] Dimensions& dimensions() const { return event.dimensions; }
  [[nodiscard]] Measurements& measured() const { return event.measured; }
};

Reading read_kind(Json value, EventDraft& draft) {
  const Reading reading = read_name(value, &parse_event_kind, draft.event.kind);
  draft.event.dimensions[Dimension::Kind] = name_of(draft.event.kind);
  return reading;
}

// A hash of the arguments has no use of its own yet, so it is read as an attribute; it is in the
// table because the contract says that it is text.
Reading read_args_hash(Json value, EventDraft& draft) {
  if (!value.is_string()) return Reading::Wrong;
  draft.extras.push_back({"args_hash", value});
  return Reading::Ok;
}

constexpr std::array<FieldRule<EventDraft>, 14> kOwnRules{{
    {"at", kTime, [](Json v, EventDraft& draft) { return read_time(v, draft.event.at); }},
    {"kind", "task, llm, tool, delegation, policy, evaluation or heartbeat", &read_kind, true},
    {"span_id", kText, [](Json v, EventDraft& draft) { return read_text(v, draft.event.span_id); }},
    {"id", kText, [](Json v, EventDraft& draft) { return read_text(v, draft.event.id); }},
    {"outcome", kOutcome,
     [](Json v, EventDraft& draft) { return read_name(v, &parse_outcome, draft.event.outcome); }},
    {"error", kText, [](Json v, EventDraft& draft) { return read_text(v, draft.event.error); }},
    {"score", kShare, [](Json v, EventDraft& draft) { return read_share(v, draft.event.score); }},
    {"confidence", kShare,
     [](Json v, EventDraft& draft) { return read_share(v, draft.event.confidence); }},
    {"trust", kTrust, [](Json v, EventDraft& draft) { return read_trust(v, draft.event.trust); }},
    {"depth", kCount, [](Json v, EventDraft& draft) { return read_count(v, draft.event.depth); }},
    {"rate_unknown", "true or false",
     [](Json v, EventDraft& draft) { return read_flag(v, draft.event.rate_unknown); }},
    {"weight", kWeight,
     [](Json v, EventDraft& draft) { return read_weight(v, draft.event.weight); }},
    {"args_hash", kText, &read_args_hash},
    {"attributes", kObject,
     [](Json v, EventDraft& draft) { return read_object(v, draft.attributes); }},
}};

constexpr FieldTable kTable{
    concat(dimension_rules<EventDraft>(), measurement_rules<EventDraft>(), kOwnRules)};

}  // namespace

Result<void> decode_event(JsonObject body, std::string_view outer, Scratch& scratch, Event& out) {
  scratch.extras.clear();
  EventDraft draft{out, scratch.extras, {}};
  Result<void> read = read_members(body, kTable, {outer, {}}, draft,
                                   [&](std::string_view name, Json value) -> Result<void> {
                                     draft.extras.push_back({name, value});
                                     return {};
                                   });
  if (!read || (!draft.attributes && draft.extras.empty())) return read;
  read = scratch.documents.read_merged(draft.attributes, {outer, "attributes"}, draft.extras,
                                       scratch.attributes);
  out.attributes = &scratch.attributes;
  return read;
}

}  // namespace fusebox::telemetry::detail
