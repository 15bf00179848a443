#include "chaos/profile.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <variant>

#include <gtest/gtest.h>

namespace fusebox::chaos {
namespace {

using namespace std::chrono_literals;

Scenario scenario_of(std::string profile, std::vector<Target> targets) {
  Scenario scenario;
  scenario.workload.profile = std::move(profile);
  scenario.targets = std::move(targets);
  return scenario;
}

class EveryProfile : public testing::TestWithParam<std::string_view> {};

TEST_P(EveryProfile, IsFoundByItsNameAndCanFinishATask) {
  const Profile* profile = find_profile(GetParam());
  ASSERT_NE(profile, nullptr);
  EXPECT_EQ(profile->name, GetParam());
  ASSERT_FALSE(profile->models.empty());
  ASSERT_FALSE(profile->tools.empty());
  EXPECT_LT(profile->fallback.value_or(0), profile->models.size());
  EXPECT_LE(profile->rounds_min, profile->rounds_max);
  EXPECT_GE(profile->calls_max, 2 * profile->rounds_max + 1) << "a round is two calls, then one";
}

// At 200 tasks a second the busiest service works on less than a seventh of what it can.
TEST_P(EveryProfile, IsQuietByItself) {
  const Profile& profile = *find_profile(GetParam());
  for (const ModelProfile& model : profile.models) {
    const auto* ttft = std::get_if<LogNormal>(&model.ttft);
    ASSERT_NE(ttft, nullptr);
    const double seconds =
        1.3 * std::chrono::duration<double>(ttft->p50).count() +
        static_cast<double>(model.tokens_out) / static_cast<double>(model.tokens_per_s);
    const double calls = 200.0 * static_cast<double>(profile.rounds_max + 1);
    EXPECT_LT(calls * seconds, static_cast<double>(model.service.capacity.value_or(0)) / 7)
        << model.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Profiles, EveryProfile,
                         testing::ValuesIn(profile_names().begin(), profile_names().end()),
                         [](const auto& row) {
                           std::string name(row.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Profiles, AnUnknownNameHasNone) { EXPECT_EQ(find_profile("research"), nullptr); }

TEST(Profiles, ATargetWithoutAModelIsTheFirst) {
  Target target;
  target.sim.capacity = 7;
  target.sim.tokens_per_s = 5;
  target.sim.latency = Constant{3s};
  const Profile profile = profile_of(scenario_of("research-agent", {target}));
  EXPECT_EQ(profile.models[0].service.capacity, 7);
  EXPECT_EQ(profile.models[0].tokens_per_s, 5);
  EXPECT_EQ(std::get<Constant>(profile.models[0].ttft).value, 3s);
  EXPECT_EQ(profile.models[0].service.errors, (Ratio{5, 1'000})) << "what is not said stays";
  EXPECT_NE(profile.models[1].service.capacity, 7);
}

TEST(Profiles, ATargetWithAModelIsThatOne) {
  Target target;
  target.model = "m2";
  target.sim.requests_per_s = 9;
  const Profile profile = profile_of(scenario_of("research-agent", {target}));
  EXPECT_EQ(profile.models[0].service.requests_per_s, std::nullopt);
  EXPECT_EQ(profile.models[1].service.requests_per_s, 9);
}

TEST(Profiles, ATargetWithoutAToolIsEveryTool) {
  Target every;
  every.kind = TargetKind::Tool;
  every.sim.errors = Ratio{1, 2};
  const Profile profile = profile_of(scenario_of("research-agent", {every}));
  EXPECT_EQ(profile.tools[0].service.errors, (Ratio{1, 2}));
  EXPECT_EQ(profile.tools[1].service.errors, (Ratio{1, 2}));
  EXPECT_NE(profile.models[0].service.errors, (Ratio{1, 2})) << "models are not its business";
}

TEST(Profiles, ATargetWithAToolIsThatOne) {
  Target fetch;
  fetch.kind = TargetKind::Tool;
  fetch.tool = "fetch";
  fetch.sim.latency = Constant{5s};
  const Profile profile = profile_of(scenario_of("research-agent", {fetch}));
  EXPECT_TRUE(std::holds_alternative<LogNormal>(profile.tools[0].latency));
  EXPECT_EQ(std::get<Constant>(profile.tools[1].latency).value, 5s);
}

}  // namespace
}  // namespace fusebox::chaos
