#include "sre/api/identity.hpp"

#include "tests/api/support.hpp"

namespace fusebox::api {
namespace {

using testing::bearer;
using testing::every_role;
using testing::Header;
using testing::Headers;
using testing::request_of;

// Whom the credentials see behind these headers: the actor, or the problem's status.
std::string who(const Credentials& credentials, const Headers& headers,
                std::optional<std::uint32_t> uid = std::nullopt) {
  runtime::HttpRequest request = request_of("GET /", "", headers);
  request.peer.uid = uid;
  const auto found = credentials.identify(request);
  if (const auto* problem = std::get_if<Problem>(&found)) return std::to_string(problem->status);
  return std::get<Identity>(found).actor();
}

TEST(Credentials, ATokenIsItsName) {
  struct Row {
    const char* story;
    Headers headers;
    const char* expected;
  };
  const Row rows[] = {
      {"a token", {bearer("viewer")}, "viewer"},
      {"the scheme has no case", {{"authorization", "bEARER viewer"}}, "viewer"},
      {"blanks behind the scheme", {{"Authorization", "Bearer   viewer"}}, "viewer"},
      {"none", {}, "401"},
      {"unknown", {bearer("nobody")}, "401"},
      {"a part of one", {bearer("viewe")}, "401"},
      {"more than one", {bearer("viewer ")}, "401"},
      {"another scheme", {{"Authorization", "Basic dmlld2VyOg=="}}, "400"},
      {"no token", {{"Authorization", "Bearer"}}, "400"},
      {"blanks alone", {{"Authorization", "Bearer    "}}, "400"},
      {"twice", {bearer("viewer"), bearer("viewer")}, "400"},
  };
  for (const Row& row : rows) EXPECT_EQ(who(every_role(), row.headers), row.expected) << row.story;
}

TEST(Credentials, WithoutAuthenticationWhoeverIsLocalIsLocal) {
  struct Row {
    Headers headers;
    std::optional<std::uint32_t> uid;
    const char* expected;
  };
  const Row rows[] = {
      {{}, std::nullopt, "local"},
      {{}, 1000, "local:1000"},
      {{bearer("anything")}, std::nullopt, "local"},
      {{bearer("a"), bearer("b")}, std::nullopt, "400"},
      {{{"Origin", "http://localhost:7100"}}, std::nullopt, "local"},
      {{{"Origin", "http://[::1]:7100"}}, std::nullopt, "local"},
      {{{"Origin", "http://127.0.0.1"}}, std::nullopt, "local"},
      {{{"Origin", "http://example.org"}}, std::nullopt, "403"},
      {{{"Origin", "http://localhost.example.org"}}, std::nullopt, "403"},
      {{{"Origin", "null"}}, std::nullopt, "403"},
      {{{"Origin", "http://localhost"}, {"Host", "evil.example"}}, std::nullopt, "403"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(who(Credentials(), row.headers, row.uid), row.expected)
        << (row.headers.empty() ? "" : row.headers[0].value);
  }
}

// A page whose own name was made to lead to this machine (DNS rebinding) has no foreign Origin.
TEST(Credentials, WithoutAuthenticationTheHostIsThisMachine) {
  for (const char* own : {"localhost", "LocalHost:7100", "127.0.0.1", "127.0.0.1:7100", "127.8.9.1",
                          "[::1]", "[::1]:7100"}) {
    EXPECT_EQ(who(Credentials(), {{"Host", own}}), "local") << own;
  }
  for (const char* other :
       {"evil.example", "evil.example:7100", "localhost.evil.example", "127.0.0.1.evil.example",
        "0.0.0.0", "10.0.0.1", "[::2]", "[::1].evil.example", "", "localhost:", "xlocalhost"}) {
    const bool named = std::string_view(other) == "localhost:";
    EXPECT_EQ(who(Credentials(), {{"Host", other}}), named ? "local" : "403") << other;
  }
  EXPECT_EQ(who(every_role(), {{"Host", "fusebox.example"}, bearer("viewer")}), "viewer");
}

TEST(Credentials, OverTheUnixSocketAnyHostWillDo) {
  auto request = testing::request_of("GET /", "", {{"Host", "fusebox"}});
  request.peer.address = "unix";
  EXPECT_TRUE(std::holds_alternative<Identity>(Credentials().identify(request)));
}

Identity pinned(std::vector<std::string> agents, std::vector<std::string> tenants) {
  return Identity::of(std::make_shared<const config::Token>(
      testing::token("t", Role::Agent, std::move(agents), std::move(tenants))));
}

TEST(Identity, PinnedOnesSpeakForWhomTheirPatternsMatch) {
  const Identity bots = pinned({"bot*", "helper"}, {"acme"});
  EXPECT_TRUE(bots.speaks_for("acme", "bot-1"));
  EXPECT_TRUE(bots.speaks_for("acme", "helper"));
  EXPECT_FALSE(bots.speaks_for("acme", "helper2"));
  EXPECT_FALSE(bots.speaks_for("other", "bot-1"));
  EXPECT_FALSE(bots.speaks_for("", "bot-1"));
  EXPECT_TRUE(pinned({"*"}, {"*"}).speaks_for("", "anyone"));
  const Identity person =
      Identity::of(std::make_shared<const config::Token>(testing::token("alice", Role::Viewer)));
  EXPECT_TRUE(person.speaks_for("any", "one"));
}

TEST(Identity, StopOrdersOnOthersAreNotItsBusiness) {
  const Identity bots = pinned({"bot*"}, {"acme"});
  const auto concerned = [&](std::string_view scope) {
    return bots.is_concerned_by(*killswitch::parse_scope(scope));
  };
  for (const char* scope : {"global", "agent:bot-1", "tenant:acme", "tenant:acme/agent:bot-1",
                            "session:s", "task:t", "tool:x", "model:m", "provider:p", "drill:d"}) {
    EXPECT_TRUE(concerned(scope)) << scope;
  }
  for (const char* scope :
       {"agent:other", "tenant:other", "tenant:other/agent:bot-1", "tenant:acme/agent:other"}) {
    EXPECT_FALSE(concerned(scope)) << scope;
  }
}

}  // namespace
}  // namespace fusebox::api
