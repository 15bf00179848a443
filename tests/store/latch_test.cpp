#include "sre/store/latch.hpp"

#include <array>
#include <vector>

#include <gmock/gmock.h>

#include "sre/store/detail/crc32c.hpp"
#include "sre/store/detail/frame.hpp"
#include "tests/store/failing_files.hpp"
#include "tests/store/support.hpp"

namespace fusebox::store {
namespace {

using killswitch::Order;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

LatchOptions options(bool is_new_folder) {
  return {.path = "latch", .is_new_folder = is_new_folder};
}

Latch new_latch(Files& files) { return must(Latch::open(files, options(true))).latch; }
Latch::Opened reopen(Files& files) { return must(Latch::open(files, options(false))); }

// The one with this order appended, durably.
void append(Latch& latch, const Order& order) { must(latch.append(std::array{order})); }

std::vector<std::string> texts_of(const std::vector<Order>& orders) {
  std::vector<std::string> texts;
  texts.reserve(orders.size());
  for (const Order& order : orders) {
    texts.push_back(format(order.scope) + " " + std::to_string(order.reg.epoch) + " " +
                    std::string(name_of(order.reg.state)));
  }
  return texts;
}

// Is anything stopped that `orders` stop, or everything?
bool holds(const LatchContents& contents, const std::vector<Order>& orders) {
  if (contents.must_start_tripped) return true;
  return texts_of(contents.orders) == texts_of(orders);
}

TEST(Latch, IsMadeOnceForANewFolder) {
  CrashFiles files;
  Latch latch = new_latch(files);
  EXPECT_TRUE(latch.is_durable());
  EXPECT_EQ(files.content("latch").size(), kLatchCapacity);
  const auto again = reopen(files);
  EXPECT_THAT(again.orders, IsEmpty());
  EXPECT_EQ(again.must_start_tripped, std::nullopt);
}

TEST(Latch, GivesBackEveryFieldOfTheStandingOrder) {
  CrashFiles files;
  Latch latch = new_latch(files);
  Order sent = tripped("tenant:acme/agent:bot", 3);
  sent.rearm_actors = {"bob"};
  append(latch, sent);
  const auto opened = reopen(files);
  ASSERT_EQ(opened.orders.size(), 1U);
  const Order& back = opened.orders[0];
  EXPECT_EQ(back.id, "kill-3");
  EXPECT_EQ(back.scope, sent.scope);
  EXPECT_EQ(back.reg, sent.reg);
  EXPECT_EQ(back.reason, "because");
  EXPECT_EQ(back.actor, "alice");
  EXPECT_EQ(back.at, kAt);
  EXPECT_THAT(back.rearm_actors, ElementsAre("bob"));
}

struct Story {
  std::string name;
  std::vector<Order> appended;
  std::vector<std::string> standing;
};
class LatchStories : public testing::TestWithParam<Story> {};

TEST_P(LatchStories, TheOrderWhoseRegisterWinsStands) {
  CrashFiles files;
  Latch latch = new_latch(files);
  for (const Order& order : GetParam().appended) append(latch, order);
  EXPECT_EQ(texts_of(reopen(files).orders), GetParam().standing);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, LatchStories,
    testing::Values(
        Story{"OneTrip", {tripped("agent:bot")}, {"agent:bot 1 tripped"}},
        Story{"Rearmed", {tripped("agent:bot"), armed("agent:bot")}, {"agent:bot 2 armed"}},
        Story{"TrippedAgain",
              {tripped("agent:bot"), armed("agent:bot"), tripped("agent:bot", 3)},
              {"agent:bot 3 tripped"}},
        Story{"AnOldOneLater",
              {tripped("agent:bot", 3), armed("agent:bot", 2)},
              {"agent:bot 3 tripped"}},
        Story{"ATripWinsATie",
              {tripped("agent:bot", 2), armed("agent:bot", 2)},
              {"agent:bot 2 tripped"}},
        Story{"ScopesAreLatchesOfTheirOwn",
              {tripped("agent:bot"), tripped("global"), armed("agent:bot")},
              {"global 1 tripped", "agent:bot 2 armed"}}),
    [](const auto& row) { return row.param.name; });

TEST(KillRows, K03_ATripHoldsThroughKill9AndPowerCut) {
  for (const auto loss :
       {CrashFiles::Loss::Everything, CrashFiles::Loss::Prefix, CrashFiles::Loss::Scramble}) {
    CrashFiles files;
    Draw draw(3);
    Latch latch = new_latch(files);
    append(latch, tripped("agent:bot"));
    files.kill_process();
    EXPECT_THAT(texts_of(reopen(files).orders), ElementsAre("agent:bot 1 tripped"));
    files.crash(draw, loss);
    EXPECT_THAT(texts_of(reopen(files).orders), ElementsAre("agent:bot 1 tripped"));
  }
}

// What stands in a latch after these appends, one of them re-arming.
std::vector<Order> some_orders() {
  return {tripped("agent:bot"), tripped("tool:shell"), armed("agent:bot"), tripped("session:s1"),
          tripped("agent:bot", 3)};
}

std::string latch_of(const std::vector<Order>& orders) {
  CrashFiles files;
  Latch latch = new_latch(files);
  for (const Order& order : orders) append(latch, order);
  return files.content("latch");
}

TEST(KillRows, K04_EveryTruncationKeepsAllOrdersOrStopsEverything) {
  const std::string bytes = latch_of(some_orders());
  const auto whole = must(read_latch(bytes));
  ASSERT_EQ(whole.must_start_tripped, std::nullopt);
  for (std::size_t size = 0; size < bytes.size(); size += size < 2000 ? 1 : 61) {
    const auto cut = must(read_latch(std::string_view(bytes).substr(0, size)));
    ASSERT_TRUE(cut.must_start_tripped) << size;
    ASSERT_THAT(*cut.must_start_tripped, HasSubstr("latch")) << size;
  }
}

TEST(KillRows, K04_EveryChangedByteKeepsAllOrdersOrStopsEverything) {
  const std::string bytes = latch_of(some_orders());
  const auto whole = must(read_latch(bytes));
  std::string changed = bytes;
  for (std::size_t i = 0; i < whole.end + 64; ++i) {
    for (int change = 1; change < 256; change += i < 64 ? 1 : 36) {
      changed[i] = static_cast<char>(bytes[i] ^ change);
      const auto contents = read_latch(changed);
      ASSERT_TRUE(!contents || holds(*contents, whole.orders)) << i << " ^ " << change;
      ASSERT_TRUE(!contents || contents->must_start_tripped) << i << " ^ " << change;
    }
    changed[i] = bytes[i];
  }
  // The room to come, a byte of each sector.
  for (std::size_t i = whole.end; i < bytes.size(); i += 509) {
    changed[i] = 1;
    ASSERT_TRUE(must(read_latch(changed)).must_start_tripped) << i;
    changed[i] = 0;
  }
}

// A power cut while an order is on its way: the ones before it hold, and the one that was never
// acknowledged is there, or not there, or leaves everything stopped.
TEST(KillRows, K04_AnUnfinishedOrderStopsEverything) {
  const std::string before = latch_of({tripped("tool:shell")});
  const std::string after = latch_of({tripped("tool:shell"), tripped("agent:bot")});
  const std::size_t from = must(read_latch(before)).end;
  const std::size_t to = must(read_latch(after)).end;
  for (std::size_t kept = from + 1; kept < to; ++kept) {
    std::string torn = before;
    torn.replace(from, kept - from, after, from, kept - from);
    const auto contents = must(read_latch(torn));
    if (torn == after) continue;  // the bytes that are missing were zeros
    ASSERT_TRUE(contents.must_start_tripped) << kept;
    ASSERT_THAT(*contents.must_start_tripped,
                HasSubstr("unfinished or damaged order at byte " + std::to_string(from)));
    ASSERT_THAT(texts_of(contents.orders), ElementsAre("tool:shell 1 tripped"));
  }
}

TEST(Latch, BehindDamageWhatCanBeReadIsStillGivenBack) {
  const std::string bytes = latch_of({tripped("agent:a"), tripped("agent:b"), tripped("agent:c")});
  std::string damaged = bytes;
  damaged[40] = static_cast<char>(damaged[40] ^ 1);  // in the first order
  const auto contents = must(read_latch(damaged));
  EXPECT_TRUE(contents.must_start_tripped);
  EXPECT_THAT(texts_of(contents.orders), ElementsAre("agent:b 1 tripped", "agent:c 1 tripped"));
}

TEST(KillRows, K05_AMissingLatchStartsTrippedUntilThatIsOnDisk) {
  CrashFiles files;
  auto opened = reopen(files);
  ASSERT_TRUE(opened.must_start_tripped);
  EXPECT_THAT(*opened.must_start_tripped, HasSubstr("latch is missing"));
  EXPECT_FALSE(opened.latch.is_durable());
  // Not even a repair makes an armed latch of it.
  EXPECT_EQ(opened.latch.repair().error().code, ErrorCode::StateCorrupt);
  EXPECT_EQ(opened.latch.append(std::array{tripped("agent:bot")}).error().code,
            ErrorCode::StateCorrupt);
  EXPECT_TRUE(reopen(files).must_start_tripped);
  append(opened.latch, tripped("global"));
  EXPECT_TRUE(opened.latch.is_durable());
  const auto again = reopen(files);
  EXPECT_EQ(again.must_start_tripped, std::nullopt);
  EXPECT_THAT(texts_of(again.orders), ElementsAre("global 1 tripped", "agent:bot 1 tripped"));
}

TEST(KillRows, K05_ADamagedLatchIsKeptAside) {
  CrashFiles files;
  { Latch latch = new_latch(files); }
  files.put("latch", "garbage");
  files.put("latch.damaged.1", "of last year");
  auto opened = reopen(files);
  ASSERT_TRUE(opened.must_start_tripped);
  EXPECT_EQ(files.content("latch"), "garbage");
  append(opened.latch, tripped("global"));
  EXPECT_EQ(files.content("latch.damaged.1"), "of last year");
  EXPECT_EQ(files.content("latch.damaged.2"), "garbage");
  EXPECT_EQ(reopen(files).must_start_tripped, std::nullopt);
}

TEST(KillRows, K05_ACrashWhileItIsReplacedNeverArms) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draw draw(seed);
    CrashFiles files;
    files.put("latch", "garbage");
    FailingFiles failing(files);
    auto opened = reopen(failing);
    failing.fail_from(draw.below(12));
    const bool done = opened.latch.append(std::array{tripped("global")}).has_value();
    files.crash(draw, static_cast<CrashFiles::Loss>(draw.below(3)));
    const auto again = reopen(files);
    const bool stopped = again.must_start_tripped.has_value() ||
                         texts_of(again.orders) == std::vector<std::string>{"global 1 tripped"};
    ASSERT_TRUE(stopped);
    ASSERT_TRUE(!done || !again.must_start_tripped);
  }
}

