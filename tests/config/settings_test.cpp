// What a Config document says to the daemon: every value arrives, and what is left out is the
// default.
#include "sre/config/settings.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "sre/config/load.hpp"
#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

using namespace std::chrono_literals;
using killswitch::ScopeKind;
using Texts = std::vector<std::string>;

std::string config_document(std::string_view spec) {
  return "apiVersion: fusebox/v1\nkind: Config\nmetadata: {name: x}\nspec: " + std::string(spec) +
         "\n";
}

Settings settings_of(std::string_view spec) { return load_text(config_document(spec)).settings; }

Settings settings_of(std::string_view spec, const std::string& file) {
  Diagnostics diagnostics;
  auto configuration = load({{file, config_document(spec)}}, diagnostics);
  EXPECT_TRUE(configuration.has_value()) << format_all(diagnostics);
  return configuration ? configuration->settings : Settings{};
}

class ExampleWithTokens : public testing::Test {
 protected:
  const Settings settings_ =
      load_text(read_text(std::filesystem::path(FUSEBOX_TEST_DATA) / "accepted/tokens.yaml"))
          .settings;
};

TEST_F(ExampleWithTokens, Names) {
  EXPECT_EQ(settings_.auth.mode, AuthMode::Tokens);
  std::vector<std::pair<std::string, Role>> found;
  found.reserve(settings_.auth.tokens.size());
  for (const TokenSpec& token : settings_.auth.tokens) found.emplace_back(token.name, token.role);
  const std::vector<std::pair<std::string, Role>> expected{{"alice", Role::Approver},
                                                           {"bob", Role::Approver},
                                                           {"ops", Role::Operator},
                                                           {"bots", Role::Agent},
                                                           {"collector", Role::Ingest}};
  EXPECT_EQ(found, expected);
}

TEST_F(ExampleWithTokens, PinsOfAgentAndIngestAlone) {
  const auto& tokens = settings_.auth.tokens;
  ASSERT_EQ(tokens.size(), 5u);
  EXPECT_EQ(tokens[3].agents, Texts{"bot*"});
  EXPECT_EQ(tokens[3].tenants, Texts{"*"});
  EXPECT_EQ(tokens[4].agents, Texts{"*"});
  EXPECT_EQ(tokens[4].tenants, Texts{"acme"});
  EXPECT_TRUE(tokens[0].agents.empty() && tokens[0].tenants.empty());
}

TEST_F(ExampleWithTokens, SecretsAreFilesOrDigests) {
  const auto& tokens = settings_.auth.tokens;
  ASSERT_EQ(tokens.size(), 5u);
  const auto* file = std::get_if<TokenFile>(&tokens[0].secret);
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->path, "./secrets/alice");
  EXPECT_EQ(file->at.line, 9u);
  EXPECT_EQ(file->at.column, 51u);
  const auto* digest = std::get_if<killswitch::Digest>(&tokens[1].secret);
  ASSERT_NE(digest, nullptr);
  EXPECT_EQ(killswitch::to_hex(*digest),
            "d5d0a00a72394aa9777bcfcdb21623dee39a88980a144d45023faf0d6fe31836");
}

TEST_F(ExampleWithTokens, PricesAreOfAMillionTokens) {
  const auto* m1 = settings_.prices.find("m1-mini");
  ASSERT_NE(m1, nullptr);
  EXPECT_EQ(m1->in, MicroUsd{2'500'000});
  EXPECT_EQ(m1->cached_in, MicroUsd{1'250'000});
  EXPECT_EQ(m1->out, MicroUsd{10'000'000});
  const auto* other = settings_.prices.find("another");
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->in, MicroUsd{1'000'000});
  EXPECT_EQ(other->cached_in, std::nullopt);
  EXPECT_EQ(other->out, MicroUsd{4'000'000});
}

TEST_F(ExampleWithTokens, Journal) {
  ASSERT_TRUE(settings_.journal.has_value());
  EXPECT_EQ(settings_.journal->path, "./journal");
  EXPECT_EQ(settings_.journal->arguments, telemetry::Arguments::Masked);
}

