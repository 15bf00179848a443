#include "telemetry/event_list.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <vector>

#include <simdjson.h>

#include "base/assert.hpp"
#include "telemetry/detail/decode_event.hpp"
#include "telemetry/journal.hpp"

namespace fusebox::telemetry {
namespace {

using detail::Json;
using detail::JsonObject;

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kBlockBytes = std::size_t{64} << 10;

bool is_array(std::string_view body) {
  const auto first = body.find_first_not_of(kBlanks);
  return first != std::string_view::npos && body[first] == '[';
}

// Texts of any size, each in one piece, that stay where they are.
class Texts {
 public:
  void clear() { blocks_.clear(); }

  [[nodiscard]] std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < text.size()) {
      blocks_.emplace_back().reserve(std::max(kBlockBytes, text.size()));
    }
    std::string& block = blocks_.back();
    const std::size_t begin = block.size();
    block.append(text);
    return std::string_view(block).substr(begin);
  }

 private:
  std::deque<std::string> blocks_;
};

}  // namespace

struct EventListDecoder::Impl {
  [[nodiscard]] Result<void> decode_lines(std::string_view body);
  [[nodiscard]] Result<void> decode_array(std::string_view body);
  [[nodiscard]] Result<void> take(std::size_t line, const Result<const Event*>& event);
  void keep(const Event& event);
  [[nodiscard]] const policy::DynamicDocument* keep(const policy::DynamicDocument* document);

  JournalDecoder lines;
  simdjson::dom::parser parser;
  std::string padded;
  detail::Scratch scratch;

  std::vector<Event> events;
  std::deque<policy::DynamicDocument> documents;
  Texts texts;
  std::vector<RejectedEvent> rejected;
  std::size_t untold = 0;
};

// A copy that outlives the line it came from.
void EventListDecoder::Impl::keep(const Event& event) {
  Event& kept = events.emplace_back(event);
  for (std::size_t i = 0; i < kDimensionCount; ++i) {
    std::string_view& value = kept.dimensions[static_cast<Dimension>(i)];
    value = texts.keep(value);
  }
  kept.span_id = texts.keep(event.span_id);
  kept.id = texts.keep(event.id);
  kept.error = texts.keep(event.error);
  kept.attributes = keep(event.attributes);
}

const policy::DynamicDocument* EventListDecoder::Impl::keep(
    const policy::DynamicDocument* document) {
  if (document == nullptr) return nullptr;
  policy::DynamicDocument& kept = documents.emplace_back(*document);
  for (policy::DynamicNode& node : kept.nodes) {
    node.key = texts.keep(node.key);
    node.text = texts.keep(node.text);
  }
  return &kept;
}

Result<void> EventListDecoder::Impl::take(std::size_t line, const Result<const Event*>& event) {
  if (!event) {
    if (rejected.size() < kToldRejectionsMax) {
      rejected.push_back({line, event.error().message});
    } else {
      ++untold;
    }
    return {};
  }
  if (events.size() == kEventListMax) {
    return Unexpected{ErrorCode::TooLarge, "the body has more than " +
                                               std::to_string(kEventListMax) +
                                               " events; send them in several requests"};
  }
  keep(**event);
  return {};
}

Result<void> EventListDecoder::Impl::decode_lines(std::string_view body) {
  for (std::size_t number = 1; !body.empty(); ++number) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(line.size() + 1, body.size()));
    if (line.find_first_not_of(kBlanks) == std::string_view::npos) continue;
    const auto input = lines.decode_event(line, Instant{});
    const auto event = input ? Result<const Event*>(&std::get<Event>((*input)->body))
                             : Result<const Event*>(Unexpected{input.error()});
    if (Result<void> done = take(number, event); !done) return done;
  }
  return {};
}

Result<void> EventListDecoder::Impl::decode_array(std::string_view body) {
  if (body.size() > kEventArrayBytesMax) {
    return Unexpected{ErrorCode::TooLarge, "an array has at most " +
                                               std::to_string(kEventArrayBytesMax) +
                                               " bytes; send more as lines, one event each"};
  }
  padded.resize(body.size() + simdjson::SIMDJSON_PADDING);
  std::memcpy(padded.data(), body.data(), body.size());
  simdjson::dom::array array;
  if (const auto code = parser.parse(padded.data(), body.size(), false).get(array);
      code != simdjson::SUCCESS) {
    return detail::parse_error(code);
  }
  std::size_t number = 0;
  for (const simdjson::dom::element element : array) {
    JsonObject object;
    Event event;
    Result<void> decoded = Unexpected{ErrorCode::InvalidInput, "the element is no object"};
    if (Json(element).get(object) == simdjson::SUCCESS) {
      decoded = detail::decode_event(object, {}, scratch, event);
    }
    Result<void> done = take(++number, decoded ? Result<const Event*>(&event)
                                               : Result<const Event*>(Unexpected{decoded.error()}));
    if (!done) return done;
  }
  return {};
}

EventListDecoder::EventListDecoder() : impl_(std::make_unique<Impl>()) {
  // Kept as the parser grows; one level more than an event's own, for the array.
  const auto allocated = impl_->parser.allocate(kBlockBytes, kJsonDepthMax + 1);
  FUSEBOX_ASSERT(allocated == simdjson::SUCCESS);
}
EventListDecoder::~EventListDecoder() = default;

Result<EventList> EventListDecoder::decode(std::string_view body) {
  impl_->events.clear();
  impl_->documents.clear();
  impl_->texts.clear();
  impl_->rejected.clear();
  impl_->untold = 0;
  Result<void> done = is_array(body) ? impl_->decode_array(body) : impl_->decode_lines(body);
  if (!done) return Unexpected{done.error()};
  return EventList{impl_->events, impl_->rejected, impl_->untold};
}

}  // namespace fusebox::telemetry
