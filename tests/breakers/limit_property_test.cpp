// A limit under random calls, reports, lost slots, telemetry and time, beside a model that keeps
// every charge and every hold for ever and counts them all again for each answer.
#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "breakers/limit.hpp"
#include "tests/breakers/limit_support.hpp"

namespace fusebox::breakers {
namespace {

using namespace testing;
using policy::Reason;

constexpr std::array kCounted{Resource::Tokens, Resource::CostUsd, Resource::ToolCalls};

struct ModelCharge {
  Instant at;
  Amounts amounts;
};

struct ModelHold {
  Hold hold;
  bool slot = false;
};

// One key.
class Model {
 public:
  explicit Model(const LimitSpec& spec) : spec_(&spec) {
    if (spec.rate) tokens_ = static_cast<Int128>(spec.rate->burst) * spec.rate->per.count();
  }

  [[nodiscard]] std::int64_t used(Resource resource, Instant now) const {
    std::int64_t sum = 0;
    for (const ModelCharge& charge : charges) {
      if (!forgotten(charge.at, now)) sum += charge.amounts[index_of(resource)];
    }
    return sum;
  }
  [[nodiscard]] std::int64_t reserved(Resource resource) const {
    std::int64_t sum = 0;
    for (const ModelHold& open : holds) sum += open.hold.amounts[index_of(resource)];
    return sum;
  }
  [[nodiscard]] Reason answer(const Demand& demand, Instant now) {
    for (const Resource resource : kCounted) {
      const std::size_t i = index_of(resource);
      const std::int64_t needs = demand.estimated[i] ? demand.amounts[i] : 1;
      if (used(resource, now) + reserved(resource) + needs > *spec_->budget[i]) {
        return Reason::BudgetExceeded;
      }
    }
    refill(now);
    if (spec_->rate && tokens_ < spec_->rate->per.count()) return Reason::RateLimited;
    const auto slots =
        std::count_if(holds.begin(), holds.end(), [](const ModelHold& open) { return open.slot; });
    if (spec_->concurrency && slots >= spec_->concurrency->max) return Reason::ConcurrencyLimited;
    return Reason::None;
  }
  void take_token(Instant now) {
    refill(now);
    if (spec_->rate) tokens_ -= spec_->rate->per.count();
  }

  std::vector<ModelCharge> charges;
  std::vector<ModelHold> holds;

 private:
  // By the words of the contract: in whole buckets of a sixtieth.
  [[nodiscard]] bool forgotten(Instant at, Instant now) const {
    if (!spec_->window) return false;
    const std::int64_t width = spec_->window->count() / 60;
    return from_ns((to_ns(at) / width + 1) * width) + *spec_->window <= now;
  }
  void refill(Instant now) {
    if (!spec_->rate) return;
    const Int128 full = static_cast<Int128>(spec_->rate->burst) * spec_->rate->per.count();
    tokens_ += static_cast<Int128>((now - refilled_).count()) * spec_->rate->limit;
    tokens_ = std::min(tokens_, full);
    refilled_ = now;
  }

  const LimitSpec* spec_;
  Int128 tokens_ = 0;  // x per
  Instant refilled_ = kStart;
};

class Story {
 public:
  explicit Story(std::uint64_t seed)
      : random_(seed), spec_(random_spec()), driver_(spec_), now_(kStart) {}

  void step() {
    const std::string key(1, static_cast<char>('a' + draw(3)));
    driver_.key = key;
    Model& model = models_.try_emplace(key, spec_).first->second;
    switch (draw(8)) {
      case 0:
      case 1:
      case 2:
        return check(model);
      case 3:
        return end_call(model);
      case 4:
        return lose_slot(model);
      case 5:
        return observe(model);
      case 6:
        now_ += nanoseconds{draw(to_int(spec_.window.value_or(hours{1})) / 3)};
        return driver_.limit.sweep(now_, 2);
      case 7:
        if (draw(20) == 0) driver_ = driver_.restored();
        ASSERT_FALSE(driver_.failed);
        return;
    }
  }

  // What remains of the key that was touched last, to the unit: so much is granted, and not one
  // more.
  void verify() {
    Model& model = models_.at(driver_.key);
    for (const Resource resource : kCounted) {
      const std::int64_t room =
          *spec_.budget[index_of(resource)] - model.used(resource, now_) - model.reserved(resource);
      for (const std::int64_t amount : {room, room + 1}) {
        Demand exact;
        exact.estimated.fill(true);
        exact.amounts[index_of(resource)] = std::max<std::int64_t>(amount, 0);
        ASSERT_NO_FATAL_FAILURE(expect_same(model, exact));
      }
    }
  }

  [[nodiscard]] int grants() const { return grants_; }

