// Short forms for the tests of the fence.
#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "killswitch/fence.hpp"

namespace fusebox::killswitch {

inline constexpr Instant kAt{std::chrono::seconds{1'767'225'600}};

inline Scope scope(std::string_view text) {
  const auto parsed = parse_scope(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Scope{};
}

inline Fence::Tripped trip(Fence& fence, std::string_view text, std::string_view actor = "alice") {
  return fence.trip(scope(text), "because", actor, kAt);
}

// Two people re-arm whatever stands on the scope.
inline void rearm_fully(Fence& fence, std::string_view id) {
  EXPECT_FALSE(fence.rearm(id, "bob")->armed);
  EXPECT_TRUE(fence.rearm(id, "carol")->armed);
}

struct Request {
  Dimensions dimensions;
  std::string_view capability;

  [[nodiscard]] Target target() const { return {&dimensions, capability}; }
};

// An agent's tool call in a session.
inline Request request(std::string_view agent = "bot", std::string_view tenant = "acme",
                       std::string_view tool = "search") {
  Request out;
  out.dimensions[Dimension::Agent] = agent;
  out.dimensions[Dimension::Tenant] = tenant;
  out.dimensions[Dimension::Tool] = tool;
  out.dimensions[Dimension::Kind] = "tool";
  out.dimensions[Dimension::Session] = "s1";
  return out;
}

// The scope that stops the request; "" if none does.
inline std::string stopped_by(const Fence& fence, const Request& asked) {
  const Order* order = fence.find(asked.target());
  return order == nullptr ? "" : format(order->scope);
}

inline std::string saved(const Fence& fence) {
  std::string bytes;
  ArchiveWriter archive(bytes);
  fence.save(archive);
  return bytes;
}

}  // namespace fusebox::killswitch
