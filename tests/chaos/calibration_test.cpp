// Is the bootstrap as sure as it says? Runs without any difference, runs with a planted one, and
// how often each comes to which state, against the binomial distribution of the rate that is
// promised. The tables of docs/statistics.md are written from here: UPDATE_GOLDEN=1
// FUSEBOX_PROVE=1.
#include "tests/chaos/calibration.hpp"

#include <array>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "chaos/detail/figures.hpp"

namespace fusebox::chaos {
namespace {

constexpr double kAlpha = 0.05;
constexpr double kPower = 0.8;
constexpr std::int64_t kSeedsOfTables = 200;
constexpr std::int64_t kSeedsOfProof = 1'000;

// NOLINTNEXTLINE(concurrency-mt-unsafe): tests have one thread
bool is_set(const char* variable) { return std::getenv(variable) != nullptr; }
std::int64_t seeds() { return is_set("FUSEBOX_PROVE") ? kSeedsOfProof : kSeedsOfTables; }

enum class Promise { Exactly, AtMost, AtLeast };

struct Row {
  const char* name;
  const char* story;  // for the table
  FindingState state;
  double rate;  // of that state in any comparison
  Promise promise;
  double margin;
  std::size_t units;
  std::function<std::array<ArmSample, 2>(World&, std::size_t units)> arms;
  double between_units = kBetweenUnits;
};

std::array<ArmSample, 2> shares(World& world, std::size_t units, double experiment,
                                double control) {
  return {world.tasks(units, experiment), world.tasks(units, control)};
}

const Row kNothingPlanted[] = {
    {"SharesOf95", "95.0 % succeed in both arms", FindingState::Fail, kAlpha, Promise::Exactly, 0,
     200, [](World& w, std::size_t n) { return shares(w, n, 0.05, 0.05); }},
    {"SharesOf99", "99.0 % succeed in both arms", FindingState::Fail, kAlpha, Promise::Exactly, 0,
     400, [](World& w, std::size_t n) { return shares(w, n, 0.01, 0.01); }},
    {"SharesOfUnlikeUnits", "95.0 % succeed in both arms, units very unlike", FindingState::Fail,
     kAlpha, Promise::Exactly, 0, 200,
     [](World& w, std::size_t n) { return shares(w, n, 0.05, 0.05); }, 0.3},
    {"Latencies", "95th percentiles alike", FindingState::Fail, kAlpha, Promise::Exactly, 0, 200,
     [](World& w, std::size_t n) {
       return std::array{w.values(n, 2), w.values(n, 2)};
     }},
    {"Costs", "costs a task alike", FindingState::Fail, kAlpha, Promise::Exactly, 0, 200,
     [](World& w, std::size_t n) {
       return std::array{w.costs(n, 2), w.costs(n, 2)};
     }},
    {"FiveAtOnce", "five indicators alike, any of them fails", FindingState::Fail, kAlpha,
     Promise::AtMost, 0, 200,
     [](World& w, std::size_t n) {
       return std::array{w.tasks(n, 0.05, 5), w.tasks(n, 0.05, 5)};
     }},
    {"WithinAMargin", "99.0 % in both, margin 1 point", FindingState::Fail, kAlpha, Promise::AtMost,
     0.01, 400, [](World& w, std::size_t n) { return shares(w, n, 0.01, 0.01); }},
    {"AtTheMargin", "5 % fail, 7 % in the experiment, margin 2 points: passes", FindingState::Pass,
     kAlpha, Promise::Exactly, 0.02, 400,
     [](World& w, std::size_t n) { return shares(w, n, 0.07, 0.05); }},
};

const Row kPlanted[] = {
    {"Fall5From95", "95 % falls by 5 points: fails", FindingState::Fail, kPower, Promise::Exactly,
     0, units_to_find(0.95, 0.05),
     [](World& w, std::size_t n) { return shares(w, n, 0.10, 0.05); }},
    {"Fall2From95", "95 % falls by 2 points: fails", FindingState::Fail, kPower, Promise::Exactly,
     0, units_to_find(0.95, 0.02),
     [](World& w, std::size_t n) { return shares(w, n, 0.07, 0.05); }},
    {"Fall2From99", "99 % falls by 2 points: fails", FindingState::Fail, kPower, Promise::Exactly,
     0, units_to_find(0.99, 0.02),
     [](World& w, std::size_t n) { return shares(w, n, 0.03, 0.01); }},
    {"NoFallMargin2", "95 % stays, margin 2 points: passes", FindingState::Pass, kPower,
     Promise::AtLeast, 0.02, units_to_find(0.95, 0.02),
     [](World& w, std::size_t n) { return shares(w, n, 0.05, 0.05); }},
};

std::int64_t times(const Row& row, std::int64_t runs) {
  std::int64_t count = 0;
  for (std::int64_t seed = 1; seed <= runs; ++seed) {
    World world(static_cast<std::uint64_t>(seed), row.between_units);
    const std::array<ArmSample, 2> arms = row.arms(world, row.units);
    const std::vector<double> margins(arms[0].measured.size(), row.margin);
    const Analysis found =
        compare(arms[0], arms[1],
                {.margins = margins, .alpha = kAlpha, .seed = static_cast<std::uint64_t>(seed)});
    const bool any =
        std::any_of(found.comparisons.begin(), found.comparisons.end(),
                    [&row](const Compared& compared) { return compared.state == row.state; });
    count += any ? 1 : 0;
  }
  return count;
}

CountRange promised(const Row& row, std::int64_t runs) {
  CountRange range = binomial_range(runs, row.rate);
  if (row.promise == Promise::AtMost) range.least = 0;
  if (row.promise == Promise::AtLeast) range.most = runs;
  return range;
}

class Calibration : public testing::TestWithParam<const Row*> {};

TEST_P(Calibration, HoldsWhatItPromises) {
  const Row& row = *GetParam();
  const CountRange range = promised(row, seeds());
  const std::int64_t count = times(row, seeds());
  EXPECT_GE(count, range.least) << row.story;
  EXPECT_LE(count, range.most) << row.story;
}

template <std::size_t N>
std::vector<const Row*> pointers(const Row (&rows)[N]) {
  std::vector<const Row*> out;
  for (const Row& row : rows) out.push_back(&row);
  return out;
}
std::string name_of_row(const testing::TestParamInfo<const Row*>& info) { return info.param->name; }
INSTANTIATE_TEST_SUITE_P(NothingPlanted, Calibration, testing::ValuesIn(pointers(kNothingPlanted)),
                         name_of_row);
INSTANTIATE_TEST_SUITE_P(Planted, Calibration, testing::ValuesIn(pointers(kPlanted)), name_of_row);

// The same data as SharesOfUnlikeUnits, looked at in a way that nobody should.
const Row kTasksTakenForUnits{
    "TasksTakenForUnits",
    "",
    FindingState::Fail,
    kAlpha,
    Promise::Exactly,
    0,
    200,
    [](World& w, std::size_t n) {
      return std::array{w.tasks_as_units(n, 0.05), w.tasks_as_units(n, 0.05)};
    },
    0.3};

// Shows that this test can fail.
TEST(CalibrationOf, TasksTakenForUnitsIsTooSure) {
  EXPECT_GT(times(kTasksTakenForUnits, kSeedsOfTables),
            binomial_range(kSeedsOfTables, kAlpha).most);
}

TEST(BinomialRange, IsTheKnownOne) {
  EXPECT_EQ(binomial_range(200, 0.05).least, 3);
  EXPECT_EQ(binomial_range(200, 0.05).most, 19);
  EXPECT_EQ(binomial_range(200, 0.8).least, 145);
  EXPECT_EQ(binomial_range(200, 0.8).most, 174);
}

std::string table_row(const Row& row) {
  const CountRange range = promised(row, kSeedsOfTables);
  constexpr std::array<const char*, 3> kWords{"", "at most ", "at least "};
  const std::string rate = kWords[static_cast<std::size_t>(row.promise)] + percent(row.rate, 0);
  return "| " + std::string(row.story) + " | " + grouped(static_cast<std::int64_t>(row.units)) +
         " | " + rate + " | " + std::to_string(range.least) + " to " + std::to_string(range.most) +
         " | " + std::to_string(times(row, kSeedsOfTables)) + " |\n";
}

std::string table_of(const std::vector<const Row*>& rows, const std::string& what) {
  std::string out = "| " + what +
                    " | units an arm | promised | of 200 runs | happened |\n"
                    "|---|--:|--:|--:|--:|\n";
  for (const Row* row : rows) out += table_row(*row);
  return out;
}

// The generated part of the page lies between these lines.
constexpr std::string_view kBegin = "<!-- generated by calibration_test -->\n";
constexpr std::string_view kEnd = "<!-- end -->\n";

TEST(CalibrationOf, TheTablesInTheDocumentAreThese) {
  const std::string path = FUSEBOX_SOURCE_DIR "/docs/statistics.md";
  std::ifstream in(path);
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::size_t begin = page.find(kBegin);
  const std::size_t end = page.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const std::string tables = table_of(pointers(kNothingPlanted), "nothing to find, alpha 5 %") +
                             "\n" + table_of(pointers(kPlanted), "something to find, power 80 %") +
                             "\nThe wrong way round, tasks of very unlike units taken for units: " +
                             std::to_string(times(kTasksTakenForUnits, kSeedsOfTables)) +
                             " of 200 runs fail.\n";
  const std::string written =
      page.substr(0, begin) + std::string(kBegin) + "\n" + tables + "\n" + page.substr(end);
  if (is_set("UPDATE_GOLDEN")) std::ofstream(path) << written;
  EXPECT_EQ(written, page);
}

}  // namespace
}  // namespace fusebox::chaos
