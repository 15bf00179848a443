#include "telemetry/otlp.hpp"

#include "telemetry/detail/otlp_json.hpp"
#include "telemetry/detail/otlp_protobuf.hpp"
#include "telemetry/detail/span_events.hpp"

namespace fusebox::telemetry {

struct OtlpDecoder::Impl {
  detail::SpanEvents events;
  detail::OtlpJson json;

  void start() {
    events.start_batch();
    json.shrink();
  }
  Result<OtlpBatch> finish(const Result<void>& walked) {
    if (!walked) return Unexpected{walked.error()};
    return events.finish_batch();
  }
};

OtlpDecoder::OtlpDecoder(PriceTable prices) : impl_(std::make_unique<Impl>()) {
  set_prices(std::move(prices));
}
OtlpDecoder::~OtlpDecoder() = default;

void OtlpDecoder::set_prices(PriceTable prices) { impl_->events.set_prices(std::move(prices)); }

Result<OtlpBatch> OtlpDecoder::decode_protobuf(std::string_view body) {
  impl_->start();
  return impl_->finish(detail::walk_protobuf(body, impl_->events));
}

Result<OtlpBatch> OtlpDecoder::decode_json(std::string_view body) {
  impl_->start();
  return impl_->finish(impl_->json.walk(body, impl_->events));
}

}  // namespace fusebox::telemetry
