// Lists in pages: {"breakers":[…],"next":"tools:search"}. `next` stands there while there is more,
// and `?after=` it gives the next page.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json_writer.hpp"
#include "sre/api/detail/call.hpp"
#include "sre/api/problem.hpp"

namespace fusebox::api::detail {

inline constexpr std::size_t kPageMax = 10'000;

// Of lists that only grow, and have no natural end.
inline constexpr std::size_t kUsualPage = 1'000;

// `?limit=`, or what the list has without it. Problems go to `problem`.
[[nodiscard]] std::size_t page_limit(const Call& call, std::size_t usual,
                                     std::optional<Problem>& problem);
// `?after=` as a number.
[[nodiscard]] std::optional<std::int64_t> page_after(const Call& call,
                                                     std::optional<Problem>& problem);

// Writes a list whose entries have ids.
class PagedList {
 public:
  // Begins {"name":[ . `after` is the id of the entry before the first.
  PagedList(std::string_view name, std::size_t limit, std::optional<std::string_view> after);

  // Whether the entry with this id is on the page; if so, it is to be written next, to json().
  [[nodiscard]] bool takes(std::string_view id);
  [[nodiscard]] JsonWriter& json() { return json_; }

  // The whole object; nothing if `after` was none of the ids.
  [[nodiscard]] std::optional<std::string> finish();

 private:
  std::string out_;
  JsonWriter json_;
  std::size_t left_;
  std::optional<std::string> skip_to_;  // until that id has passed
  std::string last_;
  bool more_ = false;
};

}  // namespace fusebox::api::detail
