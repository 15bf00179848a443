#include "telemetry/input_codec.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/archive.hpp"
#include "base/assert.hpp"
#include "base/overload.hpp"
#include "base/text.hpp"
#include "policy/dynamic_archive.hpp"

namespace fusebox::telemetry {
namespace {

// Stands before a denial that has a number behind it: logs are older than that member. No kind has
// this byte.
constexpr char kCountedDenial = '\x40';

constexpr std::int64_t kTrustMax = 1000;
constexpr std::int64_t kWeightMax = 1'000'000'000'000;

// Every field once, for both directions; `Value` is const where it is written.
template <class Archive>
class Codec {
 public:
  explicit Codec(Archive& archive) : archive_(archive) {}

  template <class Value>
  void dimensions(Value& values) {
    std::uint32_t present = 0;
    if constexpr (!Archive::kReading) present = present_in(values);
    archive_(present);
    for (std::size_t i = 0; i < kDimensionCount; ++i) {
      if ((present >> i & 1) != 0) text(values[static_cast<Dimension>(i)]);
    }
    if (present >= 1U << kDimensionCount) archive_.fail();
  }

  template <class Value>
  void event(Value& event) {
    archive_(event.kind, event.at, event.outcome, event.score, event.confidence, event.trust,
             event.depth);
    weight(event);
    dimensions(event.dimensions);
    texts(event.span_id, event.id, event.error);
    measurements(event.measured);
  }

  template <class Value>
  void check(Value& input) {
    auto& check = input.check;
    archive_(check.action, check.trust, check.depth, check.estimate.tokens, check.estimate.cost_usd,
             check.estimate.files_changed);
    dimensions(check.dimensions);
    texts(input.id, check.target, check.span_id, check.idempotency_key);
  }

  template <class Value>
  void report(Value& report) {
    archive_(report.outcome);
    texts(report.permit, report.error);
    measurements(report.measured);
  }

  template <class Value>
  void kill(Value& kill) {
    texts(kill.scope, kill.reason, kill.actor);
  }

  template <class Value>
  void rearm(Value& rearm) {
    texts(rearm.order, rearm.reason, rearm.actor);
  }

  template <class Value>
  void approval(Value& approval) {
    archive_(approval.granted, approval.valid_for);
    texts(approval.id, approval.reason, approval.actor);
  }

  template <class Value>
  void force(Value& force) {
    archive_(force.state, force.validity.lasts, force.validity.until);
    texts(force.id, force.reason, force.actor);
  }

  template <class Value>
  void raise(Value& raise) {
    archive_(raise.to, raise.by, raise.validity.lasts, raise.validity.until);
    texts(raise.id, raise.dimension, raise.reason, raise.actor);
  }

  template <class Value>
  void denial(Value& denial) {
    texts(denial.actor, denial.tenant, denial.agent, denial.route);
  }

  template <class Value>
  void terminator(Value& outcome) {
    archive_(outcome.outcome, outcome.took);
    texts(outcome.order, outcome.kind, outcome.name, outcome.detail);
  }

  template <class View>
  void text(View&& view) {
    archive_(view);
    if constexpr (Archive::kReading) {
      if (find_invalid_utf8(view)) archive_.fail();
    }
  }

 private:
  // Below 0 where the rate is unknown: logs are older than that member.
  template <class Value>
  void weight(Value& event) {
    std::int64_t weight = event.rate_unknown ? -event.weight : event.weight;
    archive_(weight);
    if constexpr (Archive::kReading) {
      event.rate_unknown = weight < 0;
      event.weight = weight < 0 ? -std::max(weight, -kWeightMax) : weight;
    }
  }

  template <class... View>
  void texts(View&... views) {
    (text(views), ...);
  }

  template <class Value>
  void measurements(Value& measured) {
    archive_(measured.duration_ms, measured.ttft_ms, measured.tokens_in, measured.tokens_out,
             measured.cost_usd, measured.files_changed);
  }