TEST(Settings, Defaults) {
  const Settings settings = settings_of("{}");
  EXPECT_EQ(settings.auth.mode, AuthMode::None);
  EXPECT_TRUE(settings.auth.tokens.empty());
  EXPECT_TRUE(settings.prices.empty());
  EXPECT_EQ(settings.durability, Durability::Periodic);
  EXPECT_FALSE(settings.journal.has_value());
  EXPECT_TRUE(settings.webhooks.empty());
  EXPECT_TRUE(settings.terminators.empty());
}

TEST(Settings, DurabilityAndFullArguments) {
  const Settings settings =
      settings_of("{telemetry: {durability: acknowledged}, journal: {path: j, arguments: full}}");
  EXPECT_EQ(settings.durability, Durability::Acknowledged);
  EXPECT_EQ(settings.journal->arguments, telemetry::Arguments::Full);
}

TEST(Settings, FreeModelsHaveAPrice) {
  const Settings settings =
      settings_of("{telemetry: {prices: [{model: m, usd_per_million: {in: 0, out: 0}}]}}");
  ASSERT_NE(settings.prices.find("m"), nullptr);
  EXPECT_EQ(settings.prices.find("m")->out, MicroUsd{0});
}

// Both rows of each pair are reached: the first takes some models of the second, or the other way
// round, but never all.
TEST(Settings, PatternsOfPricesMayOverlap) {
  for (const char* rows : {"m-1|m*", "*mini|m*", "m*|*mini", "a*b|a*c", "m?|m1"}) {
    const std::string both(rows);
    const std::size_t bar = both.find('|');
    const auto row = [](const std::string& model) {
      return "{model: \"" + model + "\", usd_per_million: {in: 1, out: 1}}";
    };
    EXPECT_EQ(complaints(config_document("{telemetry: {prices: [" + row(both.substr(0, bar)) +
                                         ", " + row(both.substr(bar + 1)) + "]}}")),
              "")
        << rows;
  }
}

TEST(OnUnreachable, DefaultsAreDenyForEffectsAndAllowForReads) {
  for (const char* spec : {"{}", "{on_unreachable: {}}"}) {
    const OnUnreachable found = settings_of(spec).on_unreachable;
    EXPECT_EQ(found.tool, Unanswered::Deny);
    EXPECT_EQ(found.delegation, Unanswered::Deny);
    EXPECT_EQ(found.read, Unanswered::Allow);
    EXPECT_EQ(found.llm, Unanswered::Allow);
    EXPECT_EQ(found.task, Unanswered::Allow);
  }
}

TEST(OnUnreachable, EveryClassCanBeTurned) {
  const OnUnreachable found =
      settings_of(
          "{on_unreachable: {tool: allow, delegation: allow, read: deny, llm: deny, task: deny}}")
          .on_unreachable;
  EXPECT_EQ(found.tool, Unanswered::Allow);
  EXPECT_EQ(found.delegation, Unanswered::Allow);
  EXPECT_EQ(found.read, Unanswered::Deny);
  EXPECT_EQ(found.llm, Unanswered::Deny);
  EXPECT_EQ(found.task, Unanswered::Deny);
}

TEST(Tokens, WithoutPatternsSpeakForEverybody) {
  const Settings settings =
      settings_of("{auth: {mode: tokens, tokens: [{name: a, role: agent, token_file: a}]}}");
  EXPECT_EQ(settings.auth.tokens.at(0).agents, Texts{"*"});
  EXPECT_EQ(settings.auth.tokens.at(0).tenants, Texts{"*"});
}

TEST(Tokens, EveryRole) {
  for (std::size_t i = 0; i < kRoleNames.size(); ++i) {
    const Settings settings = settings_of("{auth: {mode: tokens, tokens: [{name: a@b.c, role: " +
                                          std::string(kRoleNames[i]) + ", token_file: a}]}}");
    EXPECT_EQ(settings.auth.tokens.at(0).role, static_cast<Role>(i));
  }
}

