#include "telemetry/journal.hpp"

#include <bit>
#include <cstring>
#include <string>

#include <simdjson.h>

#include "base/assert.hpp"
#include "telemetry/detail/decode_check.hpp"
#include "telemetry/detail/decode_event.hpp"
#include "telemetry/detail/decode_orders.hpp"
#include "telemetry/detail/decode_parts.hpp"

namespace fusebox::telemetry {
namespace {

using detail::FieldRule;
using detail::FieldTable;
using detail::Json;
using detail::JsonObject;
using detail::Path;
using detail::Reading;

// The members of one line before its body is looked at.
struct LineDraft {
  std::optional<Instant> at;
  std::string_view id;
  std::optional<InputKind> kind;
  std::optional<PartKind> part;  // one of both, where the line has either
  std::string_view name;         // of the member that says so
  Json body;
  std::string_view second;  // another one on the same line; "" without
};

// The member that says what the line is; false if another one has.
bool note_member(std::string_view own, Json value, LineDraft& draft) {
  if (!draft.name.empty()) {
    draft.second = own;
    return false;
  }
  draft.name = own;
  draft.body = value;
  return true;
}

template <InputKind kKind>
constexpr FieldRule<LineDraft> kind_rule(std::string_view name) {
  return {name, detail::kObject, [](Json value, LineDraft& draft) {
            constexpr std::array<std::string_view, 11> kNames{
                "event", "check", "report", "kill",   "rearm",     "approval",
                "tick",  "force", "raise",  "denial", "terminator"};
            if (note_member(kNames[static_cast<std::size_t>(kKind)], value, draft)) {
              draft.kind = kKind;
            }
            return Reading::Ok;
          }};
}

template <PartKind kPart>
constexpr FieldRule<LineDraft> part_rule(std::string_view name) {
  return {name, detail::kObject, [](Json value, LineDraft& draft) {
            constexpr std::string_view kName = kPart == PartKind::Config ? "config" : "state";
            if (note_member(kName, value, draft)) draft.part = kPart;
            return Reading::Ok;
          }};
}

constexpr FieldTable kLineTable{std::array<FieldRule<LineDraft>, 15>{{
    {"at", detail::kTime, [](Json v, LineDraft& draft) { return detail::read_time(v, draft.at); },
     true},
    {"id", detail::kNonEmptyText,
     [](Json v, LineDraft& draft) { return detail::read_nonempty_text(v, draft.id); }},
    kind_rule<InputKind::Event>("event"),
    kind_rule<InputKind::Check>("check"),
    kind_rule<InputKind::Report>("report"),
    kind_rule<InputKind::Kill>("kill"),
    kind_rule<InputKind::Rearm>("rearm"),
    kind_rule<InputKind::Approval>("approval"),
    kind_rule<InputKind::Tick>("tick"),
    kind_rule<InputKind::Force>("force"),
    kind_rule<InputKind::Raise>("raise"),
    kind_rule<InputKind::Denial>("denial"),
    kind_rule<InputKind::Terminator>("terminator"),
    part_rule<PartKind::Config>("config"),
    part_rule<PartKind::State>("state"),
}}};

constexpr Path kLinePath{};

// An unknown member is InvalidInput, not InvalidField: the line as a whole is no input.
Result<void> read_line_members(JsonObject line, LineDraft& draft) {
  return detail::read_members(
      line, kLineTable, kLinePath, draft, [](std::string_view name, Json) -> Result<void> {
        return detail::unknown_member(kLinePath, name, kLineTable.names(), ErrorCode::InvalidInput);
      });
}

Result<void> check_line(const LineDraft& draft) {
  if (draft.name.empty()) {
    return Unexpected{ErrorCode::InvalidInput,
                      "the line has no input: none of event, check, report, kill, rearm, "
                      "approval, force, raise, denial, terminator, tick, config and state"};
  }
  if (!draft.second.empty()) {
    return Unexpected{ErrorCode::InvalidInput, "the line has both " + std::string(draft.name) +
                                                   " and " + std::string(draft.second) +
                                                   "; one line is one input"};
  }
  if (!draft.id.empty() && draft.kind != InputKind::Check) {
    return Unexpected{ErrorCode::InvalidInput,
                      "id: stands only beside check, not beside " + std::string(draft.name)};
  }
  return {};
}

Result<void> decode_tick(Json value) {
  bool on = false;
  if (value.get(on) == simdjson::SUCCESS && on) return {};
  return detail::wrong_member(kLinePath, "tick", value, "true");
}

}  // namespace

struct JournalDecoder::Impl {
  simdjson::dom::parser parser;
  std::string padded;  // the line, with room behind it that parsers may read
  detail::PlainNodes plain;
  detail::Scratch scratch;
  Input input;

