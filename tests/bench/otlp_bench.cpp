// Trace requests to events: batches of 512 spans as an instrumented agent sends them, 14 attributes
// and 610 bytes of protobuf each. Time per item is time per span.
//
// Counters: bytes (of the body, per span).
#include "telemetry/otlp.hpp"

#include <string>

#include <benchmark/benchmark.h>

#include "telemetry/inflate.hpp"
#include "tests/bench/otlp_batch.hpp"

namespace {

using fusebox::bench::batch;
using fusebox::bench::gzip;
using fusebox::bench::kSpans;
using fusebox::telemetry::OtlpDecoder;
using fusebox::telemetry::PriceTable;

constexpr std::size_t kLimit = 64 << 20;

PriceTable prices() {
  return PriceTable({{"gpt-4o*", {{2'500'000}, {}, {10'000'000}}},
                     {"gpt-4.1-mini*", {{400'000}, fusebox::MicroUsd{100'000}, {1'600'000}}}});
}

void report(benchmark::State& state, const std::string& body) {
  state.SetItemsProcessed(state.iterations() * kSpans);
  state.counters["bytes"] = static_cast<double>(body.size()) / kSpans;
}

void BM_OtlpProtobuf(benchmark::State& state) {
  const std::string body = fusebox::otlp_model::to_protobuf(batch(0));
  OtlpDecoder decoder(prices());
  for (auto _ : state) {
    const auto decoded = decoder.decode_protobuf(body);
    benchmark::DoNotOptimize(decoded->events.data());
    if (decoded->events.size() != kSpans) state.SkipWithError("a span was lost");
  }
  report(state, body);
}
BENCHMARK(BM_OtlpProtobuf);

void BM_OtlpProtobufGzip(benchmark::State& state) {
  const std::string body = gzip(fusebox::otlp_model::to_protobuf(batch(0)));
  fusebox::telemetry::Inflater inflater;
  OtlpDecoder decoder(prices());
  for (auto _ : state) {
    const auto decoded = decoder.decode_protobuf(*inflater.gunzip(body, kLimit));
    benchmark::DoNotOptimize(decoded->events.data());
    if (decoded->events.size() != kSpans) state.SkipWithError("a span was lost");
  }
  report(state, body);
}
BENCHMARK(BM_OtlpProtobufGzip);

void BM_OtlpJson(benchmark::State& state) {
  const std::string body = fusebox::otlp_model::to_json(batch(0));
  OtlpDecoder decoder(prices());
  for (auto _ : state) {
    const auto decoded = decoder.decode_json(body);
    benchmark::DoNotOptimize(decoded->events.data());
    if (decoded->events.size() != kSpans) state.SkipWithError("a span was lost");
  }
  report(state, body);
}
BENCHMARK(BM_OtlpJson);

}  // namespace
