#include "sre/api/problem.hpp"

#include "base/json_writer.hpp"

namespace fusebox::api {
namespace {

constexpr std::string_view kRetryAfterSeconds = "1";

// Most errors are the sender's: a wrong value is 400.
int status_of(ErrorCode code) {
  if (code == ErrorCode::TooLarge) return 413;
  if (code == ErrorCode::UnknownOrder || code == ErrorCode::UnknownApproval ||
      code == ErrorCode::UnknownSubject) {
    return 404;
  }
  if (code == ErrorCode::OrderNotTripped || code == ErrorCode::SecondActorNeeded) return 409;
  if (code == ErrorCode::StorageFailed) return 503;
  return 400;
}

std::string field_of(const Error& error) {
  if (error.code == ErrorCode::InvalidScope) return "scope";
  const bool names_one =
      error.code == ErrorCode::InvalidField || error.code == ErrorCode::NotYetSupported;
  const auto colon = error.message.find(": ");
  return names_one && colon != std::string::npos ? error.message.substr(0, colon) : "";
}

}  // namespace

runtime::HttpResponse to_response(const Problem& problem) {
  runtime::HttpResponse response{.status = problem.status,
                                 .content_type = "application/problem+json"};
  JsonWriter json(response.body);
  json.begin_object();
  json.field("title", runtime::reason_phrase(problem.status));
  json.field("status", static_cast<std::int64_t>(problem.status));
  if (!problem.detail.empty()) json.field("detail", problem.detail);
  if (!problem.field.empty()) json.field("field", problem.field);
  if (problem.code) json.field("code", code_text(*problem.code));
  json.end_object();
  if (problem.status == 401) response.headers.add("WWW-Authenticate", "Bearer");
  if (problem.status == 429 || problem.status == 503)
    response.headers.add("Retry-After", kRetryAfterSeconds);
  return response;
}

Problem problem_of(const Error& error) {
  return {.status = status_of(error.code),
          .detail = error.message,
          .field = field_of(error),
          .code = error.code};
}

}  // namespace fusebox::api
