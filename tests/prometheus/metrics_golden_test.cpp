// A whole page against data/metrics.prom; UPDATE_GOLDEN=1 writes it anew. It has every family, so
// that the dashboard's test can look names and labels up in it, and promtool reads it too.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "exporters/prometheus/metrics.hpp"
#include "tests/engine/configs.hpp"
#include "tests/engine/random_journal.hpp"
#include "tests/prometheus/exposition.hpp"
#include "tests/prometheus/support.hpp"

namespace fusebox::prometheus {
namespace {

using engine::at;
using engine::check;

// One call of each kind, an outage, a stop order that stands and one that was re-armed, and names
// that need escaping.
void play(engine::Script& script) {
  for (const std::string& line : {
           at(0, R"("event":{"kind":"llm","agent":"bot","model":"small","session":"s1",)"
                 R"("outcome":"ok","duration_ms":120,"tokens_in":900,"tokens_out":80,)"
                 R"("cost_usd":"0.0042"})"),
           at(1, R"("event":{"kind":"tool","agent":"bot","tool":"search","session":"s1",)"
                 R"("outcome":"ok","duration_ms":30})"),
           at(2, R"("event":{"kind":"tool","agent":"a\"b\\c\nd","tool":"x\ny","outcome":"error"})"),
           at(3, R"("event":{"kind":"tool","agent":"bot","tool":"x\ny","outcome":"error"})"),
           at(4, check("c1", R"({"agent":"bot","action":"tool","target":"search",)"
                             R"("session":"s1","estimate":{"tokens":50}})")),
           at(5, check("c2", R"({"agent":"bot","action":"tool","target":"pay"})")),
           at(6, check("c3", R"({"agent":"bot","action":"tool","target":"x\ny"})")),
           at(7, R"("report":{"permit":"c1","outcome":"ok","duration_ms":40,"tokens_in":30})"),
           at(8, R"("kill":{"scope":"agent:rogue","reason":"r","actor":"p"})"),
           at(8, R"("kill":{"scope":"tenant:t","reason":"r","actor":"p"})"),
           at(9, R"("rearm":{"id":"kill-2","reason":"r","actor":"p"})"),
           at(9, R"("rearm":{"id":"kill-2","reason":"r","actor":"q"})"),
           at(10, check("c4", R"({"agent":"rogue","action":"llm","target":"small"})")),
           at(17, R"("event":{"kind":"tool","agent":"late","tool":"x","outcome":"error"})"),
           at(20, R"("tick":true)"),
       }) {
    script.feed(line);
  }
}

TEST(PrometheusMetrics, PageIsAsRecorded) {
  engine::Script script(engine::kEverything);
  play(script);
  const std::string written = page_of(script);
  Exposition{written};
  const std::string path = FUSEBOX_TEST_DATA "/metrics.prom";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << written;
  std::ifstream file(path, std::ios::binary);
  const std::string golden((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(written, golden);
}

}  // namespace
}  // namespace fusebox::prometheus
