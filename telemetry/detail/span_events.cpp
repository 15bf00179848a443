#include "telemetry/detail/span_events.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "telemetry/detail/span_meaning.hpp"
#include "telemetry/detail/trace_state.hpp"

namespace fusebox::telemetry::detail {
namespace {

constexpr std::size_t kBatchAttributesMax = 1 << 19;
// Documents whose memory is kept between batches. One that held many attributes once stays large,
// so keeping all of them would let a sender grow the decoder batch by batch.
constexpr std::size_t kDocumentsKept = 1 << 12;

constexpr std::size_t kTraceDigits = 32;
constexpr std::size_t kSpanDigits = 16;

constexpr auto kHexPairs = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    pairs[2 * byte] = kDigits[byte >> 4];
    pairs[2 * byte + 1] = kDigits[byte & 15];
  }
  return pairs;
}();

// 16 digits, most significant first; returns the end.
char* write_hex(char* out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    const std::size_t pair = 2 * ((number >> shift) & 0xFF);
    *out++ = kHexPairs[pair];
    *out++ = kHexPairs[pair + 1];
  }
  return out;
}

// Why a span that is agent work makes no event; "" if nothing stands against it.
std::string_view flaw_of(const SpanDraft& draft) {
  if (draft.bad_id) return "an id is not hex or bytes of the right length";
  if (draft.trace == TraceId{} || draft.span == 0) return "it has no trace id or span id";
  if (draft.bad_text) return "a text in its attributes is not valid UTF-8";
  if (draft.end_ns >= static_cast<std::uint64_t>(to_ns(kLatestInstant))) {
    return "it ends after the year 2199";
  }
  return {};
}

// Fields that are dimensions as they stand.
struct DimensionField {
  Dimension dimension;
  Field field;
};
constexpr DimensionField kDimensionFields[] = {
    {Dimension::Tenant, Field::Tenant},         {Dimension::Environment, Field::Environment},
    {Dimension::Version, Field::Version},       {Dimension::User, Field::User},
    {Dimension::Session, Field::Session},       {Dimension::Task, Field::Task},
    {Dimension::ParentTask, Field::ParentTask}, {Dimension::RootTask, Field::RootTask},
    {Dimension::Domain, Field::Domain},         {Dimension::Model, Field::Model},
    {Dimension::ToAgent, Field::ToAgent},
};

std::string_view first_of(const FieldSet& fields, std::initializer_list<Field> order) {
  for (const Field field : order) {
    if (fields.has(field)) return fields.text(field);
  }
  return {};
}

// A span about calling another agent names that one; who calls is then the service.
void fill_agents(Role role, const FieldSet& fields, Dimensions& out) {
  using enum Field;
  if (role == Role::Handoff) {
    out[Dimension::Agent] = first_of(fields, {Agent, Service, AgentName});
    out[Dimension::ToAgent] = first_of(fields, {ToAgent, AgentName});
  } else if (role == Role::Agent) {
    out[Dimension::Agent] = first_of(fields, {Agent, AgentName, Entity, Service});
  } else {
    out[Dimension::Agent] = first_of(fields, {Agent, AgentName, Service});
  }
}

void fill_dimensions(Role role, const SpanDraft& draft, Event& event) {
  for (const auto [dimension, field] : kDimensionFields) {
    event.dimensions[dimension] = draft.fields.text(field);
  }
  fill_agents(role, draft.fields, event.dimensions);
  event.dimensions[Dimension::Kind] = name_of(event.kind);
  event.dimensions[Dimension::Tool] =
      event.kind == EventKind::Tool ? tool_of(draft) : draft.fields.text(Field::Tool);
}

std::optional<std::int64_t> integer_of(const FieldSet& fields, Field field) {
  if (!fields.has(field)) return std::nullopt;
  return fields.integer(field);
}

std::optional<double> number_of(const FieldSet& fields, Field field) {
  if (!fields.has(field)) return std::nullopt;
  return fields.number(field);
}