  Impl() {
    // The parser keeps this depth as it grows. A few kilobytes at the start are not worth an error.
    const auto allocated = parser.allocate(kUsualLineBytes, kJsonDepthMax);
    FUSEBOX_ASSERT(allocated == simdjson::SUCCESS);
    grow(kUsualLineBytes);
  }

  [[nodiscard]] Result<JsonObject> parse(std::string_view text);
  [[nodiscard]] Result<void> decode_body(const LineDraft& line);
  [[nodiscard]] Result<JournalPart> decode_part(const LineDraft& line);

  template <class Body>
  [[nodiscard]] Result<void> decode_object(const LineDraft& line,
                                           Result<void> (*decode)(JsonObject, Body&)) {
    Result<JsonObject> object = object_of(line);
    if (!object) return Unexpected{object.error()};
    return decode(*object, input.body.emplace<Body>());
  }

  // A body that is all there is. `decode(object, out)` fills the fresh Body.
  template <class Body, class Decode>
  [[nodiscard]] Result<const Input*> decode_whole(std::string_view text, Instant at,
                                                  Decode decode) {
    const Result<JsonObject> object = parse(text);
    if (!object) return Unexpected{object.error()};
    if (Result<void> done = decode(*object, input.body.emplace<Body>()); !done) {
      return Unexpected{done.error()};
    }
    input.at = at;
    return &input;
  }

 private:
  static constexpr std::size_t kUsualLineBytes = 4096;