  // Kind is left out: it is the name of the event's kind or of the check's action.
  static std::uint32_t present_in(const Dimensions& values) {
    std::uint32_t present = 0;
    for (std::size_t i = 0; i < kDimensionCount; ++i) {
      const auto dimension = static_cast<Dimension>(i);
      if (dimension == Dimension::Kind || values[dimension].empty()) continue;
      present |= std::uint32_t{1} << i;
    }
    return present;
  }

  Archive& archive_;
};

void encode_outcome(ArchiveWriter& archive, Codec<ArchiveWriter>& codec,
                    const RecordedOutcome& outcome) {
  archive(outcome.request, static_cast<std::uint64_t>(outcome.rules.size()));
  for (const RuleOutcome& rule : outcome.rules) {
    codec.text(rule.rule);
    archive(rule.erred);
  }
}

void decode_outcome(ArchiveReader& archive, Codec<ArchiveReader>& codec,
                    std::vector<RuleOutcome>& rules, RecordedOutcome& outcome) {
  std::uint64_t count = 0;
  archive(outcome.request, count);
  rules.clear();
  while (rules.size() < count && !archive.failed()) {
    RuleOutcome& rule = rules.emplace_back();
    codec.text(rule.rule);
    archive(rule.erred);
  }
  outcome.rules = rules;
}

template <class... Number>
bool none_negative(const std::optional<Number>&... numbers) {
  return ((!numbers || *numbers >= Number{}) && ...);
}

// A number that a comparison cannot fool: NaN is at neither side of 0.
template <class... Number>
bool all_finite(const std::optional<Number>&... numbers) {
  return ((!numbers || std::isfinite(*numbers)) && ...);
}

bool is_time(Instant at) { return at >= Instant{} && at < kLatestInstant; }

bool is_share(const std::optional<double>& share) { return !share || (*share >= 0 && *share <= 1); }

bool is_trust(const std::optional<std::int64_t>& trust) {
  return none_negative(trust) && trust.value_or(0) <= kTrustMax;
}

bool is_price(const std::optional<MicroUsd>& amount) {
  return none_negative(amount) && amount.value_or(MicroUsd{}) <= kMoneyMax;
}

bool in_range(const Measurements& measured) {
  return all_finite(measured.duration_ms, measured.ttft_ms) &&
         none_negative(measured.duration_ms, measured.ttft_ms, measured.tokens_in,
                       measured.tokens_out, measured.files_changed) &&
         is_price(measured.cost_usd);
}

bool in_range(const Event& event) {
  return in_range(event.measured) && is_share(event.score) && is_share(event.confidence) &&
         is_trust(event.trust) && none_negative(event.depth) && event.weight >= 1 &&
         event.weight <= kWeightMax && is_time(event.at.value_or(Instant{})) &&
         !event.dimensions[Dimension::Agent].empty();
}

bool in_range(const CheckInput& input) {
  const Estimate& estimate = input.check.estimate;
  return is_trust(input.check.trust) &&
         none_negative(input.check.depth, estimate.tokens, estimate.files_changed) &&
         is_price(estimate.cost_usd) && !input.check.dimensions[Dimension::Agent].empty();
}

bool in_range(const Report& report) { return in_range(report.measured) && !report.permit.empty(); }

bool in_range(const KillInput& kill) { return !kill.scope.empty() && !kill.reason.empty(); }

bool in_range(const RearmInput& rearm) { return !rearm.order.empty() && !rearm.actor.empty(); }

bool in_range(const ApprovalInput& approval) {
  return !approval.id.empty() && !approval.actor.empty() &&
         approval.valid_for.value_or(Duration{1}) > Duration{};
}

bool in_range(const Tick&) { return true; }

bool in_range(const DenialInput& denial) { return !denial.actor.empty() && denial.untold >= 0; }

bool in_range(const TerminatorInput& outcome) {
  return !outcome.order.empty() && !outcome.kind.empty() && outcome.took >= Duration{};
}

bool in_range(const Validity& validity) {
  return validity.lasts.has_value() != validity.until.has_value() &&
         validity.lasts.value_or(Duration{1}) > Duration{} &&
         is_time(validity.until.value_or(Instant{}));
}

bool in_range(const ForceInput& force) {
  return in_range(force.validity) && !force.id.empty() && !force.actor.empty();
}

bool in_range(const RaiseInput& raise) {
  return in_range(raise.validity) && raise.to.has_value() != raise.by.has_value() &&
         none_negative(raise.to, raise.by) && !raise.id.empty() && !raise.actor.empty();
}

bool in_range(const Input& input) {
  return is_time(input.at) &&
         std::visit([](const auto& body) { return in_range(body); }, input.body);
}

}  // namespace

void encode_input(const Input& input, std::string& out) {
  const auto* const denied = std::get_if<DenialInput>(&input.body);
  const bool is_counted = denied != nullptr && denied->untold != 0;
  if (is_counted) out += kCountedDenial;
  ArchiveWriter archive(out);
  Codec codec(archive);
  archive(input.kind(), input.at);
  std::visit(Overload{[&](const Event& event) {
                        codec.event(event);
                        policy::save_document(archive, event.attributes);
                      },
                      [&](const CheckInput& check) {
                        FUSEBOX_ASSERT(check.recorded.has_value());
                        codec.check(check);
                        policy::save_document(archive, check.check.attributes);
                        encode_outcome(archive, codec, *check.recorded);
                      },
                      [&](const Report& report) { codec.report(report); },
                      [&](const KillInput& kill) { codec.kill(kill); },
                      [&](const RearmInput& rearm) { codec.rearm(rearm); },
                      [&](const ApprovalInput& approval) { codec.approval(approval); },
                      [](const Tick&) {}, [&](const ForceInput& force) { codec.force(force); },
                      [&](const RaiseInput& raise) { codec.raise(raise); },
                      [&](const DenialInput& denial) { codec.denial(denial); },
                      [&](const TerminatorInput& outcome) { codec.terminator(outcome); }},
             input.body);
  if (is_counted) archive(denied->untold);
}

Result<const Input*> InputDecoder::decode(std::string_view bytes) {
  const bool is_counted = bytes.starts_with(kCountedDenial);
  ArchiveReader archive(bytes.substr(is_counted ? 1 : 0));
  Codec codec(archive);
  InputKind kind{};
  archive(kind, input_.at);
  attributes_.clear();
  switch (kind) {
    case InputKind::Event: {
      auto& event = input_.body.emplace<Event>();
      codec.event(event);
      event.dimensions[Dimension::Kind] = name_of(event.kind);
      policy::load_document(archive, attributes_);
      if (attributes_.root() != nullptr) event.attributes = &attributes_;
      break;
    }
    case InputKind::Check: {
      auto& input = input_.body.emplace<CheckInput>();
      codec.check(input);
      input.check.dimensions[Dimension::Kind] = name_of(input.check.action);
      policy::load_document(archive, attributes_);
      if (attributes_.root() != nullptr) input.check.attributes = &attributes_;
      decode_outcome(archive, codec, rules_, input.recorded.emplace());
      break;
    }
    case InputKind::Report:
      codec.report(input_.body.emplace<Report>());
      break;
    case InputKind::Kill:
      codec.kill(input_.body.emplace<KillInput>());
      break;
    case InputKind::Rearm:
      codec.rearm(input_.body.emplace<RearmInput>());
      break;
    case InputKind::Approval:
      codec.approval(input_.body.emplace<ApprovalInput>());
      break;
    case InputKind::Tick:
      input_.body.emplace<Tick>();
      break;
    case InputKind::Force:
      codec.force(input_.body.emplace<ForceInput>());
      break;
    case InputKind::Raise:
      codec.raise(input_.body.emplace<RaiseInput>());
      break;
    case InputKind::Denial:
      codec.denial(input_.body.emplace<DenialInput>());
      break;
    case InputKind::Terminator:
      codec.terminator(input_.body.emplace<TerminatorInput>());
      break;
  }
  if (is_counted) {
    auto* const denial = std::get_if<DenialInput>(&input_.body);
    if (denial != nullptr) archive(denial->untold);
    if (denial == nullptr || denial->untold == 0) archive.fail();
  }
  if (archive.failed() || !archive.at_end() || !in_range(input_)) {
    return Unexpected{ErrorCode::InvalidInput, "the bytes are no encoded input"};
  }
  return &input_;
}

}  // namespace fusebox::telemetry