void fill_numbers(const FieldSet& fields, Event& event) {
  event.measured.ttft_ms = number_of(fields, Field::Ttft);
  event.measured.files_changed = integer_of(fields, Field::FilesChanged);
  event.score = number_of(fields, Field::Score);
  event.confidence = number_of(fields, Field::Confidence);
  event.trust = integer_of(fields, Field::Trust);
  event.depth = integer_of(fields, Field::Depth);
}

}  // namespace

void SpanEvents::start_batch() {
  batch_ = {};
  draft_.forget();
  events_.clear();
  origins_.clear();
  tools_.clear();
  doors_.clear();
  doubts_ = 0;
  if (documents_.size() > kDocumentsKept) documents_.clear();
  documents_used_ = 0;
  attributes_ = 0;
  texts_.clear();
  rejection_.clear();
  last_ = {};
}

SpanDraft& SpanEvents::start_span() {
  if (documents_used_ == documents_.size()) documents_.emplace_back();
  draft_.start(documents_[documents_used_]);
  ++batch_.spans;
  return draft_;
}

void SpanEvents::finish_span(const FieldSet& resource) {
  const std::optional<Role> role = role_of(draft_);
  if (!role || *role == Role::Step) return ignore();
  if (const std::string_view flaw = flaw_of(draft_); !flaw.empty()) return reject(flaw);
  if (events_.size() == kOtlpEventsMax) return reject("more than 131,072 events in one request");
  build(*role, resource);
}

// Where a request came in, the agent work inside begins.
void SpanEvents::ignore() {
  ++batch_.ignored;
  if (draft_.kind == SpanKind::Server || draft_.kind == SpanKind::Consumer) {
    doors_.push_back({draft_.trace, draft_.span});
  }
}

void SpanEvents::reject(std::string_view why) {
  if (batch_.rejected++ > 0) return;
  rejection_ = "span ";
  rejection_ += std::to_string(batch_.spans);
  rejection_ += ": ";
  rejection_ += why;
}

void SpanEvents::build(Role role, const FieldSet& resource) {
  draft_.fields.inherit(resource);
  Event& event = events_.emplace_back();
  event.kind = kind_of(role);
  fill_dimensions(role, draft_, event);
  const bool name_is_text = is_utf8(event.dimensions[Dimension::Tool]);
  if (event.dimensions[Dimension::Agent].empty() || !name_is_text) {
    events_.pop_back();
    return reject(name_is_text ? "no agent: neither gen_ai.agent.name nor service.name"
                               : "its name is not valid UTF-8");
  }
  name_ids(event);
  fill_model(event);
  fill_times(event);
  fill_weight(event);
  fill_numbers(draft_.fields, event);
  if (role == Role::Inference) fill_usage(event);
  const Ending ending = ending_of(draft_);
  event.outcome = ending.outcome;
  event.error = ending.error;
  keep_attributes(event);
  add_origin(role);
}

void SpanEvents::name_ids(Event& event) {
  char* const begin = texts_.take(kTraceDigits + 1 + kSpanDigits);
  char* end = write_hex(write_hex(begin, draft_.trace.high), draft_.trace.low);
  *end++ = '/';
  write_hex(end, draft_.span);
  event.dimensions[Dimension::TraceId] = {begin, kTraceDigits};
  event.span_id = {end, kSpanDigits};
  const std::string_view permit = draft_.fields.text(Field::Permit);
  event.id = permit.empty() ? std::string_view{begin, kTraceDigits + 1 + kSpanDigits} : permit;
}

void SpanEvents::fill_model(Event& event) {
  const std::string_view spelling = draft_.fields.text(Field::Provider);
  if (!spelling.empty()) event.dimensions[Dimension::Provider] = provider_name(spelling);
}

std::string_view SpanEvents::provider_name(std::string_view spelling) {
  if (last_.spelling != spelling) {
    last_.spelling = spelling;
    last_.provider = provider_of(spelling);
  }
  return last_.provider;
}

