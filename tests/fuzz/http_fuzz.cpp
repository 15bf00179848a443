// Requests and answers from arbitrary bytes. Besides not crashing: limits hold, and how bytes were
// cut on their way changes no message. The first byte chooses the direction, the second the cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "sre/runtime/detail/request_parser.hpp"
#include "sre/runtime/detail/response_parser.hpp"

namespace {

using fusebox::runtime::HttpRequest;
using fusebox::runtime::HttpResponse;
using fusebox::runtime::percent_decode;
using fusebox::runtime::detail::RequestParser;
using fusebox::runtime::detail::ResponseParser;

constexpr fusebox::runtime::detail::RequestLimits kLimits{
    .header_bytes_max = 1024, .target_bytes_max = 256, .headers_max = 16, .body_bytes_max = 512};

constexpr fusebox::runtime::detail::AnswerLimits kAnswerLimits{.header_bytes_max = 1024,
                                                               .body_bytes_max = 512};

struct Outcome {
  std::vector<std::string> messages;
  bool failed = false;
};

void check_limits(const HttpRequest& request) {
  FUSEBOX_ASSERT(request.body.size() <= kLimits.body_bytes_max);
  FUSEBOX_ASSERT(request.path.size() <= kLimits.target_bytes_max);
  FUSEBOX_ASSERT(request.headers.size() <= kLimits.headers_max);
  FUSEBOX_ASSERT(percent_decode(request.path).has_value());
}

std::string text_of(const HttpRequest& request) {
  std::string text = request.method + '\0' + request.path + '\0';
  for (const auto& pair : request.query) text += pair.name + '\0' + pair.value + '\0';
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    text.append(request.headers[i].name).append(1, '\0').append(request.headers[i].value);
  }
  return text + '\0' + request.body;
}

// Feeds `bytes` in pieces; `take` is called with a parser that has a whole message.
template <class Parser, class Take>
bool feed(Parser& parser, std::string_view bytes, std::size_t piece, Take take) {
  std::string held;
  while (!bytes.empty()) {
    held.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (!held.empty()) {
      const typename Parser::Step step = parser.put(held);
      FUSEBOX_ASSERT(step.used <= held.size());
      held.erase(0, step.used);
      if (step.state == Parser::State::Failed) return false;
      if (step.state == Parser::State::NeedMore) break;
      take(parser);
    }
  }
  return true;
}

Outcome read_requests(std::string_view bytes, std::size_t piece) {
  Outcome outcome;
  RequestParser parser(kLimits);
  outcome.failed = !feed(parser, bytes, piece, [&](RequestParser& complete) {
    const HttpRequest request = complete.take();
    check_limits(request);
    outcome.messages.push_back(text_of(request));
  });
  FUSEBOX_ASSERT(!outcome.failed || parser.error_status() >= 400);
  return outcome;
}

Outcome read_answer(std::string_view bytes, std::size_t piece) {
  Outcome outcome;
  std::optional<ResponseParser> parser(std::in_place, kAnswerLimits, false);
  // One answer, and what follows it is another connection's business.
  outcome.failed = !feed(*parser, bytes, piece, [&](ResponseParser& complete) {
    const HttpResponse& answer = complete.response();
    FUSEBOX_ASSERT(answer.body.size() <= kAnswerLimits.body_bytes_max);
    outcome.messages.push_back(std::to_string(answer.status) + answer.body);
    parser.emplace(kAnswerLimits, false);
  });
  return outcome;
}

// A refusal may come sooner for bytes that came together; what was read before it is the same.
void compare(const Outcome& whole, const Outcome& cut) {
  const std::size_t common = std::min(whole.messages.size(), cut.messages.size());
  FUSEBOX_ASSERT(std::equal(whole.messages.begin(),
                            whole.messages.begin() + static_cast<std::ptrdiff_t>(common),
                            cut.messages.begin()));
  if (!whole.failed && !cut.failed) FUSEBOX_ASSERT(whole.messages.size() == cut.messages.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);  // NOLINT
  const std::size_t piece = std::size_t{data[1]} % 64 + 1;
  const auto read = data[0] % 2 == 0 ? read_requests : read_answer;
  compare(read(bytes, size), read(bytes, piece));
  return 0;
}
