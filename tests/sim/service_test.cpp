#include "sre/sim/service.hpp"

#include <gtest/gtest.h>

namespace fusebox::sim {
namespace {

using namespace std::chrono_literals;

constexpr Ratio kWhole{1, 1};

bool always(const Waiter&) { return true; }

TEST(Service, ServesThenQueuesThenRefuses) {
  chaos::ServiceModel model;
  model.capacity = 2;
  model.queue = 1;
  Service service(model, kWhole);
  EXPECT_EQ(service.admit({}), Admission::Serve);
  EXPECT_EQ(service.admit({}), Admission::Serve);
  EXPECT_EQ(service.admit({}), Admission::Wait);
  service.enqueue({7, 0});
  EXPECT_EQ(service.admit({}), Admission::Overloaded);
  EXPECT_FALSE(service.next(always));
  service.release();
  EXPECT_EQ(service.next(always)->task, 7u);
  EXPECT_EQ(service.serving(), 2);
  EXPECT_EQ(service.waiting(), 0);
}

TEST(Service, PassesOverThoseWhoLeft) {
  chaos::ServiceModel model;
  model.capacity = 1;
  Service service(model, kWhole);
  ASSERT_EQ(service.admit({}), Admission::Serve);
  for (const std::uint32_t task : {1u, 2u}) {
    ASSERT_EQ(service.admit({}), Admission::Wait);
    service.enqueue({task, 0});
  }
  service.leave();
  service.release();
  const auto next = service.next([](const Waiter& waiter) { return waiter.task != 1; });
  ASSERT_TRUE(next);
  EXPECT_EQ(next->task, 2u);
  EXPECT_EQ(service.waiting(), 0);
}

TEST(Service, AnArmHasItsShareRoundedUp) {
  chaos::ServiceModel model;
  model.capacity = 15;
  model.queue = 0;
  Service service(model, {1, 10});
  EXPECT_EQ(service.admit({}), Admission::Serve);
  EXPECT_EQ(service.admit({}), Admission::Serve);
  EXPECT_EQ(service.admit({}), Admission::Overloaded);
}

TEST(Service, WithoutNumbersThereIsNoLimit) {
  Service service({}, {1, 1'000});
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(service.admit({}), Admission::Serve);
}

TEST(Service, RateAllowsASecondsWorthAtOnceAndThenItsPace) {
  chaos::ServiceModel model;
  model.requests_per_s = 10;
  Service service(model, kWhole);
  int served = 0;
  for (int i = 0; i < 100; ++i) served += service.admit({}) == Admission::Serve;
  EXPECT_EQ(served, 10);
  EXPECT_EQ(service.admit(Instant{100ms}), Admission::Serve);
  EXPECT_EQ(service.admit(Instant{100ms}), Admission::RateLimited);
  EXPECT_EQ(service.admit(Instant{1h}), Admission::Serve);
}

}  // namespace
}  // namespace fusebox::sim
