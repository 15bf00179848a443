// From spans to events: which spans count, as what, and what of them. Holds the memory of one batch
// and uses it again for the next.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/detail/span_draft.hpp"
#include "telemetry/detail/text_arena.hpp"
#include "telemetry/detail/vocabulary.hpp"
#include "telemetry/event.hpp"
#include "telemetry/otlp.hpp"
#include "telemetry/prices.hpp"

namespace fusebox::telemetry::detail {

class SpanEvents {
 public:
  void set_prices(PriceTable prices) { prices_ = std::move(prices); }

  void start_batch();
  // A fresh draft. It is filled, then finished; only one at a time.
  [[nodiscard]] SpanDraft& start_span();
  void finish_span(const FieldSet& resource);
  // Valid until the next start_batch.
  [[nodiscard]] OtlpBatch finish_batch();

 private:
  struct SpanKey {
    TraceId trace;
    SpanId span = 0;
    friend auto operator<=>(const SpanKey&, const SpanKey&) = default;
  };
  // What the rest of the batch may still change about an event.
  enum class Doubt : std::uint8_t {
    None,
    InnerCall,  // not counted if its parent is a tool call of this batch
    Entry,      // a task only if its parent is where a request came in
  };
  struct Origin {
    SpanKey own;
    SpanId parent = 0;
    Doubt doubt = Doubt::None;
  };

  void reject(std::string_view why);
  void ignore();
  void build(Role role, const FieldSet& resource);
  void add_origin(Role role);
  void name_ids(Event& event);
  void fill_model(Event& event);
  void fill_usage(Event& event);
  void fill_times(Event& event);
  void fill_weight(Event& event);
  void keep_attributes(Event& event);
  void resolve_doubts();
  [[nodiscard]] std::string_view provider_name(std::string_view spelling);
  [[nodiscard]] const ModelPrice* price_of(std::string_view model);

  PriceTable prices_;
  SpanDraft draft_;
  OtlpBatch batch_;
  std::vector<Event> events_;
  std::vector<Origin> origins_;  // of events_, one each
  std::vector<SpanKey> tools_;   // tool calls of this batch
  std::vector<SpanKey> doors_;   // where requests came in
  std::size_t doubts_ = 0;
  std::deque<policy::DynamicDocument> documents_;  // those before documents_used_ are events'
  std::size_t documents_used_ = 0;
  std::size_t attributes_ = 0;  // in all of them
  TextArena texts_;
  std::string rejection_;

  // Batches speak of few models and providers, so the last answer is usually the next one too.
  struct {
    std::string_view model;
    const ModelPrice* price = nullptr;
    std::string_view spelling;
    std::string_view provider;
  } last_;
};

}  // namespace fusebox::telemetry::detail
