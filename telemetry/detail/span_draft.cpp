#include "telemetry/detail/span_draft.hpp"

#include <algorithm>
#include <cmath>

namespace fusebox::telemetry::detail {
namespace {

using policy::DynamicKind;
using policy::DynamicNode;
using Type = AttributeValue::Type;

// Whether `value` is one that an attribute of ours can have.
bool is_small_scalar(const AttributeValue& value) {
  switch (value.type) {
    case Type::None:
      return false;
    case Type::Text:
      return value.text.size() <= kTextBytesMax;
    case Type::Bool:
    case Type::Int:
      return true;
    case Type::Double:
      return std::isfinite(value.number);
  }
  return false;
}

void set_scalar(DynamicNode& node, const AttributeValue& value) {
  switch (value.type) {
    case Type::None:
      return;
    case Type::Text:
      node.kind = DynamicKind::String;
      node.text = value.text;
      return;
    case Type::Bool:
      node.kind = DynamicKind::Bool;
      node.boolean = value.boolean;
      return;
    case Type::Int:
      node.kind = DynamicKind::Int;
      node.integer = value.integer;
      return;
    case Type::Double:
      node.kind = DynamicKind::Double;
      node.number = value.number;
      return;
  }
}

}  // namespace

SpanKind kind_of_number(std::int64_t number) {
  if (number < 0 || number > static_cast<std::int64_t>(SpanKind::Consumer)) return {};
  return static_cast<SpanKind>(number);
}

SpanStatus status_of_number(std::int64_t number) {
  if (number < 0 || number > static_cast<std::int64_t>(SpanStatus::Error)) return {};
  return static_cast<SpanStatus>(number);
}

void SpanDraft::start(policy::DynamicDocument& unmapped) {
  trace = {};
  span = parent = 0;
  bad_id = false;
  trace_state = name = {};
  kind = SpanKind::Unspecified;
  status = SpanStatus::Unset;
  remote_parent = false;
  start_ns = end_ns = 0;
  has_exception = false;
  exception_type = {};
  bad_text = false;
  dropped = 0;
  fields.clear();
  taken_ = 0;
  unmapped_ = &unmapped;
  unmapped_->clear();
}

void SpanDraft::add_attribute(std::string_view attribute, const AttributeValue& value) {
  switch (fields.take(row_of(attribute), value)) {
    case Taken::Field:
    case Taken::Content:
      return;
    case Taken::BadText:
      bad_text = true;
      return;
    case Taken::Unknown:
      keep(attribute, value);
      return;
  }
}

Row SpanDraft::row_of(std::string_view attribute) {
  Guess& guess = guesses_[taken_++ % guesses_.size()];
  if (guess.name != attribute) guess = {attribute, find_row(attribute)};
  return guess.row;
}

void SpanDraft::keep(std::string_view attribute, const AttributeValue& value) {
  if (attribute.empty() || attribute.size() > kTextBytesMax || !is_small_scalar(value)) return;
  if (is_kept(attribute)) return;
  if (!is_utf8(attribute) || !is_utf8(value.text)) {
    bad_text = true;
    return;
  }
  auto& nodes = unmapped_->nodes;
  if (nodes.size() > kSpanAttributesMax) {
    ++dropped;
    return;
  }
  if (nodes.empty()) nodes.emplace_back().kind = DynamicKind::Map;
  DynamicNode& node = nodes.emplace_back();
  node.key = attribute;
  set_scalar(node, value);
  ++nodes.front().children;
  ++nodes.front().descendants;
}

// A name that stands twice counts as it stood first, like a field.
bool SpanDraft::is_kept(std::string_view attribute) const {
  return std::any_of(unmapped_->nodes.begin(), unmapped_->nodes.end(),
                     [attribute](const DynamicNode& node) { return node.key == attribute; });
}

void SpanDraft::add_exception(std::string_view type) {
  has_exception = true;
  if (exception_type.empty()) exception_type = type;
}

void SpanDraft::set_flags(std::uint32_t flags) {
  constexpr std::uint32_t kParentIsKnownRemote = 0x300;  // "it is said" and "it is remote"
  remote_parent = (flags & kParentIsKnownRemote) == kParentIsKnownRemote;
}

}  // namespace fusebox::telemetry::detail
