// Telemetry in: POST /v1/events, and OTLP's POST /v1/traces on its own listener.
#include <utility>

#include "base/json_writer.hpp"
#include "sre/api/detail/call.hpp"
#include "sre/api/detail/handlers.hpp"
#include "sre/api/detail/otlp_error.hpp"
#include "telemetry/otlp_reply.hpp"

namespace fusebox::api::detail {
namespace {

using telemetry::OtlpEncoding;

// A decoder that has seen a larger body is not kept: it would hold that memory for good.
constexpr std::size_t kUsualBodyBytes = std::size_t{1} << 20;

const Problem kShed{.status = 429,
                    .detail =
                        "telemetry is not taken now, as too much of it waits or the disk is full; "
                        "send it again later"};

// Whether the asker may speak for all of them.
bool may_claim_all(Call& call, std::span<const telemetry::Event> events) {
  if (!call.identity.is_pinned()) return true;
  for (const telemetry::Event& event : events) {
    const Dimensions& of = event.dimensions;
    if (!call.may_claim(of[Dimension::Tenant], of[Dimension::Agent])) return false;
  }
  return true;
}

// Gives the events to the engine, which has taken them when `on_taken` is called.
void submit_events(const CallPtr& call, std::span<const telemetry::Event> events,
                   const std::function<void()>& on_taken) {
  runtime::EngineHost& engine = call->services->engine();
  const bool taken = engine.submit(runtime::EventBatch{
      .owner = call, .events = events, .answer = [on_taken](const runtime::TelemetryCounts&) {
        on_taken();
      }});
  if (!taken) call->refuse(kShed);
}

std::shared_ptr<telemetry::EventListDecoder> event_decoder(const Call& call) {
  if (call.request.body.size() <= kUsualBodyBytes) return call.services->events->lend();
  return std::make_shared<telemetry::EventListDecoder>();
}

std::string events_result(const telemetry::EventList& list) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("accepted", static_cast<std::int64_t>(list.events.size()));
  json.key("rejected");
  json.begin_array();
  for (const telemetry::RejectedEvent& each : list.rejected) {
    json.begin_object();
    json.field("line", static_cast<std::int64_t>(each.line));
    json.field("error", each.error);
    json.end_object();
  }
  json.end_array();
  if (list.rejected_untold > 0) {
    json.field("rejected_untold", static_cast<std::int64_t>(list.rejected_untold));
  }
  json.end_object();
  return out;
}

// What a trace decoder needs to stay where it is until the engine has read the events.
struct Spans {
  std::shared_ptr<telemetry::OtlpDecoder> decoder;
  std::shared_ptr<telemetry::Inflater> inflater;
};

std::optional<OtlpEncoding> encoding_of(const runtime::HttpRequest& request) {
  const std::string type = media_type_of(request);
  for (const OtlpEncoding each : {OtlpEncoding::Protobuf, OtlpEncoding::Json}) {
    if (type == telemetry::content_type_of(each)) return each;
  }
  return std::nullopt;
}

Result<std::string_view> uncompressed(Call& call, Spans& spans) {
  if (call.request.headers.find("Content-Encoding") != "gzip") return {call.request.body};
  spans.inflater = call.services->inflaters->lend();
  return spans.inflater->gunzip(call.request.body, kTracesBytesMax);
}

Result<telemetry::OtlpBatch> decode(Call& call, OtlpEncoding encoding, Spans& spans) {
  const auto body = uncompressed(call, spans);
  if (!body) return Unexpected{body.error()};
  spans.decoder = call.configured->spans->lend();
  switch (encoding) {
    case OtlpEncoding::Protobuf:
      return spans.decoder->decode_protobuf(*body);
    case OtlpEncoding::Json:
      return spans.decoder->decode_json(*body);
  }
  FUSEBOX_ASSERT(false);
  return Unexpected{ErrorCode::InvalidProtobuf, {}};
}

void count(Counters& counters, const telemetry::OtlpBatch& batch) {
  counters.spans_ignored += batch.ignored + batch.merged;
  counters.telemetry_rejected += batch.rejected;
  counters.spans_rate_unknown += batch.rate_unknown;
  counters.spans_priced += batch.priced;
}

bool is_known_coding(const runtime::HttpRequest& request) {
  const std::string_view coding = request.headers.find("Content-Encoding").value_or("identity");
  return coding == "identity" || coding == "gzip" || coding.empty();
}

}  // namespace

void post_events(const CallPtr& call) {
  const auto decoder = event_decoder(*call);
  const auto list = decoder->decode(call->request.body);
  if (!list) {
    ++call->services->counters.telemetry_rejected;
    call->refuse(problem_of(list.error()));
    return;
  }
  if (!may_claim_all(*call, list->events)) return;
  call->services->counters.telemetry_rejected += list->rejected.size() + list->rejected_untold;
  call->kept = decoder;
  submit_events(call, list->events,
                [call, result = events_result(*list)] { call->answer_json(result); });
}

void post_traces(const CallPtr& call) {
  const auto encoding = encoding_of(call->request);
  if (!encoding || !is_known_coding(call->request)) {
    call->refuse({.status = 415,
                  .detail = "expected Content-Type application/x-protobuf or application/json, and "
                            "Content-Encoding gzip or none"});
    return;
  }
  const auto spans = std::make_shared<Spans>();
  const auto batch = decode(*call, *encoding, *spans);
  if (!batch) {
    ++call->services->counters.telemetry_rejected;
    call->refuse(problem_of(batch.error()));
    return;
  }
  if (!may_claim_all(*call, batch->events)) return;
  count(call->services->counters, *batch);
  call->kept = spans;
  const auto reply = telemetry::otlp_trace_reply(
      *encoding, static_cast<std::int64_t>(batch->rejected), batch->rejection);
  submit_events(call, batch->events, [call, reply, type = telemetry::content_type_of(*encoding)] {
    call->answer({.status = 200, .content_type = std::string(type), .body = reply});
  });
}

void post_other_signal(const CallPtr& call) {
  const bool metrics = call->route->path == "/v1/metrics";
  call->refuse({.status = 404,
                .detail = std::string("only traces are taken; set ") +
                          (metrics ? "OTEL_METRICS_EXPORTER" : "OTEL_LOGS_EXPORTER") + "=none"});
}

}  // namespace fusebox::api::detail
