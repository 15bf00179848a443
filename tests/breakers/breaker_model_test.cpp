// Long random stories: the breaker and the slow obvious model give the same answers at each step.
#include "tests/breakers/breaker_model.hpp"

#include <algorithm>
#include <random>

#include "breakers/breaker.hpp"
#include "tests/breakers/breaker_driver.hpp"

namespace fusebox::breakers {
namespace {

class Story {
 public:
  Story(const BreakerSpec& spec, std::uint32_t seed)
      : random_(seed), breaker_(spec), model_(spec) {}

  void step() {
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
        take();
        break;
      case 3:
      case 4:
        end_one();
        break;
      case 5:
        observe();
        break;
      case 6:
        release_one();
        break;
      default:
        advance(Duration{seconds{below(4)}} + milliseconds{below(1000)});
        break;
    }
  }

  void expect_agreement() const {
    ASSERT_EQ(breaker_.state(), model_.state());
    ASSERT_EQ(breaker_.generation(), model_.generation());
    ASSERT_EQ(breaker_.next_deadline(), model_.next_deadline());
    const Admission ours = breaker_.peek(now_);
    const Admission expected = model_.peek(now_);
    ASSERT_EQ(ours.allowed, expected.allowed);
    ASSERT_EQ(ours.reason, expected.reason);
    ASSERT_EQ(ours.retry_after, expected.retry_after);
  }
  [[nodiscard]] std::uint64_t transitions() const { return breaker_.generation() - 1; }

 private:
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  CallResult some_result() { return result_of(std::string_view("SSSSSFTsfN")[below(10)]); }
  Instant some_end() {
    return now_ - (below(3) == 0 ? milliseconds{below(20'000)} : milliseconds{0});
  }

  void take() {
    // A permit may be taken against a refusal (shadow), and then means nothing.
    const Ticket ticket = breaker_.take(now_);
    const Ticket expected = model_.take(now_);
    ASSERT_EQ(ticket.generation, expected.generation);
    ASSERT_EQ(ticket.probe, expected.probe);
    tickets_.push_back({ticket, expected});
  }
  std::pair<Ticket, Ticket> pick() {
    const std::size_t at = below(static_cast<std::uint32_t>(tickets_.size()));
    const auto picked = tickets_[at];
    // One in eight stays, to be reported again.
    if (!picked.first.probe || below(8) != 0) {
      tickets_.erase(tickets_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return picked;
  }
  void end_one() {
    if (tickets_.empty()) return;
    const auto [ours, expected] = pick();
    const CallResult result = some_result();
    const Instant at = some_end();
    const std::uint64_t before = breaker_.generation();
    const auto moved = breaker_.report(ours, result, at, now_);
    model_.report(expected, result, at, now_);
    expect_told(moved, before);
  }
  void release_one() {
    if (tickets_.empty()) return;
    const auto [ours, expected] = pick();
    breaker_.release(ours);
    model_.release(expected);
  }
  void observe() {
    CallResult result = some_result();
    if (below(4) == 0) result.duration.reset();
    const Instant at = some_end();
    const std::uint64_t before = breaker_.generation();
    const auto moved = breaker_.observe(result, at, now_);
    model_.observe(result, at, now_);
    expect_told(moved, before);
  }
  void expect_told(const std::optional<Transition>& moved, std::uint64_t before) const {
    ASSERT_EQ(breaker_.generation(), before + (moved ? 1 : 0));
    ASSERT_EQ(moved ? moved->to : breaker_.state(), breaker_.state());
  }
  void advance(Duration by) {
    const Instant until = now_ + by;
    while (breaker_.next_deadline() && *breaker_.next_deadline() <= until) {
      now_ = *breaker_.next_deadline();
      ASSERT_TRUE(breaker_.on_deadline(now_));
      model_.on_deadline(now_);
      expect_agreement();
    }
    now_ = until;
  }

  std::mt19937 random_;
  Instant now_ = kStart;
  Breaker breaker_;
  BreakerModel model_;
  std::vector<std::pair<Ticket, Ticket>> tickets_;
};

struct Case {
  const char* name;
  BreakerSpec spec;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  all.push_back({"consecutive", consecutive_spec(2)});
  all.back().spec.probes = 3;
  all.back().spec.open_backoff = {3, 2};
  all.back().spec.open_max = seconds{40};
  all.push_back({"count window", rate_spec(CountWindow{8}, 4, {2, 5})});
  all.back().spec.probes = 4;
  all.back().spec.patience = seconds{5};
  all.push_back({"time window", rate_spec(TimeWindow{seconds{10}}, 3, {1, 2})});
  all.back().spec.probes = 2;
  all.push_back({"slow alone", plain_spec()});
  all.back().spec.window = CountWindow{5};
  all.back().spec.minimum_calls = 3;
  all.back().spec.slow = SlowDetector{kSlowLimit, {2, 5}};
  all.back().spec.probes = 5;
  all.push_back({"everything", rate_spec(TimeWindow{seconds{30}}, 4, {2, 5})});
  all.back().spec.slow = SlowDetector{kSlowLimit, {3, 4}};
  all.back().spec.consecutive_failures = 3;
  all.back().spec.open_backoff = {2, 1};
  all.back().spec.open_max = minutes{2};
  all.back().spec.probes = 4;
  return all;
}

TEST(BreakerModel, AgreesOverLongRandomStories) {
  for (const Case& each : cases()) {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE(std::string(each.name) + ", seed " + std::to_string(seed));
      Story story(each.spec, seed);
      for (int i = 0; i < 3000; ++i) {
        story.step();
        story.expect_agreement();
        if (testing::Test::HasFatalFailure()) FAIL() << "at step " << i;
      }
      ASSERT_GT(story.transitions(), 10U);  // else the story shows nothing
    }
  }
}

}  // namespace
}  // namespace fusebox::breakers
