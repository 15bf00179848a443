#include "killswitch/scope.hpp"

#include <gmock/gmock.h>

namespace fusebox::killswitch {
namespace {

using testing::HasSubstr;

struct Good {
  std::string_view text;
  Scope scope;
};

TEST(Scopes, ParseAndFormatAreInverse) {
  for (const Good& each : {
           Good{"global", {}},
           Good{"tenant:acme", {ScopeKind::Tenant, "acme", ""}},
           Good{"agent:bot", {ScopeKind::Agent, "bot", ""}},
           Good{"tenant:acme/agent:bot", {ScopeKind::TenantAgent, "bot", "acme"}},
           Good{"tenant:a/agent:b/agent:c", {ScopeKind::TenantAgent, "b/agent:c", "a"}},
           Good{"session:s 1", {ScopeKind::Session, "s 1", ""}},
           Good{"task:t:1", {ScopeKind::Task, "t:1", ""}},
           Good{"root_task:r", {ScopeKind::RootTask, "r", ""}},
           Good{"tool:sql.query", {ScopeKind::Tool, "sql.query", ""}},
           Good{"model:größe", {ScopeKind::Model, "größe", ""}},
           Good{"model:a\xc2\xa0"
                "b",
                {ScopeKind::Model,
                 "a\xc2\xa0"
                 "b",
                 ""}},
           Good{"provider:p", {ScopeKind::Provider, "p", ""}},
           Good{"capability:delegation", {ScopeKind::Capability, "delegation", ""}},
           Good{"drill:daily", {ScopeKind::Drill, "daily", ""}},
           Good{"agent:x/agent:y", {ScopeKind::Agent, "x/agent:y", ""}},
       }) {
    const auto scope = parse_scope(each.text);
    ASSERT_TRUE(scope) << each.text;
    EXPECT_EQ(*scope, each.scope) << each.text;
    EXPECT_EQ(format(*scope), each.text);
  }
}

struct Bad {
  std::string text;
  std::string_view says;
};

TEST(Scopes, WhatIsNoScopeIsRefusedInWords) {
  for (const Bad& each : {
           Bad{"", "is no scope; one of global"},
           Bad{"globl", "did you mean global?"},
           Bad{"global:", "takes no value"},
           Bad{"agnt:bot", "did you mean agent?"},
           Bad{"environment:prod", "is no scope"},
           Bad{"agent", "has no value"},
           Bad{"agent:", "has no value"},
           Bad{"tenant:/agent:bot", "has no value"},
           Bad{"tenant:acme/agent:", "has no value"},
           Bad{"Agent:bot", "is no scope"},
           Bad{"agent:a\nb", "control character"},
           Bad{"agent:\x7f", "control character"},
           Bad{"agent:\xc2\x80", "control character"},
           Bad{"agent:\xc2\x9f", "control character"},
           Bad{"agent:\xff", "not UTF-8"},
           Bad{std::string("agent:a\0b", 9), "control character"},
           Bad{"tool:" + std::string(257, 'x'), "more than 256 bytes"},
           Bad{"tenant:" + std::string(257, 'x') + "/agent:a", "more than 256 bytes"},
       }) {
    const auto scope = parse_scope(each.text);
    ASSERT_FALSE(scope) << each.text;
    EXPECT_EQ(scope.error().code, ErrorCode::InvalidScope);
    EXPECT_THAT(scope.error().message, HasSubstr(each.says)) << each.text;
  }
  EXPECT_TRUE(parse_scope("tool:" + std::string(256, 'x')));
}

TEST(Scopes, AMessageNeverRepeatsControlCharacters) {
  const auto scope = parse_scope("x\x1b[2J:y");
  ASSERT_FALSE(scope);
  EXPECT_THAT(scope.error().message, HasSubstr("'x?[2J'"));
}

// Any bytes: an error, or a scope whose text is those bytes.
TEST(Scopes, AnyTwoBytesInAValueParseToThemselvesOrNotAtAll) {
  for (const std::string_view prefix : {"agent:", "tenant:a/agent:"}) {
    for (int a = 0; a < 256; ++a) {
      for (int b = 0; b < 256; ++b) {
        std::string text(prefix);
        text += static_cast<char>(a);
        text += static_cast<char>(b);
        const auto parsed = parse_scope(text);
        ASSERT_EQ(parsed ? format(*parsed) : text, text);
      }
    }
  }
}

TEST(Scopes, OfADimension) {
  EXPECT_EQ(format(*scope_of(Dimension::Agent, "bot")), "agent:bot");
  EXPECT_EQ(format(*scope_of(Dimension::RootTask, "r")), "root_task:r");
  EXPECT_FALSE(scope_of(Dimension::Agent, ""));
  EXPECT_FALSE(scope_of(Dimension::Environment, "prod"));
  EXPECT_FALSE(scope_of(Dimension::Tenant, "a/agent:b"));  // its text would name an agent
  int scopes = 0;
  for (std::size_t i = 0; i < kDimensionCount; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    EXPECT_EQ(has_scope(dimension), scope_of(dimension, "x").has_value());
    scopes += has_scope(dimension) ? 1 : 0;
  }
  EXPECT_EQ(scopes, 8);
}

}  // namespace
}  // namespace fusebox::killswitch
