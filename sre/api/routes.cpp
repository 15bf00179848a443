#include "sre/api/routes.hpp"

#include <algorithm>
#include <array>

#include "sre/api/detail/handlers.hpp"

namespace fusebox::api {
namespace {

using namespace detail;  // NOLINT: the table reads as words

constexpr Roles kPeople{Role::Viewer, Role::Operator, Role::Approver, Role::Admin};
constexpr Roles kEveryone{Role::Agent,    Role::Ingest,   Role::Viewer,
                          Role::Operator, Role::Approver, Role::Admin};
constexpr Roles kCallers{Role::Agent, Role::Operator, Role::Admin};
constexpr Roles kSenders{Role::Agent, Role::Ingest, Role::Operator, Role::Admin};
constexpr Roles kFollowers{Role::Agent, Role::Viewer, Role::Operator, Role::Approver, Role::Admin};
// Whoever may act on anything may stop it.
constexpr Roles kStoppers{Role::Operator, Role::Approver, Role::Admin};
constexpr Roles kOperators{Role::Operator, Role::Admin};
constexpr Roles kApprovers{Role::Approver, Role::Admin};

constexpr std::string_view kText = R"({"type":"string"})";
constexpr std::string_view kFlag = R"({"type":"string","enum":["0","1","false","true"]})";
constexpr std::string_view kTime = R"({"type":"string","format":"date-time"})";
constexpr std::string_view kPageSize = R"({"type":"integer","minimum":1,"maximum":10000})";
constexpr std::string_view kNumber = R"({"type":"integer","minimum":0})";

constexpr QueryParameter kAgent{"agent", kText, "only of this agent"};
constexpr QueryParameter kTenant{"tenant", kText, "only of this tenant"};
constexpr QueryParameter kSession{"session", kText, "only of this session"};
constexpr QueryParameter kTask{"task", kText, "only of this task"};
constexpr QueryParameter kName{"name", kText, "only of the document with this name"};
constexpr QueryParameter kState{"state", kText, "only in this state"};
constexpr QueryParameter kLimit{"limit", kPageSize, "at most so many; `next` says where to go on"};
constexpr QueryParameter kAfter{"after", kText, "behind this one: the `next` of the page before"};
constexpr QueryParameter kAfterNumber{"after", kNumber, "behind this number"};

constexpr std::array kExplainQuery{
    QueryParameter{"explain", kFlag, "say what every gate thought of it"}};
// The dimensions that keys may have.
constexpr std::array kKeyQuery{kName,
                               kLimit,
                               kAfter,
                               kAgent,
                               kTenant,
                               QueryParameter{"environment", kText, "only of this environment"},
                               QueryParameter{"version", kText, "only of this version"},
                               QueryParameter{"user", kText, "only of this user"},
                               kSession,
                               kTask,
                               QueryParameter{"parent_task", kText, "only of this parent task"},
                               QueryParameter{"root_task", kText, "only of this root task"},
                               QueryParameter{"trace_id", kText, "only of this trace"},
                               QueryParameter{"kind", kText, "only of this kind"},
                               QueryParameter{"tool", kText, "only of this tool"},
                               QueryParameter{"model", kText, "only of this model"},
                               QueryParameter{"provider", kText, "only of this provider"},
                               QueryParameter{"to_agent", kText, "only to this agent"},
                               QueryParameter{"domain", kText, "only of this domain"}};
// The path has the name.
constexpr std::span kOneSloQuery = std::span<const QueryParameter>(kKeyQuery).subspan(1);
constexpr auto kBreakerQuery = [] {
  std::array<QueryParameter, kKeyQuery.size() + 1> all{};
  std::copy(kKeyQuery.begin(), kKeyQuery.end(), all.begin());
  all.back() = kState;
  return all;
}();
constexpr std::array kAgentQuery{kAgent, kTenant, kLimit, kAfter};
constexpr std::array kApprovalQuery{kState, kAgent, kTenant, kSession, kTask, kLimit, kAfter};
constexpr std::array kDecisionQuery{kAgent,
                                    kTenant,
                                    kSession,
                                    kTask,
                                    QueryParameter{"tool", kText, "only of this tool"},
                                    QueryParameter{"model", kText, "only of this model"},
                                    QueryParameter{"id", kText, "only the decision with this id"},
                                    QueryParameter{"effect", kText, "only with this effect"},
                                    kLimit,
                                    kAfterNumber};
constexpr std::array kAuditQuery{QueryParameter{"from", kTime, "not before"},
                                 QueryParameter{"until", kTime, "before"}, kLimit, kAfterNumber};
constexpr std::array kKillQuery{kState};
constexpr std::array kStreamQuery{
    QueryParameter{"events", kText,
                   "names of events, with commas between; without it all of them: decision policy "
                   "breaker alert slo_status limit kill notice"}};

constexpr std::string_view kLater = "named by the contract, comes later";

// Short forms of rows.
constexpr std::span<const QueryParameter> kNoQuery;

constexpr Route get(std::string_view path, Roles roles, Handler handler,
                    std::span<const QueryParameter> query, std::string_view response,
                    std::string_view summary) {
  return {.method = "GET",
          .path = path,
          .roles = roles,
          .handler = handler,
          .query = query,
          .response = response,
          .summary = summary};
}
constexpr Route post(std::string_view path, Roles roles, Handler handler, std::string_view request,
                     std::string_view response, std::string_view summary, int status = 200) {
  return {.method = "POST",
          .path = path,
          .roles = roles,
          .handler = handler,
          .request = request,
          .response = response,
          .status = status,
          .summary = summary};
}
constexpr Route with_query(Route route, std::span<const QueryParameter> query) {
  route.query = query;
  return route;
}
constexpr Route with_body_of(Route route, std::size_t bytes_max) {
  route.body_bytes_max = bytes_max;
  return route;
}
constexpr Route later(std::string_view method, std::string_view path, Roles roles) {
  return {.method = method,
          .path = path,
          .roles = roles,
          .handler = &refuse_later,
          .is_built = false,
          .summary = kLater};
}

constexpr std::array kRoutes{
    // What agents ask and tell.
    with_query(post("/v1/check", kCallers, &post_check, "Check", "Decision",
                    "Asks whether an action may happen, and reserves what it needs"),
               kExplainQuery),
    post("/v1/report", kCallers, &post_report, "Report", "ReportResult",
         "Says how a permitted action ended"),
    with_body_of(post("/v1/events", kSenders, &post_events, "Events", "EventsResult",
                      "Says what happened, as NDJSON or an array"),
                 kEventsBytesMax),
    get("/v1/config/client", kEveryone, &get_client_settings, kNoQuery, "ClientSettings",
        "What a client does when nobody answers"),
    // What stands where.
    get("/v1/slos", kPeople, &get_slos, kKeyQuery, "Slos",
        "Objectives, budgets and burn rates by key"),
    get("/v1/slos/{name}", kPeople, &get_slos, kOneSloQuery, "Slos", "One SLO"),
    get("/v1/breakers", kPeople, &get_breakers, kBreakerQuery, "Breakers",
        "Circuit breakers by key"),
    post("/v1/breakers/{id}/force", kOperators, &post_force, "Force", "Override",
         "Holds a breaker open or closed for a while"),
    get("/v1/limits", kPeople, &get_limits, kKeyQuery, "Limits",
        "Budgets, rates and concurrency by key"),
    post("/v1/limits/{id}/raise", kOperators, &post_raise, "Raise", "Override",
         "Raises a budget of one key for a while"),
    get("/v1/agents", kPeople, &get_agents, kAgentQuery, "Agents",
        "Agents that were heard, what they used and cost"),
    get("/v1/decisions", kPeople, &get_decisions, kDecisionQuery, "Decisions",
        "The last decisions since the start"),
    get("/v1/explain/{id}", kPeople, &get_explain, kNoQuery, "Story",
        "The story of session:ID, task:ID or decision:ID, as far back as the daemon remembers"),
    get("/v1/audit", kPeople, &get_audit, kAuditQuery, "Audit",
        "The audit chain, each part verified when it is first read"),
    Route{.method = "GET",
          .path = "/v1/stream",
          .roles = kFollowers,
          .handler = &get_stream,
          .query = kStreamQuery,
          .media = "text/event-stream",
          .is_endless = true,
          .summary = "Every change of state as server-sent events, resumable by Last-Event-ID"},
    // People's answers and orders.
    get("/v1/approvals", kFollowers, &get_approvals, kApprovalQuery, "Approvals",
        "Requests that wait for a person, and answers in force"),
    post("/v1/approvals", kApprovers, &post_approval, "ApprovalAnswerWithId", "ApprovalResult",
         "Grants or denies the approval that the body names"),
    get("/v1/approvals/{id}", kFollowers, &get_approvals, kNoQuery, "Approval", "One approval"),
    post("/v1/approvals/{id}", kApprovers, &post_approval, "ApprovalAnswer", "ApprovalResult",
         "Grants or denies an approval"),
    get("/v1/kills", kFollowers, &get_kills, kKillQuery, "Kills", "Stop orders, re-armed ones too"),
    post("/v1/kills", kStoppers, &post_kill, "Kill", "KillResult",
         "Stops a scope, and ends what runs in it", 201),
    post("/v1/kills/drills", kStoppers, &post_drill, "Drill", "KillResult",
         "Exercises the way of a stop order on a scope that stops nobody", 201),
    post("/v1/kills/{id}/rearm", kApprovers, &post_rearm, "Rearm", "RearmResult",
         "One person's approval of re-arming; the second, different one re-arms", 201),
    // Supervised processes.
    Route{.method = "POST",
          .path = "/v1/processes",
          .roles = kCallers,
          .handler = &post_process,
          .request = "Process",
          .media = "application/x-ndjson",
          .is_endless = true,
          .summary = "Registers a process; the answer goes on with the orders that cover it"},
    post("/v1/processes/{id}/ack", kCallers, &post_process_ack, "Acknowledgement", "Empty",
         "Says what became of an order"),
    // The daemon itself.
    Route{.method = "GET",
          .path = "/",
          .roles = Roles::anyone(),
          .handler = &get_front_page,
          .media = "text/html",
          .summary = "What this is, with links, for a browser"},
    get("/healthz", Roles::anyone(), &get_health, kNoQuery, "Health", "The process is alive"),
    get("/readyz", Roles::anyone(), &get_readiness, kNoQuery, "Readiness",
        "The state is restored and every listener is up"),
    get("/openapi.json", Roles::anyone(), &get_description, kNoQuery, "Description",
        "This description"),
    Route{.method = "GET",
          .path = "/metrics",
          .roles = kPeople,
          .handler = &get_metrics,
          .media = "text/plain",
          .summary = "Metrics as Prometheus reads them"},
    later("GET", "/v1/incidents", kPeople),
    later("GET", "/v1/chaos/runs", kPeople),
    later("POST", "/v1/chaos/runs", kOperators),
    later("POST", "/v1/chaos/runs/{id}/abort", kStoppers),
    later("GET", "/v1/gate/{slo}", kPeople),
    later("POST", "/authz", kCallers),
    // OpenTelemetry.
    Route{.method = "POST",
          .path = "/v1/traces",
          .listener = Listener::Otlp,
          .roles = kSenders,
          .handler = &post_traces,
          .media = "application/x-protobuf",
          .body_bytes_max = kTracesBytesMax,
          .summary = "An ExportTraceServiceRequest"},
    Route{.method = "POST",
          .path = "/v1/metrics",
          .listener = Listener::Otlp,
          .roles = kSenders,
          .handler = &post_other_signal,
          .body_bytes_max = kTracesBytesMax,
          .is_built = false,
          .summary = kLater},
    Route{.method = "POST",
          .path = "/v1/logs",
          .listener = Listener::Otlp,
          .roles = kSenders,
          .handler = &post_other_signal,
          .body_bytes_max = kTracesBytesMax,
          .is_built = false,
          .summary = kLater},
};

}  // namespace

std::span<const Route> routes() { return kRoutes; }

}  // namespace fusebox::api
