#include "sre/api/detail/page.hpp"

#include <charconv>

namespace fusebox::api::detail {
namespace {

std::optional<std::int64_t> integer_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

Problem wrong(std::string_view field, std::string expected) {
  return {.status = 400,
          .detail = std::string(field) + ": expected " + std::move(expected),
          .field = std::string(field),
          .code = ErrorCode::InvalidField};
}

}  // namespace

std::size_t page_limit(const Call& call, std::size_t usual, std::optional<Problem>& problem) {
  const auto text = call.query("limit");
  if (!text) return usual;
  const auto limit = integer_of(*text);
  if (limit && *limit >= 1 && *limit <= std::int64_t{kPageMax}) {
    return static_cast<std::size_t>(*limit);
  }
  problem = wrong("limit", "an integer from 1 to " + std::to_string(kPageMax));
  return usual;
}

std::optional<std::int64_t> page_after(const Call& call, std::optional<Problem>& problem) {
  const auto text = call.query("after");
  if (!text) return std::nullopt;
  const auto after = integer_of(*text);
  if (!after || *after < 0) problem = wrong("after", "an integer of at least 0");
  return after;
}

PagedList::PagedList(std::string_view name, std::size_t limit,
                     std::optional<std::string_view> after)
    : json_(out_), left_(limit), skip_to_(after) {
  json_.begin_object();
  json_.key(name);
  json_.begin_array();
}

bool PagedList::takes(std::string_view id) {
  if (skip_to_) {
    if (*skip_to_ == id) skip_to_.reset();
    return false;
  }
  if (left_ == 0) {
    more_ = true;
    return false;
  }
  --left_;
  last_ = id;
  return true;
}

std::optional<std::string> PagedList::finish() {
  if (skip_to_) return std::nullopt;
  json_.end_array();
  if (more_) json_.field("next", last_);
  json_.end_object();
  return std::move(out_);
}

}  // namespace fusebox::api::detail