TEST(Tokens, OpenTheListenersToOtherMachines) {
  const Settings settings = settings_of(
      "{listen: {api: '0.0.0.0:7100', otlp_http: 'fusebox.internal:4318'}, "
      "auth: {mode: tokens, tokens: [{name: a, role: admin, token_file: a}]}}");
  EXPECT_EQ(settings.listen_api, "0.0.0.0:7100");
  EXPECT_EQ(settings.listen_otlp_http, "fusebox.internal:4318");
}

TEST(Listeners, MayBothTakeAnyFreePort) {
  EXPECT_EQ(complaints(config_document("{listen: {api: '127.0.0.1:0', otlp_http: '127.0.0.1:0'}}")),
            "");
}

TEST(Webhooks, EveryValueAndDefault) {
  const auto webhooks =
      settings_of(
          "{webhooks: [{name: a, url: 'http://10.0.0.1:9000/x?y=z', events: [kill, slo_status], "
          "timeout: 300ms}, {name: b, url: 'http://hooks.example.com', events: [alert]}]}")
          .webhooks;
  ASSERT_EQ(webhooks.size(), 2u);
  EXPECT_EQ(webhooks[0].name, "a");
  EXPECT_EQ(webhooks[0].url, (HttpUrl{.host = "10.0.0.1", .port = 9000, .target = "/x?y=z"}));
  EXPECT_EQ(webhooks[0].events,
            (std::vector<WebhookEvent>{WebhookEvent::Kill, WebhookEvent::SloStatus}));
  EXPECT_EQ(webhooks[0].timeout, 300ms);
  EXPECT_EQ(webhooks[1].url, (HttpUrl{.host = "hooks.example.com", .port = 80, .target = "/"}));
  EXPECT_EQ(webhooks[1].timeout, 5s);
}

TEST(Webhooks, EveryEvent) {
  for (std::size_t i = 0; i < kWebhookEventNames.size(); ++i) {
    const auto webhooks = settings_of("{webhooks: [{name: a, url: 'http://x', events: [" +
                                      std::string(kWebhookEventNames[i]) + "]}]}")
                              .webhooks;
    EXPECT_EQ(webhooks.at(0).events, std::vector{static_cast<WebhookEvent>(i)});
  }
}

struct UrlRow {
  std::string text;
  std::optional<HttpUrl> expected;
};
class Urls : public testing::TestWithParam<UrlRow> {};