TEST(KillRows, K26_ATripSucceedsOnAFullDisk) {
  CrashFiles files;
  Latch latch = new_latch(files);
  files.limit_bytes(files.bytes_used());
  // More than half of the room, so that a new file is tried, and fails.
  int trips = 0;
  for (; trips < 2000; ++trips) {
    const Order each = tripped("agent:" + std::to_string(trips) + std::string(150, 'x'));
    const auto done = latch.append(std::array{each});
    if (!done) {
      EXPECT_EQ(done.error().code, ErrorCode::StorageFailed);
      break;
    }
  }
  EXPECT_GT(trips, 500);
  EXPECT_LT(trips, 2000);
  EXPECT_FALSE(latch.is_durable());
  // What was durable is still there; with room again, the last one too.
  EXPECT_EQ(reopen(files).orders.size(), static_cast<std::size_t>(trips));
  files.limit_bytes(std::nullopt);
  must(latch.repair());
  EXPECT_TRUE(latch.is_durable());
  EXPECT_EQ(reopen(files).orders.size(), static_cast<std::size_t>(trips) + 1);
}

TEST(KillRows, K32_ANewerLatchIsRefusedAndLeftAlone) {
  CrashFiles files;
  { Latch latch = new_latch(files); }
  std::string newer = files.content("latch");
  newer[8] = 2;
  std::string sum;
  append_u32(sum, crc32c(std::string_view(newer).substr(0, 20)));
  newer.replace(20, 4, sum);
  files.put("latch", newer);
  const auto opened = Latch::open(files, options(false));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::StateNewer);
  EXPECT_EQ(files.content("latch"), newer);
}

