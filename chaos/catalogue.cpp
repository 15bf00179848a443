#include "chaos/catalogue.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace fusebox::chaos {
namespace {

constexpr std::optional<FaultType> kNotYet;

constexpr std::array<CatalogueRow, 62> kRows{{
    {"P01", "rate_limit", "429 before any work is done, with or without Retry-After",
     "waits as told and some more, sheds what matters least",
     "share of 429, upstream calls per logical call", FaultType::RateLimit,
     "Retry-After in whole seconds or absent; other spellings of the header not yet"},
    {"P02", "quota_exhausted", "429 of the billing kind: no retry helps",
     "stops or changes provider, and pages", "calls after a final error", kNotYet, ""},
    {"P03", "overloaded", "529 or 503 in bursts", "backs off behind a breaker, falls back",
     "availability, time to open", kNotYet, ""},
    {"P04", "server_error", "500, 502, 504; an HTML page from an edge",
     "retries within bounds, never parses HTML as JSON", "availability, parse errors", kNotYet, ""},
    {"P05", "auth_expired", "401 or 403 in the middle of a session", "refreshes once, then stops",
     "share of authentication errors", kNotYet, ""},
    {"P06", "connect_failure", "refused, black-holed or reset connections",
     "gives up connecting early, fails over", "share of failed connects", kNotYet, ""},
    {"P07", "slow_ttft", "the first byte of the answer is held back",
     "has a deadline for the first token of its own", "time to first token, p95 and p99",
     FaultType::SlowTtft, ""},
    {"P08", "slow_tokens", "events at a trickle, or a stall in the middle",
     "has a deadline between events", "gap between tokens, p99", kNotYet, ""},
    {"P09", "hang", "200, then nothing, or only pings", "counts wall clock, not pings, as progress",
     "calls that are stuck", FaultType::Hang, "nothing ever comes; a drip of pings not yet"},
    {"P10", "cut_rst", "connection reset in the middle of a body", "retries the whole turn once",
     "complete streams", kNotYet, ""},
    {"P11", "cut_fin", "closed without the final chunk", "takes an incomplete read for an error",
     "complete streams", kNotYet, ""},
    {"P12", "clean_early_end", "a well-formed end before the last event",
     "requires the event that ends a stream", "complete streams", kNotYet, ""},
    {"P13", "half_event", "end of the stream inside an event", "throws a partial tool call away",
     "complete streams", kNotYet, ""},
    {"P14", "in_stream_error", "an error event inside a stream that began with 200",
     "classifies it like a 529", "errors inside streams", FaultType::InStreamError, ""},
    {"P15", "truncated_json", "a body that is cut, with a length that fits", "rejects it whole",
     "parse errors", kNotYet, ""},
    {"P16", "bad_tool_args", "lost or doubled fragments of arguments, wrong keys or types",
     "validates against the schema, asks again within a cap", "valid tool arguments", kNotYet, ""},
    {"P17", "wrong_content_type", "another or no content type, a wrong encoding",
     "checks before it parses", "protocol errors", kNotYet, ""},
    {"P18", "empty_completion", "an answer without content", "treats it as a failure",
     "empty answers", kNotYet, ""},
    {"P19", "max_tokens", "the answer stops at the length limit", "never takes it for complete",
     "truncated answers", kNotYet, ""},
    {"P20", "refusal", "the model or its filter refuses", "reports it, does not loop", "refusals",
     kNotYet, ""},
    {"P21", "model_downgrade", "another model answers than was asked", "compares asked with served",
     "identity of the model", kNotYet, ""},
    {"P22", "usage_lie", "usage times k, zero, or missing", "counts for itself", "reconciled cost",
     FaultType::UsageInflation, "as `usage_inflation`: times k; zero and missing not yet"},
    {"P23", "event_disorder", "doubled, swapped or missing events", "keeps a strict state machine",
     "violations of the stream's order", kNotYet, ""},
    {"P24", "oversized", "huge events, headers or counts", "bounds every buffer",
     "memory at its highest, rejections", kNotYet, ""},
    {"P25", "stale_cache", "an earlier answer again", "checks ids", "doubled answers", kNotYet, ""},
    {"P26", "value_drift", "renamed keys, prose instead of JSON, long-windedness",
     "checks the schema", "valid formats", kNotYet, ""},
    {"T01", "tool_error", "a result that says so, a protocol error, or a 500",
     "shows the first to the model, caps identical retries",
     "tool success, runs of identical calls", FaultType::ToolError, ""},
    {"T02", "tool_hang", "late answers, or none", "has a deadline for each tool, cancels",
     "tool latency p99, orphaned calls", FaultType::Hang,
     "as `hang` on a tool; lateness by `sim: {latency: …}` of the target, for the whole run"},
    {"T03", "stale_data", "an old result for the same arguments", "checks freshness",
     "age of results", kNotYet, ""},
    {"T04", "schema_drift", "renamed or missing fields, another input schema",
     "validates, fetches the list again", "valid results", kNotYet, ""},
    {"T05", "partial_result", "the tail or the cursor is lost", "checks counts", "completeness",
     kNotYet, ""},
    {"T06", "false_success", "a wrong result, or success that was none", "reads the state back",
     "verified outcomes", kNotYet, ""},
    {"T07", "duplicate_side_effect", "the effect happens and the answer is lost",
     "sends a key, looks before it retries", "doubled effects", kNotYet, ""},
    {"T08", "retry_bait", "a write whose outcome is unknown", "reads before it writes again",
     "retries of unknown outcomes", kNotYet, ""},
    {"T09", "huge_result", "megabytes of text", "truncates with a mark", "tokens of context",
     kNotYet, ""},
    {"M01", "list_change", "tools appear, vanish or change their names",
     "fetches the list, keeps its plan valid", "calls of unknown tools", kNotYet, ""},
    {"M02", "rug_pull", "a description changes after it was approved", "pins what was approved",
     "drift of definitions", kNotYet, ""},
    {"M03", "tool_shadowing", "a second server offers the same name", "keeps names apart",
     "colliding names", kNotYet, ""},
    {"M04", "json_rpc_violation", "wrong ids, missing fields, stray text",
     "drops the line, keeps the session", "protocol errors", kNotYet, ""},
    {"M05", "session_drop", "404 on a known session",
     "opens a new one once, repeats only what is safe", "reconnects that work", kNotYet, ""},
    {"M06", "mcp_stream_cut", "the stream ends before the result",
     "resumes or asks anew, as the version says", "doubled effects", kNotYet, ""},
    {"M07", "server_crash", "the server's process ends", "restarts with a capped backoff",
     "restarts", kNotYet, ""},
    {"M08", "mcp_auth", "401 with a challenge, a refresh that is rejected",
     "refreshes, does not loop", "authentication errors", kNotYet, ""},
    {"M09", "endless_input", "input is required again and again", "caps the rounds", "rounds",
     kNotYet, ""},
    {"A01", "loop", "every answer makes the agent plan the same again",
     "stops after a few identical calls", "steps per task", FaultType::ToolError,
     "as a `tool_error` on every call of an agent that plans again"},
    {"A02", "runaway_delegation", "agents spawn agents",
     "has a depth, a fan-out and one budget for the tree", "depth, live sub-agents", kNotYet, ""},
    {"A03", "cost_blow_up", "more tokens for the same work", "has a budget that breaks",
     "cost per task, burn rate", FaultType::UsageInflation,
     "as `usage_inflation`; contexts that grow not yet"},
    {"A04", "contradictory_instruction", "results that contradict each other", "escalates",
     "conflicts left open", kNotYet, ""},
    {"A05", "deadlock", "two agents wait for each other", "times out on the graph of waits",
     "seconds blocked", kNotYet, ""},
    {"A06", "crash_mid_tool", "death between a call and its record", "repairs its history",
     "sessions that cannot go on", kNotYet, ""},
    {"A07", "handoff_loss", "a hand-over is lost, late or damaged",
     "retries, and recognises doubles", "hand-overs that arrive", kNotYet, ""},
    {"I01", "partition", "two groups cannot reach each other", "degrades, never two authorities",
     "availability by group", kNotYet, ""},
    {"I02", "clock_step", "the wall clock jumps", "measures with the monotonic clock",
     "negative durations, sane breakers", FaultType::ClockStep, "steps; a drift not yet"},
    {"I03", "exhaustion", "no descriptors, memory, processor or disk", "sheds, and fails closed",
     "saturation, drops", kNotYet, ""},
    {"I04", "telemetry_loss", "telemetry is dropped, late or doubled", "says unknown, never good",
     "freshness, gaps", FaultType::TelemetryLoss, ""},
    {"I05", "dns_expiry", "a name or a certificate that is gone",
     "says so, does not retry for ever", "share of failed connects", kNotYet, ""},
    {"X01", "prompt_injection", "orders hidden in a result, a file or a memory",
     "does not carry them out", "blocked injections", kNotYet, ""},
    {"X02", "exfiltration", "a planted secret tries to leave", "is blocked, and alerts",
     "planted secrets that left", kNotYet, ""},
    {"X03", "privilege_escalation", "a forged role or scope", "is denied by policy",
     "allowed without right", kNotYet, ""},
    {"X04", "identity_spoofing", "another agent's id, a replayed signature", "is rejected",
     "spoofs accepted", kNotYet, ""},
    {"X05", "tool_abuse", "a destructive call on a synthetic sink",
     "is denied or asks for approval", "destructive calls allowed", kNotYet, ""},
    {"X06", "approval_toctou", "arguments change after approval", "is judged again",
     "changed calls accepted", kNotYet, ""},
}};

// What a type takes and does, in the order of FaultType.
struct TypeRow {
  std::string_view with;
  std::string_view does;
};
constexpr std::array<TypeRow, kFaultTypeCount> kTypes{{
    {"`delay`: a duration or a distribution",
     "the first token comes so much later; the caller's own deadline still counts"},
    {"`kind: overloaded` or `api_error`; `after_events` (0)",
     "the stream breaks off after so many events; tokens so far are paid, the SDK does not retry"},
    {"`retry_after`: whole seconds, or absent",
     "429 at once, without work; the SDK waits and retries by its rules"},
    {"nothing", "no answer ever; the caller's own timeout ends the call"},
    {"`factor`: 1 to 1000", "tokens in and out, and so the cost, times the factor"},
    {"`kind: execution`, `protocol` or `http`",
     "a result that says error (the model plans again), a protocol error, or a 500 (retried)"},
    {"`mode: drop`, `delay` or `duplicate`; `delay` with mode `delay`",
     "reports and events of the agent do not arrive, or late, or twice"},
    {"`forward` or `backward`: a duration",
     "the wall clock of the agent's host jumps; what it says of times jumps with it"},
}};

std::string targets_of(FaultType type) {
  std::string text;
  for (std::size_t i = 0; i < kTargetKindNames.size(); ++i) {
    if (!acts_on(type, static_cast<TargetKind>(i))) continue;
    text += (text.empty() ? "" : ", ") + std::string(kTargetKindNames[i]);
  }
  return text;
}

void append_types(std::string& out) {
  out += "| type | acts on | `with` | what happens |\n|---|---|---|---|\n";
  for (std::size_t i = 0; i < kFaultTypeCount; ++i) {
    out += "| `" + std::string(kFaultTypeNames[i]) + "` | " +
           targets_of(static_cast<FaultType>(i)) + " | " + std::string(kTypes[i].with) + " | " +
           std::string(kTypes[i].does) + " |\n";
  }
}

std::string exists_as(const CatalogueRow& row) {
  if (!row.type) return "not yet";
  const std::string type(kFaultTypeNames[static_cast<std::size_t>(*row.type)]);
  const std::string remark(row.remark);
  return "`" + type + "`, simulated" + (remark.empty() ? "" : "; " + remark);
}

std::string_view group_title(char group) {
  switch (group) {
    case 'P':
      return "Providers of models";
    case 'T':
      return "Tools";
    case 'M':
      return "MCP";
    case 'A':
      return "Agents";
    case 'I':
      return "Infrastructure";
    default:
      return "Adversaries";
  }
}

void append_catalogue(std::string& out) {
  char group = 0;
  for (const CatalogueRow& row : kRows) {
    if (row.id.front() != group) {
      group = row.id.front();
      out += "\n### " + std::string(group_title(group)) +
             "\n\n| id | fault | what happens | who survives it | shows in | here |\n"
             "|---|---|---|---|---|---|\n";
    }
    out += "| " + std::string(row.id) + " | " + std::string(row.name) + " | " +
           std::string(row.breaks) + " | " + std::string(row.asks) + " | " +
           std::string(row.shows) + " | " + exists_as(row) + " |\n";
  }
}

}  // namespace

std::span<const CatalogueRow> fault_catalogue() { return kRows; }

std::span<const std::string_view> unbuilt_faults() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> unbuilt;
    for (const CatalogueRow& row : kRows) {
      if (!row.type) unbuilt.push_back(row.name);
    }
    return unbuilt;
  }();
  return names;
}

std::string faults_markdown() {
  const auto built = std::count_if(kRows.begin(), kRows.end(),
                                   [](const CatalogueRow& row) { return row.type.has_value(); });
  std::string out =
      "# Faults\n\nWritten from the table in `chaos/catalogue.cpp`; a test compares the two. Of " +
      std::to_string(kRows.size()) + " known ways to\nfail, " + std::to_string(built) +
      " can be simulated, by " + std::to_string(kFaultTypeCount) +
      " types of faults; none is injected into live traffic yet. How a scenario\nuses one is in "
      "[scenarios.md](scenarios.md).\n\n## Types\n\n";
  append_types(out);
  out +=
      "\nA call meets at most one fault that ends it (`in_stream_error`, `rate_limit`, `hang`, "
      "`tool_error`): the first\nthat is declared and applies. The others add up.\n\n"
      "## Catalogue\n";
  append_catalogue(out);
  return out;
}

}  // namespace fusebox::chaos