 private:
  [[nodiscard]] static std::int64_t to_int(Duration duration) { return duration.count(); }
  std::int64_t draw(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }
  LimitSpec random_spec() {
    // A lifetime budget must last for the whole story.
    const std::int64_t scale = draw(3) == 0 ? 40 : 1;
    LimitSpec spec = budget_spec({{Resource::Tokens, scale * (50 + draw(200))},
                                  {Resource::CostUsd, scale * (50 + draw(200))},
                                  {Resource::ToolCalls, scale * (5 + draw(10))}});
    if (scale == 1) spec.window = seconds{60} + nanoseconds{draw(1000)};
    if (draw(2) == 0) {
      spec.rate = RateSpec{.limit = 1 + draw(9), .per = seconds{10}, .burst = 1 + draw(5)};
    }
    if (draw(2) == 0) spec.concurrency = ConcurrencySpec{.max = 1 + draw(4), .lease = hours{1}};
    return spec;
  }
  Demand random_demand() {
    Ask ask{.action = static_cast<Action>(draw(4))};
    if (draw(2) == 0) ask.tokens = draw(60);
    if (draw(2) == 0) ask.micro_usd = draw(60);
    return demand(ask);
  }
  Usage random_usage() {
    Did did{.action = draw(2) == 0 ? Action::Tool : Action::Llm,
            .outcome = static_cast<Outcome>(draw(6))};
    if (draw(2) == 0) did.tokens_in = draw(40);
    if (draw(2) == 0) did.tokens_out = draw(40);
    if (draw(2) == 0) did.micro_usd = draw(80);
    return usage(did);
  }

  void expect_same(Model& model, const Demand& asks) const {
    const LimitAnswer answer = driver_.limit.peek(task(driver_.key), asks, now_);
    ASSERT_EQ(answer.reason, model.answer(asks, now_));
    ASSERT_EQ(answer.allowed, answer.reason == Reason::None);
  }

  void check(Model& model) {
    const Demand asks = random_demand();
    ASSERT_NO_FATAL_FAILURE(expect_same(model, asks));
    if (driver_.limit.peek(task(driver_.key), asks, now_).allowed) {
      const Hold hold = driver_.limit.take(task(driver_.key), asks, now_);
      for (const Resource resource : kCounted) {
        const std::size_t i = index_of(resource);
        ASSERT_EQ(hold.amounts[i], asks.estimated[i] ? asks.amounts[i] : 0);
      }
      model.holds.push_back({hold, hold.slot});
      model.take_token(now_);
      ++grants_;
      for (const Resource resource : kCounted) {
        // INVARIANT: no grant brings the total above the maximum, however it was overspent before.
        ASSERT_LE(model.used(resource, now_) + model.reserved(resource),
                  *spec_.budget[index_of(resource)]);
      }
    } else if (draw(4) == 0) {
      model.holds.push_back({driver_.limit.pass(task(driver_.key), now_)});
    }
  }
  void end_call(Model& model) {
    if (model.holds.empty()) return;
    const auto chosen = model.holds.begin() + draw(static_cast<std::int64_t>(model.holds.size()));
    const Hold hold = chosen->hold;
    model.holds.erase(chosen);
    if (draw(4) == 0) {
      driver_.limit.settle_in_full(hold, now_, driver_.records);
      model.charges.push_back({hold.at, hold.amounts});
    } else {
      const Usage used = random_usage();
      driver_.limit.settle(hold, used, now_, driver_.records);
      charge(model, hold.amounts, used, hold.at);
    }
  }
  void lose_slot(Model& model) {
    if (model.holds.empty()) return;
    ModelHold& open =
        model.holds[static_cast<std::size_t>(draw(static_cast<std::int64_t>(model.holds.size())))];
    open.slot = false;
    driver_.limit.free_slot(open.hold);
  }
  void observe(Model& model) {
    const Usage used = random_usage();
    const Instant at = now_ - nanoseconds{draw(to_int(seconds{90}))};
    driver_.limit.observe(task(driver_.key), used, at, now_, driver_.records);
    charge(model, Amounts{}, used, at);
  }
  static void charge(Model& model, const Amounts& reserved, const Usage& used, Instant at) {
    ModelCharge charged{at, {}};
    for (const Resource resource : kCounted) {
      const std::size_t i = index_of(resource);
      std::int64_t& amount = charged.amounts[i];
      amount = used.amounts[i];
      if (!used.reported[i] && !used.neutral) amount = std::max(amount, reserved[i]);
    }
    model.charges.push_back(charged);
  }

  std::mt19937_64 random_;
  LimitSpec spec_;
  Driver driver_;
  std::map<std::string, Model> models_;
  Instant now_;
  int grants_ = 0;
};

TEST(LimitProperty, AnswersAsAFullRecountAndNeverGrantsAboveAMaximum) {
  int grants = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Story story(seed);
    for (int i = 0; i < 400; ++i) {
      SCOPED_TRACE("step " + std::to_string(i));
      ASSERT_NO_FATAL_FAILURE(story.step());
      ASSERT_NO_FATAL_FAILURE(story.verify());
    }
    grants += story.grants();
  }
  EXPECT_GT(grants, 5000);  // else it tests refusals only
}

}  // namespace
}  // namespace fusebox::breakers