TEST(Latch, GrowsPastItsCapacityByStandingOrders) {
  CrashFiles files;
  Latch latch = new_latch(files);
  for (int i = 0; i < 3000; ++i) {
    append(latch, tripped("agent:" + std::to_string(i) + std::string(100, 'x')));
  }
  EXPECT_EQ(reopen(files).orders.size(), 3000U);
  EXPECT_GT(files.content("latch").size(), kLatchCapacity);
  EXPECT_FALSE(must(files.exists("latch.new")));
}

TEST(Latch, StaysSmallWhenTheSameScopesComeAndGo) {
  CrashFiles files;
  Latch latch = new_latch(files);
  for (int epoch = 1; epoch < 5000; epoch += 2) {
    append(latch, tripped("agent:bot", epoch));
    append(latch, armed("agent:bot", epoch + 1));
  }
  EXPECT_EQ(files.content("latch").size(), kLatchCapacity);
  EXPECT_THAT(texts_of(reopen(files).orders), ElementsAre("agent:bot 5000 armed"));
}

TEST(Latch, AnOrderTooLargeToReadBackIsRefused) {
  CrashFiles files;
  Latch latch = new_latch(files);
  Order huge = tripped("agent:bot");
  huge.reason = std::string(kLatchOrderBytesMax, 'x');
  EXPECT_EQ(latch.append(std::array{huge}).error().code, ErrorCode::TooLarge);
  EXPECT_TRUE(latch.is_durable());
  append(latch, tripped("agent:bot"));
  EXPECT_EQ(reopen(files).orders.size(), 1U);
}

