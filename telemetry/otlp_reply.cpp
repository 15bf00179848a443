#include "telemetry/otlp_reply.hpp"

#include <protozero/pbf_writer.hpp>

#include "base/assert.hpp"
#include "base/json_writer.hpp"

namespace fusebox::telemetry {
namespace {

void add_text(protozero::pbf_writer& message, std::uint32_t field, std::string_view text) {
  if (!text.empty()) message.add_string(field, text.data(), text.size());
}

std::string protobuf_reply(std::int64_t rejected_spans, std::string_view message) {
  std::string partial;
  protozero::pbf_writer writer(partial);
  if (rejected_spans != 0) writer.add_int64(1, rejected_spans);
  add_text(writer, 2, message);
  std::string reply;
  protozero::pbf_writer(reply).add_message(1, partial);
  return reply;
}

// The mapping of protobuf to JSON wants 64-bit integers as strings.
std::string json_reply(std::int64_t rejected_spans, std::string_view message) {
  std::string reply;
  JsonWriter json(reply);
  json.begin_object();
  json.key("partialSuccess");
  json.begin_object();
  if (rejected_spans != 0) json.field("rejectedSpans", std::to_string(rejected_spans));
  if (!message.empty()) json.field("errorMessage", message);
  json.end_object();
  json.end_object();
  return reply;
}

std::string protobuf_status(RpcCode code, std::string_view message) {
  std::string reply;
  protozero::pbf_writer writer(reply);
  writer.add_int32(1, static_cast<std::int32_t>(code));
  add_text(writer, 2, message);
  return reply;
}

std::string json_status(RpcCode code, std::string_view message) {
  std::string reply;
  JsonWriter json(reply);
  json.begin_object();
  json.field("code", static_cast<std::int64_t>(code));
  json.field("message", message);
  json.end_object();
  return reply;
}

}  // namespace

std::string_view content_type_of(OtlpEncoding encoding) {
  switch (encoding) {
    case OtlpEncoding::Protobuf:
      return "application/x-protobuf";
    case OtlpEncoding::Json:
      return "application/json";
  }
  FUSEBOX_ASSERT(false);
  return {};
}

std::string otlp_trace_reply(OtlpEncoding encoding, std::int64_t rejected_spans,
                             std::string_view message) {
  const bool plain = rejected_spans == 0 && message.empty();
  switch (encoding) {
    case OtlpEncoding::Protobuf:
      return plain ? "" : protobuf_reply(rejected_spans, message);
    case OtlpEncoding::Json:
      return plain ? "{}" : json_reply(rejected_spans, message);
  }
  FUSEBOX_ASSERT(false);
  return {};
}

std::string otlp_status_reply(OtlpEncoding encoding, RpcCode code, std::string_view message) {
  switch (encoding) {
    case OtlpEncoding::Protobuf:
      return protobuf_status(code, message);
    case OtlpEncoding::Json:
      return json_status(code, message);
  }
  FUSEBOX_ASSERT(false);
  return {};
}

}  // namespace fusebox::telemetry
