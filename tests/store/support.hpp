// Short forms for the tests of the store.
#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "killswitch/fence.hpp"
#include "tests/store/crash_files.hpp"

namespace fusebox::store {

// What a failed expectation shows of a result.
template <class T>
std::string text_of(const Result<T>& result) {
  return result ? "" : code_text(result.error().code) + " " + result.error().message;
}

// Unlike ASSERT_TRUE it can stand in an expression: ends the test program with the error's text.
template <class T>
T must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << text_of(result);
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline constexpr Instant kAt{std::chrono::seconds{1'767'225'600}};

inline killswitch::Order order(std::string_view scope, std::int64_t epoch,
                               killswitch::RegisterState state) {
  return {.id = "kill-" + std::to_string(epoch),
          .scope = *killswitch::parse_scope(scope),
          .reg = {epoch, state},
          .reason = "because",
          .actor = "alice",
          .at = kAt,
          .rearm_actors = {}};
}
inline killswitch::Order tripped(std::string_view scope, std::int64_t epoch = 1) {
  return order(scope, epoch, killswitch::RegisterState::Tripped);
}
inline killswitch::Order armed(std::string_view scope, std::int64_t epoch = 2) {
  return order(scope, epoch, killswitch::RegisterState::Armed);
}

}  // namespace fusebox::store