// An order that was acknowledged is there after the power went, or everything is stopped.
void expect_acknowledged(const std::vector<Order>& acknowledged, const Latch::Opened& opened) {
  if (opened.must_start_tripped) return;
  const killswitch::Fence fence = [&opened] {
    killswitch::Fence merged;
    for (const Order& order : opened.orders) merged.merge(order);
    return merged;
  }();
  for (const Order& order : acknowledged) {
    const Order* found = nullptr;
    for (const Order* each : fence.orders()) {
      if (each->scope == order.scope) found = each;
    }
    ASSERT_NE(found, nullptr) << format(order.scope);
    ASSERT_EQ(join(found->reg, order.reg), found->reg) << format(order.scope);
  }
}

TEST(Latch, WhenTheNthOperationFailsNothingAcknowledgedIsLost) {
  for (const bool once : {true, false}) {
    bool failed = true;
    for (std::int64_t n = 0; failed; ++n) {
      SCOPED_TRACE("operation " + std::to_string(n));
      CrashFiles files;
      { Latch latch = new_latch(files); }
      FailingFiles failing(files);
      once ? failing.fail_once(n) : failing.fail_from(n);
      std::vector<Order> acknowledged;
      auto opened = Latch::open(failing, options(false));
      for (std::int64_t epoch = 1; opened && epoch <= 4; ++epoch) {
        const Order each = epoch % 2 == 1 ? tripped("agent:bot", epoch) : armed("agent:bot", epoch);
        const auto done = opened->latch.append(std::array{each});
        ASSERT_EQ(done.has_value(), opened->latch.is_durable());
        if (done) acknowledged.assign(1, each);
        if (!done) {
          ASSERT_THAT(done.error().message, HasSubstr("no space left"));
        }
      }
      failed = failing.has_failed();
      Draw draw(static_cast<std::uint64_t>(n));
      files.crash(draw, static_cast<CrashFiles::Loss>(n % 3));
      expect_acknowledged(acknowledged, reopen(files));
    }
  }
}

TEST(Latch, RandomOrdersWithThePowerTakenAtRandomAreNeverLost) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draw draw(seed);
    CrashFiles files;
    { Latch latch = new_latch(files); }
    std::map<killswitch::Scope, Order> acknowledged;
    for (int life = 0; life < 3; ++life) {
      FailingFiles failing(files);
      auto opened = reopen(failing);
      if (opened.must_start_tripped) break;  // a torn order: stopped, which is never wrong
      for (auto steps = draw.below(12); steps > 0; --steps) {
        const std::string scope = "agent:" + std::to_string(draw.below(3));
        const auto standing = acknowledged.find(*killswitch::parse_scope(scope));
        const std::int64_t epoch =
            standing == acknowledged.end() ? 1 : standing->second.reg.epoch + 1;
        const Order each = epoch % 2 == 1 ? tripped(scope, epoch) : armed(scope, epoch);
        if (draw.below(8) == 0) failing.fail_once(draw.below(6));
        if (!opened.latch.append(std::array{each})) break;
        acknowledged[each.scope] = each;
      }
      files.crash(draw, static_cast<CrashFiles::Loss>(draw.below(3)));
      std::vector<Order> all;
      all.reserve(acknowledged.size());
      for (const auto& [scope, order] : acknowledged) all.push_back(order);
      expect_acknowledged(all, reopen(files));
    }
  }
}

}  // namespace
}  // namespace fusebox::store
