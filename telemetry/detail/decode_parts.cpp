#include "telemetry/detail/decode_parts.hpp"

namespace fusebox::telemetry::detail {
namespace {

constexpr std::string_view kPartNumber = "an integer of at least 1";

Reading read_part_number(Json value, std::int64_t& out) {
  std::optional<std::int64_t> number;
  if (read_count(value, number) != Reading::Ok || *number < 1) return Reading::Wrong;
  out = *number;
  return Reading::Ok;
}

constexpr FieldRule<JournalPart> kPart{
    "part", kPartNumber, [](Json v, JournalPart& out) { return read_part_number(v, out.part); }};
constexpr FieldRule<JournalPart> kOf{
    "of", kPartNumber, [](Json v, JournalPart& out) { return read_part_number(v, out.of); }};

constexpr FieldTable kConfigTable{std::array<FieldRule<JournalPart>, 4>{{
    kPart,
    kOf,
    {"name", kText, [](Json v, JournalPart& out) { return read_text(v, out.name); }},
    {"text", kText, [](Json v, JournalPart& out) { return read_text(v, out.bytes); }, true},
}}};

constexpr FieldTable kStateTable{std::array<FieldRule<JournalPart>, 3>{{
    kPart,
    kOf,
    {"bytes", kText, [](Json v, JournalPart& out) { return read_text(v, out.bytes); }, true},
}}};

Result<void> check_number(const JournalPart& part, std::string_view member) {
  if (part.part <= part.of) return {};
  return Unexpected{ErrorCode::InvalidField, std::string(member) + ".part: expected at most `of`"};
}

}  // namespace

Result<void> decode_config(JsonObject body, JournalPart& out) {
  if (auto read = read_known_members(body, kConfigTable, {"config", {}}, out); !read) return read;
  return check_number(out, "config");
}

Result<void> decode_state(JsonObject body, JournalPart& out) {
  if (auto read = read_known_members(body, kStateTable, {"state", {}}, out); !read) return read;
  return check_number(out, "state");
}

}  // namespace fusebox::telemetry::detail
