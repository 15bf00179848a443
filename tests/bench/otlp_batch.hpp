// Trace requests as an instrumented agent sends them: 512 spans of 14 attributes and about 610
// bytes of protobuf each.
#pragma once

#include <cstdint>
#include <string>

#include <libdeflate.h>

#include "tests/telemetry/otlp_model.hpp"

namespace fusebox::bench {

inline constexpr int kSpans = 512;

inline std::string hex_of(std::uint64_t number) {
  std::string digits(16, '0');
  for (char& digit : digits) {
    digit = "0123456789abcdef"[number & 15];
    number >>= 4;
  }
  return digits;
}

// `number` makes the ids; everything else repeats with each batch.
inline otlp_model::Span chat_span(int number, std::uint64_t start_ns) {
  const auto id = static_cast<std::uint64_t>(number + 1) * 0x9E3779B97F4A7C15;
  const int in_batch = number % kSpans;
  otlp_model::Span span;
  span.trace_id = hex_of(id ^ 0xABCDEF) + hex_of(id ^ 0x123456);
  span.span_id = hex_of(id);
  span.parent_id = hex_of(id ^ 0x777);
  span.name = "chat gpt-4.1-mini";
  span.kind = 3;
  span.start_ns = start_ns + static_cast<std::uint64_t>(in_batch) * 1'000'000;
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
                     {"gen_ai.usage.input_tokens", 900 + in_batch},
                     {"gen_ai.usage.output_tokens", 100 + in_batch},
                     {"gen_ai.usage.cache_read.input_tokens", 512},
                     {"server.address", "api.openai.com"},
                     {"server.port", 443}};
  return span;
}

// Batch `number`: no two have a span in common.
inline otlp_model::Request batch(int number, std::uint64_t start_ns = otlp_model::Span{}.start_ns) {
  otlp_model::Request request(1);
  request.front().resource = {{"service.name", "shop-assistant"},
                              {"deployment.environment.name", "production"},
                              {"telemetry.sdk.language", "python"}};
  for (int i = 0; i < kSpans; ++i) {
    request.front().spans.push_back(chat_span(number * kSpans + i, start_ns));
  }
  return request;
}

inline std::string gzip(const std::string& text) {
  libdeflate_compressor* const compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_gzip_compress_bound(compressor, text.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

}  // namespace fusebox::bench
