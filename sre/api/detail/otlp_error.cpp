#include "sre/api/detail/otlp_error.hpp"

#include "telemetry/otlp_reply.hpp"

namespace fusebox::api::detail {
namespace {

telemetry::RpcCode code_of(int status) {
  using telemetry::RpcCode;
  if (status == 401) return RpcCode::Unauthenticated;
  if (status == 403) return RpcCode::PermissionDenied;
  if (status == 404 || status == 405 || status == 501) return RpcCode::Unimplemented;
  if (status == 413 || status == 429) return RpcCode::ResourceExhausted;
  if (status == 503) return RpcCode::Unavailable;
  return RpcCode::InvalidArgument;
}

}  // namespace

std::string media_type_of(const runtime::HttpRequest& request) {
  const std::string_view value = request.headers.find("Content-Type").value_or("");
  std::string type(value.substr(0, value.find(';')));
  while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return type;
}

runtime::HttpResponse otlp_error(const runtime::HttpRequest& request, const Problem& problem) {
  using telemetry::OtlpEncoding;
  const bool is_protobuf =
      media_type_of(request) == telemetry::content_type_of(OtlpEncoding::Protobuf);
  const OtlpEncoding encoding = is_protobuf ? OtlpEncoding::Protobuf : OtlpEncoding::Json;
  // The headers that go with the status are the same as of any problem.
  runtime::HttpResponse response = to_response(problem);
  response.content_type = telemetry::content_type_of(encoding);
  response.body = telemetry::otlp_status_reply(encoding, code_of(problem.status), problem.detail);
  return response;
}

}  // namespace fusebox::api::detail