TEST_P(Urls, AreTakenApartOrRefused) {
  const UrlRow& row = GetParam();
  const std::string text =
      config_document("{webhooks: [{name: a, events: [kill], url: '" + row.text + "'}]}");
  if (!row.expected) {
    EXPECT_NE(complaints(text), "");
    return;
  }
  EXPECT_EQ(load_text(text).settings.webhooks.at(0).url, *row.expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Urls,
    testing::Values(UrlRow{"http://[::1]:9000/a", HttpUrl{"::1", 9000, "/a"}},
                    UrlRow{"http://[::1]", HttpUrl{"::1", 80, "/"}},
                    UrlRow{"http://localhost:65535", HttpUrl{"localhost", 65535, "/"}},
                    UrlRow{"http://x/a:b@c", HttpUrl{"x", 80, "/a:b@c"}},
                    UrlRow{"http://x:65536/", {}}, UrlRow{"http://x:/", {}},
                    UrlRow{"http://x:0/", {}}, UrlRow{"http://::1/", {}}, UrlRow{"http:///a", {}},
                    UrlRow{"http://", {}}, UrlRow{"http://x?y", {}}, UrlRow{"http://x#y", {}},
                    UrlRow{"http://u:p@x/", {}}, UrlRow{"http://x/\xC3\xA4", {}},
                    UrlRow{"HTTP://x/", {}}, UrlRow{"ftp://x/", {}}, UrlRow{"http://x y/", {}},
                    UrlRow{"http://[]/", {}}, UrlRow{"http://[::1/", {}}));

std::vector<ScopeKind> scopes_of(std::string_view scopes) {
  return settings_of("{terminators: [{name: a, command: [stop]" + std::string(scopes) + "}]}")
      .terminators.at(0)
      .scopes;
}

TEST(Terminators, AnAgentsOrdersAreThoseInOneTenantToo) {
  EXPECT_EQ(scopes_of(", scopes: [agent, tool]"),
            (std::vector{ScopeKind::Agent, ScopeKind::Tool, ScopeKind::TenantAgent}));
  EXPECT_EQ(scopes_of(", scopes: [drill]"), std::vector{ScopeKind::Drill});
}

TEST(Terminators, WithoutScopesAreForAllButDrills) {
  const auto scopes = scopes_of("");
  EXPECT_EQ(scopes.size(), killswitch::kScopeKindCount - 1);
  EXPECT_EQ(std::count(scopes.begin(), scopes.end(), ScopeKind::Drill), 0);
  EXPECT_EQ(std::count(scopes.begin(), scopes.end(), ScopeKind::TenantAgent), 1);
}

TEST(Terminators, CommandsAndWebhooks) {
  const auto terminators =
      settings_of(
          "{terminators: [{name: a, command: [systemctl, stop, 'a; b'], timeout: 1m}, "
          "{name: b, webhook: 'http://127.0.0.1:9000/stop'}]}")
          .terminators;
  ASSERT_EQ(terminators.size(), 2u);
  ASSERT_TRUE(std::holds_alternative<CommandLine>(terminators[0].call));
  EXPECT_EQ(std::get<CommandLine>(terminators[0].call).argv, (Texts{"systemctl", "stop", "a; b"}));
  EXPECT_EQ(terminators[0].timeout, 1min);
  ASSERT_TRUE(std::holds_alternative<HttpUrl>(terminators[1].call));
  EXPECT_EQ(std::get<HttpUrl>(terminators[1].call), (HttpUrl{"127.0.0.1", 9000, "/stop"}));
  EXPECT_EQ(terminators[1].timeout, 10s);
}

TEST(Paths, AreFromTheFolderOfTheirFile) {
  const Settings settings = settings_of(
      "{state: state, journal: {path: ../journal}, auth: {mode: tokens, tokens: "
      "[{name: a, role: admin, token_file: ./a}, {name: b, role: admin, token_file: /run/b}]}, "
      "terminators: [{name: a, command: [bin/stop, x/y]}, {name: b, command: [stop]}]}",
      "/etc/fusebox/main.yaml");
  EXPECT_EQ(settings.state, "/etc/fusebox/state");
  EXPECT_EQ(settings.journal->path, "/etc/fusebox/../journal");
  EXPECT_EQ(std::get<TokenFile>(settings.auth.tokens.at(0).secret).path, "/etc/fusebox/a");
  EXPECT_EQ(std::get<TokenFile>(settings.auth.tokens.at(1).secret).path, "/run/b");
  const auto argv = [&](std::size_t i) {
    return std::get<CommandLine>(settings.terminators.at(i).call).argv;
  };
  EXPECT_EQ(argv(0), (Texts{"/etc/fusebox/bin/stop", "x/y"}));
  EXPECT_EQ(argv(1), Texts{"stop"});
}

// Adding a Config document must not lead the daemon to another latch.
TEST(Paths, StateThatNobodyNamedStaysInTheWorkingFolder) {
  EXPECT_EQ(settings_of("{}", "/etc/fusebox/main.yaml").state, "./state");
}

TEST(Lists, HaveABound) {
  std::string rows;
  for (int i = 0; i <= 100; ++i) {
    rows += "{name: n" + std::to_string(i) + ", command: [stop]}, ";
  }
  EXPECT_EQ(complaints(config_document("{terminators: [" + rows + "]}")),
            "test.yaml:4:8: error[E0002]: `terminators` has 101 items; expected at most 100\n");
}

}  // namespace
}  // namespace fusebox::config
