#include "sre/runtime/detail/order_lines.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/json_writer.hpp"

namespace fusebox::runtime::detail {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kDeadlineMax = std::chrono::hours{24};

void field_unless_empty(JsonWriter& writer, std::string_view name, std::string_view text) {
  if (!text.empty()) writer.field(name, text);
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

std::optional<std::int64_t> integer_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

StopOrder order_of(const json::object& object) {
  StopOrder order{.id = text_of(object, "id"),
                  .scope = text_of(object, "scope"),
                  .epoch = integer_of(object, "epoch").value_or(0),
                  .reason = text_of(object, "reason"),
                  .actor = text_of(object, "actor")};
  if (text_of(object, "category") == "drain") order.category = StopOrder::Category::Drain;
  if (const auto deadline = integer_of(object, "deadline_ms"); deadline && *deadline >= 0) {
    order.deadline = std::min(kDeadlineMax, std::chrono::milliseconds{*deadline});
  }
  return order;
}

}  // namespace

std::string registration_body(const Registration& registration) {
  std::string body;
  JsonWriter writer(body);
  writer.begin_object();
  writer.field("agent", registration.agent);
  field_unless_empty(writer, "tenant", registration.tenant);
  field_unless_empty(writer, "session", registration.session);
  field_unless_empty(writer, "name", registration.name);
  writer.field("pid", registration.pid);
  writer.end_object();
  return body;
}

std::string acknowledgement_body(const effect::Acknowledge& acknowledgement) {
  std::string body;
  JsonWriter writer(body);
  writer.begin_object();
  writer.field("order", acknowledgement.order);
  writer.field("outcome", name_of(acknowledgement.outcome));
  writer.field("detail", acknowledgement.detail);
  writer.field("took_ms",
               std::chrono::ceil<std::chrono::milliseconds>(acknowledgement.took).count());
  writer.end_object();
  return body;
}

Result<std::optional<SupervisionEvent>> read_order_line(std::string_view line) {
  if (line.find_first_not_of(" \t") == std::string_view::npos) return {event::Heard{}};
  boost::system::error_code error;
  const json::value value = json::parse({line.data(), line.size()}, error);
  if (error || !value.is_object()) {
    return Unexpected{ErrorCode::InvalidJson, "the daemon sent a line that is no JSON object"};
  }
  const json::object& object = value.get_object();
  if (const json::value* order = object.if_contains("order")) {
    return {event::OrderArrived{order->is_object() ? order_of(order->get_object()) : StopOrder{}}};
  }
  if (std::string process = text_of(object, "process"); !process.empty()) {
    return {event::Registered{std::move(process)}};
  }
  if (integer_of(object, "standing")) return {event::FenceRead{}};
  return {std::nullopt};
}

std::string problem_text(const HttpResponse& response) {
  std::string text = "HTTP " + std::to_string(response.status);
  if (const auto phrase = reason_phrase(response.status); !phrase.empty()) {
    text.append(" ").append(phrase);
  }
  boost::system::error_code error;
  const json::value value = json::parse(response.body, error);
  if (error || !value.is_object()) return text;
  const std::string detail = text_of(value.get_object(), "detail");
  return detail.empty() ? text : text + ": " + detail;
}

}  // namespace fusebox::runtime::detail
