// Answers to OTLP export requests, in the encoding of the request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fusebox::telemetry {

enum class OtlpEncoding : std::uint8_t { Protobuf, Json };

// "application/x-protobuf", "application/json": of the request and of its answer.
[[nodiscard]] std::string_view content_type_of(OtlpEncoding encoding);

// An ExportTraceServiceResponse. With nothing rejected and no message it is the plain success: an
// empty message, `{}`. Else it has a partial_success, which tells the client not to send again; a
// message beside 0 rejected spans is a warning. `message` is UTF-8.
[[nodiscard]] std::string otlp_trace_reply(OtlpEncoding encoding, std::int64_t rejected_spans,
                                           std::string_view message);

// Codes of google.rpc.Status that an OTLP server over HTTP has use for.
enum class RpcCode : std::uint8_t {
  InvalidArgument = 3,
  PermissionDenied = 7,
  ResourceExhausted = 8,
  Unimplemented = 12,
  Internal = 13,
  Unavailable = 14,
  Unauthenticated = 16,
};

// A google.rpc.Status, the body of every answer that is an error.
[[nodiscard]] std::string otlp_status_reply(OtlpEncoding encoding, RpcCode code,
                                            std::string_view message);

}  // namespace fusebox::telemetry
