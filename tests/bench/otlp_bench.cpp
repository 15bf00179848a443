// Trace requests to events: batches of 512 spans as an instrumented agent sends them, 14 attributes
// and 610 bytes of protobuf each. Time per item is time per span.
//
// Counters: bytes (of the body, per span).
#include "telemetry/otlp.hpp"

#include <string>

#include <benchmark/benchmark.h>
#include <libdeflate.h>

#include "telemetry/inflate.hpp"
#include "tests/telemetry/otlp_model.hpp"

namespace {

using fusebox::otlp_model::Attributes;
using fusebox::otlp_model::Request;
using fusebox::otlp_model::Span;
using fusebox::telemetry::OtlpDecoder;
using fusebox::telemetry::PriceTable;

constexpr int kSpans = 512;
constexpr std::size_t kLimit = 64 << 20;

std::string hex_of(std::uint64_t number) {
  std::string digits(16, '0');
  for (char& digit : digits) {
    digit = "0123456789abcdef"[number & 15];
    number >>= 4;
  }
  return digits;
}

Span chat_span(int number) {
  const auto id = static_cast<std::uint64_t>(number + 1) * 0x9E3779B97F4A7C15;
  Span span;
  span.trace_id = hex_of(id ^ 0xABCDEF) + hex_of(id ^ 0x123456);
  span.span_id = hex_of(id);
  span.parent_id = hex_of(id ^ 0x777);
  span.name = "chat gpt-4.1-mini";
  span.kind = 3;
  span.start_ns += static_cast<std::uint64_t>(number) * 1'000'000;
  span.end_ns = span.start_ns + 800'000'000;
  span.attributes = {{"gen_ai.operation.name", "chat"},
                     {"gen_ai.provider.name", "openai"},
                     {"gen_ai.agent.name", ("agent-" + std::to_string(number % 16)).c_str()},
                     {"gen_ai.conversation.id", ("conv-" + hex_of(id)).c_str()},
                     {"gen_ai.request.model", "gpt-4.1-mini"},
                     {"gen_ai.response.model", "gpt-4.1-mini-2025-04-14"},
                     {"gen_ai.response.id", ("chatcmpl-" + hex_of(id ^ 99)).c_str()},
                     {"gen_ai.request.max_tokens", 1024},
                     {"gen_ai.request.temperature", 0.7},
                     {"gen_ai.usage.input_tokens", 900 + number},
                     {"gen_ai.usage.output_tokens", 100 + number},
                     {"gen_ai.usage.cache_read.input_tokens", 512},
                     {"server.address", "api.openai.com"},
                     {"server.port", 443}};
  return span;
}

Request batch() {
  Request request(1);
  request.front().resource = {{"service.name", "shop-assistant"},
                              {"deployment.environment.name", "production"},
                              {"telemetry.sdk.language", "python"}};
  for (int i = 0; i < kSpans; ++i) request.front().spans.push_back(chat_span(i));
  return request;
}

std::string gzip(const std::string& text) {
  libdeflate_compressor* const compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_gzip_compress_bound(compressor, text.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

PriceTable prices() {
  return PriceTable({{"gpt-4o*", {{2'500'000}, {}, {10'000'000}}},
                     {"gpt-4.1-mini*", {{400'000}, fusebox::MicroUsd{100'000}, {1'600'000}}}});
}

void report(benchmark::State& state, const std::string& body) {
  state.SetItemsProcessed(state.iterations() * kSpans);
  state.counters["bytes"] = static_cast<double>(body.size()) / kSpans;
}

void BM_OtlpProtobuf(benchmark::State& state) {
  const std::string body = fusebox::otlp_model::to_protobuf(batch());
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
  const std::string body = gzip(fusebox::otlp_model::to_protobuf(batch()));
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
  const std::string body = fusebox::otlp_model::to_json(batch());
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