  void grow(std::size_t bytes) { padded.resize(std::bit_ceil(bytes) + simdjson::SIMDJSON_PADDING); }
  static Result<JsonObject> object_of(const LineDraft& line) {
    std::optional<JsonObject> object;
    if (detail::read_object(line.body, object) == Reading::Ok) return *object;
    return detail::wrong_member(kLinePath, line.name, line.body, detail::kObject);
  }
  [[nodiscard]] Result<void> decode_event_body(const LineDraft& line);
  [[nodiscard]] Result<void> decode_check_body(const LineDraft& line);
  [[nodiscard]] Result<void> decode_report_body(const LineDraft& line);
};

Result<JsonObject> JournalDecoder::Impl::parse(std::string_view text) {
  if (text.size() > kJournalLineBytesMax) {
    return Unexpected{ErrorCode::TooLarge, "the input is longer than " +
                                               std::to_string(kJournalLineBytesMax) + " bytes"};
  }
  if (text.size() + simdjson::SIMDJSON_PADDING > padded.size()) grow(text.size());
  if (!text.empty()) std::memcpy(padded.data(), text.data(), text.size());
  padded[text.size()] = '\0';
  const std::string_view line = std::string_view(padded).substr(0, text.size());
  if (detail::read_plain(line, plain)) return JsonObject(plain.root());
  simdjson::dom::element root;
  if (const auto code = parser.parse(padded.data(), text.size(), false).get(root);
      code != simdjson::SUCCESS) {
    return detail::parse_error(code);
  }
  JsonObject object;
  if (Json(root).get(object) != simdjson::SUCCESS) {
    return Unexpected{ErrorCode::InvalidInput,
                      "the input is " + detail::describe(root) + "; expected an object"};
  }
  return object;
}

Result<void> JournalDecoder::Impl::decode_event_body(const LineDraft& line) {
  Result<JsonObject> object = object_of(line);
  if (!object) return Unexpected{object.error()};
  return detail::decode_event(*object, "event", scratch, input.body.emplace<Event>());
}

Result<void> JournalDecoder::Impl::decode_check_body(const LineDraft& line) {
  Result<JsonObject> object = object_of(line);
  if (!object) return Unexpected{object.error()};
  auto& out = input.body.emplace<CheckInput>();
  out.id = line.id;
  return detail::decode_check(*object, "check", scratch, out.check);
}

Result<void> JournalDecoder::Impl::decode_report_body(const LineDraft& line) {
  Result<JsonObject> object = object_of(line);
  if (!object) return Unexpected{object.error()};
  return detail::decode_report(*object, "report", input.body.emplace<Report>());
}

Result<void> JournalDecoder::Impl::decode_body(const LineDraft& line) {
  switch (*line.kind) {
    case InputKind::Event:
      return decode_event_body(line);
    case InputKind::Check:
      return decode_check_body(line);
    case InputKind::Report:
      return decode_report_body(line);
    case InputKind::Kill:
      return decode_object(line, &detail::decode_kill);
    case InputKind::Rearm:
      return decode_object(line, &detail::decode_rearm);
    case InputKind::Approval:
      return decode_object(line, &detail::decode_approval);
    case InputKind::Force:
      return decode_object(line, &detail::decode_force);
    case InputKind::Raise:
      return decode_object(line, &detail::decode_raise);
    case InputKind::Denial:
      return decode_object(line, &detail::decode_denial);
    case InputKind::Terminator:
      return decode_object(line, &detail::decode_terminator);
    case InputKind::Tick:
      input.body.emplace<Tick>();
      return decode_tick(line.body);
  }
  FUSEBOX_ASSERT(false);
  return {};
}

Result<JournalPart> JournalDecoder::Impl::decode_part(const LineDraft& line) {
  const Result<JsonObject> object = object_of(line);
  if (!object) return Unexpected{object.error()};
  JournalPart part{.at = *line.at, .kind = *line.part};
  const auto done = part.kind == PartKind::Config ? detail::decode_config(*object, part)
                                                  : detail::decode_state(*object, part);
  if (!done) return Unexpected{done.error()};
  return part;
}

JournalDecoder::JournalDecoder() : impl_(std::make_unique<Impl>()) {}
JournalDecoder::~JournalDecoder() = default;

Result<JournalDecoder::Line> JournalDecoder::decode_any_line(std::string_view line) {
  const Result<JsonObject> object = impl_->parse(line);
  if (!object) return Unexpected{object.error()};
  LineDraft draft;
  Result<void> done = read_line_members(*object, draft);
  if (done) done = check_line(draft);
  if (done && draft.part) {
    const auto part = impl_->decode_part(draft);
    if (!part) return Unexpected{part.error()};
    return Line(*part);
  }
  if (done) done = impl_->decode_body(draft);
  if (!done) return Unexpected{done.error()};
  impl_->input.at = *draft.at;
  return Line(&impl_->input);
}

Result<const Input*> JournalDecoder::decode_line(std::string_view line) {
  const auto any = decode_any_line(line);
  if (!any) return Unexpected{any.error()};
  if (const auto* input = std::get_if<const Input*>(&*any)) return *input;
  return Unexpected{ErrorCode::InvalidInput, "config and state are no inputs of an engine"};
}

Result<const Input*> JournalDecoder::decode_check(std::string_view body, Instant at) {
  return impl_->decode_whole<CheckInput>(body, at, [this](JsonObject object, CheckInput& out) {
    return detail::decode_check(object, {}, impl_->scratch, out.check);
  });
}

Result<const Input*> JournalDecoder::decode_event(std::string_view body, Instant at) {
  return impl_->decode_whole<Event>(body, at, [this](JsonObject object, Event& out) {
    return detail::decode_event(object, {}, impl_->scratch, out);
  });
}

Result<const Input*> JournalDecoder::decode_report(std::string_view body, Instant at) {
  return impl_->decode_whole<Report>(body, at, [](JsonObject object, Report& out) {
    return detail::decode_report(object, {}, out);
  });
}

}  // namespace fusebox::telemetry