const ModelPrice* SpanEvents::price_of(std::string_view model) {
  if (last_.price == nullptr || last_.model != model) {
    last_.model = model;
    last_.price = prices_.find(model);
  }
  return last_.price;
}

void SpanEvents::fill_usage(Event& event) {
  const Usage usage = usage_of(draft_.fields);
  event.measured.tokens_in = usage.in;
  event.measured.tokens_out = usage.out;
  if (draft_.fields.has(Field::Cost)) {
    event.measured.cost_usd = MicroUsd{draft_.fields.integer(Field::Cost)};
    return;
  }
  if (prices_.empty() || (!usage.in && !usage.out)) return;
  const ModelPrice* const price = price_of(event.dimensions[Dimension::Model]);
  if (price == nullptr) return;
  const TokenUse tokens{usage.in.value_or(0), usage.cached_in, usage.out.value_or(0)};
  event.measured.cost_usd = cost_of(*price, tokens);
  ++batch_.priced;
}

void SpanEvents::fill_times(Event& event) {
  constexpr double kNsPerMs = 1e6;
  if (draft_.end_ns == 0) return;
  event.at = from_ns(static_cast<std::int64_t>(draft_.end_ns));
  if (draft_.start_ns == 0) return;
  const bool backward = draft_.start_ns > draft_.end_ns;
  if (backward) ++batch_.negative_durations;
  event.measured.duration_ms =
      backward ? 0 : static_cast<double>(draft_.end_ns - draft_.start_ns) / kNsPerMs;
}

void SpanEvents::fill_weight(Event& event) {
  if (draft_.fields.has(Field::Weight)) {
    event.weight = std::llround(draft_.fields.number(Field::Weight));
    return;
  }
  const Sampling sampling = sampling_of(draft_.trace_state);
  event.weight = sampling.weight;
  event.rate_unknown = sampling.rate_unknown;
  if (sampling.rate_unknown) ++batch_.rate_unknown;
}

void SpanEvents::keep_attributes(Event& event) {
  batch_.attributes_dropped += draft_.dropped;
  const policy::DynamicDocument& document = documents_[documents_used_];
  if (document.nodes.empty()) return;
  const std::size_t count = document.nodes.size() - 1;
  if (attributes_ + count > kBatchAttributesMax) {
    batch_.attributes_dropped += count;
    return;
  }
  attributes_ += count;
  event.attributes = &document;
  ++documents_used_;
}

void SpanEvents::add_origin(Role role) {
  const SpanKey own{draft_.trace, draft_.span};
  Doubt doubt = Doubt::None;
  if (role == Role::McpCall && draft_.parent != 0) doubt = Doubt::InnerCall;
  if (role == Role::Workflow && draft_.parent != 0 && !draft_.remote_parent) doubt = Doubt::Entry;
  if (role == Role::Tool) tools_.push_back(own);
  if (doubt != Doubt::None) ++doubts_;
  origins_.push_back({own, draft_.parent, doubt});
}

OtlpBatch SpanEvents::finish_batch() {
  if (doubts_ > 0) resolve_doubts();
  batch_.events = events_;
  batch_.rejection = rejection_;
  return batch_;
}

// Sorted and searched rather than hashed: ids come from outside, and nobody can make this slow.
void SpanEvents::resolve_doubts() {
  std::sort(tools_.begin(), tools_.end());
  std::sort(doors_.begin(), doors_.end());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const Origin& origin = origins_[i];
    const SpanKey parent{origin.own.trace, origin.parent};
    if (origin.doubt == Doubt::InnerCall &&
        std::binary_search(tools_.begin(), tools_.end(), parent)) {
      ++batch_.merged;
    } else if (origin.doubt == Doubt::Entry &&
               !std::binary_search(doors_.begin(), doors_.end(), parent)) {
      ++batch_.ignored;
    } else {
      events_[kept++] = events_[i];
    }
  }
  events_.resize(kept);
}

}  // namespace fusebox::telemetry::detail
