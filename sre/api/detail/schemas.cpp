#include "sre/api/detail/schemas.hpp"

#include <array>

namespace fusebox::api::detail {
namespace {

constexpr std::array kSchemas{
    Schema{"Problem", R"({"type":"object","required":["title","status"],"properties":{
"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},
"field":{"type":"string","description":"whose value is wrong"},
"code":{"type":"string","pattern":"^E[0-9]{4}$"}}})"},
    Schema{"Empty", R"({"type":"object","additionalProperties":false})"},
    Schema{"Description", R"({"type":"object"})"},

    // Shared pieces.
    Schema{"Dimensions", R"({"type":"object","properties":{
"agent":{"type":"string","minLength":1},"tenant":{"type":"string"},"environment":{"type":"string"},
"version":{"type":"string"},"user":{"type":"string"},"session":{"type":"string"},
"task":{"type":"string"},"parent_task":{"type":"string"},"root_task":{"type":"string"},
"trace_id":{"type":"string"},"tool":{"type":"string"},"model":{"type":"string"},
"provider":{"type":"string"},"to_agent":{"type":"string"},"domain":{"type":"string"}}})"},
    Schema{"Money", R"({"description":"USD from 0 to 1e9","oneOf":[
{"type":"number","minimum":0,"maximum":1000000000},
{"type":"string","pattern":"^[0-9]{1,9}([.][0-9]{1,6})?$"}]})"},
    Schema{"Measurements", R"({"type":"object","properties":{
"duration_ms":{"type":"number","minimum":0},"ttft_ms":{"type":"number","minimum":0},
"tokens_in":{"type":"integer","minimum":0,"maximum":9223372036854775807},
"tokens_out":{"type":"integer","minimum":0,"maximum":9223372036854775807},
"cost_usd":{"$ref":"#/components/schemas/Money"},
"files_changed":{"type":"integer","minimum":0,"maximum":9223372036854775807}}})"},
    Schema{"Time", R"({"type":"string","format":"date-time"})"},
    Schema{"Key", R"({"type":"object","additionalProperties":{"type":"string"}})"},

    // What agents ask and tell.
    Schema{"Check", R"({"allOf":[{"$ref":"#/components/schemas/Dimensions"}],"type":"object",
"required":["agent","action"],"properties":{
"action":{"enum":["llm","tool","delegation","task"]},"target":{"type":"string"},
"span_id":{"type":"string"},"trust":{"type":"integer","minimum":0,"maximum":1000},
"depth":{"type":"integer","minimum":0,"maximum":9223372036854775807},
"idempotency_key":{"type":"string"},"args":{"type":"object"},"attributes":{"type":"object"},
"estimate":{"type":"object","additionalProperties":false,"properties":{
"tokens":{"type":"integer","minimum":0,"maximum":9223372036854775807},
"cost_usd":{"$ref":"#/components/schemas/Money"},
"files_changed":{"type":"integer","minimum":0,"maximum":9223372036854775807}}}},
"unevaluatedProperties":false})"},
    Schema{"Decision", R"({"type":"object","required":["id","effect","epoch"],"properties":{
"id":{"type":"string"},"effect":{"enum":["allow","degrade","throttle","require_approval","deny"]},
"gate":{"enum":["kill","governance","reliability"]},
"reason":{"enum":["killed","policy_denied","approval_required","budget_exceeded","rate_limited",
"concurrency_limited","depth_exceeded","breaker_open","breaker_probing","restricted",
"engine_error"]},"rule":{"type":"string"},"message":{"type":"string"},
"permit":{"type":"string","description":"stands there when it proceeds; for the report"},
"epoch":{"type":"integer"},"policy":{"type":"string"},"ttl_ms":{"type":"integer"},
"retry_after_ms":{"type":"integer"},
"approval":{"type":"object","required":["id","expires"],"properties":{"id":{"type":"string"},
"expires":{"$ref":"#/components/schemas/Time"}}},
"would_be":{"type":"array","items":{"type":"object"}},
"explain":{"type":"array","items":{"type":"object","properties":{"rule":{"type":"string"},
"text":{"type":"string"}}}}}})"},
    Schema{"Outcome", R"({"enum":["ok","error","timeout","cancelled","throttled","denied"]})"},
    Schema{"Report", R"({"allOf":[{"$ref":"#/components/schemas/Measurements"}],"type":"object",
"required":["permit","outcome"],"properties":{"permit":{"type":"string","minLength":1},
"outcome":{"$ref":"#/components/schemas/Outcome"},"error":{"type":"string"}},
"unevaluatedProperties":false})"},
    Schema{"ReportResult", R"({"type":"object","required":["result"],"properties":{
"result":{"enum":["committed","repeated","late","unknown"]}}})"},
    Schema{"Event", R"({"allOf":[{"$ref":"#/components/schemas/Dimensions"},
{"$ref":"#/components/schemas/Measurements"}],"type":"object","required":["agent","kind"],
"properties":{"at":{"type":["string","integer"]},
"kind":{"enum":["task","llm","tool","delegation","policy","evaluation","heartbeat"]},
"span_id":{"type":"string"},"id":{"type":"string"},
"outcome":{"$ref":"#/components/schemas/Outcome"},"error":{"type":"string"},
"score":{"type":"number","minimum":0,"maximum":1},
"confidence":{"type":"number","minimum":0,"maximum":1},
"trust":{"type":"integer","minimum":0,"maximum":1000},
"depth":{"type":"integer","minimum":0,"maximum":9223372036854775807},
"weight":{"type":"number","exclusiveMinimum":0,"maximum":1000000000000},
"args_hash":{"type":"string"},"attributes":{"type":"object"}}})"},
    Schema{"Events", R"({"type":"array","items":{"$ref":"#/components/schemas/Event"}})"},
    Schema{"EventsResult", R"({"type":"object","required":["accepted","rejected"],"properties":{
"accepted":{"type":"integer"},"rejected":{"type":"array","items":{"type":"object",
"required":["line","error"],"properties":{"line":{"type":"integer"},"error":{"type":"string"}}}},
"rejected_untold":{"type":"integer"}}})"},
    Schema{"ClientSettings", R"({"type":"object","required":["auth","on_unreachable"],
"properties":{"auth":{"enum":["none","tokens"]},"on_unreachable":{"type":"object",
"required":["tool","delegation","read","llm","task"],
"additionalProperties":{"enum":["deny","allow"]}}}})"},

    // What stands where.
    Schema{"Slos", R"({"type":"object","required":["slos"],"properties":{"slos":{"type":"array",
"items":{"type":"object","required":["slo","key","objective_name","good","bad","total","objective",
"sli","budget_remaining","burn_rate","status","uncertain","no_data"],"properties":{
"slo":{"type":"string"},"key":{"$ref":"#/components/schemas/Key"},
"objective_name":{"type":"string"},"good":{"type":"integer"},"bad":{"type":"integer"},
"total":{"type":"integer"},"objective":{"type":"number"},"sli":{"type":["number","null"]},
"budget_remaining":{"type":"number"},"burn_rate":{"type":"object",
"additionalProperties":{"type":"number"}},
"status":{"enum":["healthy","no_data","uncertain","warning","critical","exhausted"]},
"uncertain":{"type":"boolean"},"no_data":{"type":"boolean"},
"percentiles":{"type":"object","additionalProperties":{"type":["number","null"]}}}}},
"next":{"type":"string"}}})"},
    Schema{"Breakers", R"({"type":"object","required":["breakers"],"properties":{
"breakers":{"type":"array","items":{"type":"object",
"required":["id","breaker","key","state","generation","calls","failures","slow","mode","since"],
"properties":{"id":{"type":"string"},"breaker":{"type":"string"},
"key":{"$ref":"#/components/schemas/Key"},"state":{"enum":["closed","open","half_open"]},
"mode":{"enum":["enforce","shadow"]},"since":{"$ref":"#/components/schemas/Time"},
"retry_at":{"$ref":"#/components/schemas/Time"},"generation":{"type":"integer"},
"calls":{"type":"integer"},"failures":{"type":"integer"},"slow":{"type":"integer"},
"forced_by":{"type":"string"},"forced_reason":{"type":"string"},
"forced":{"type":"object","properties":{"until":{"$ref":"#/components/schemas/Time"}}}}}},
"next":{"type":"string"}}})"},
    Schema{"Amounts", R"({"type":"object","additionalProperties":{"type":"number"}})"},
    Schema{"Limits", R"({"type":"object","required":["limits"],"properties":{
"limits":{"type":"array","items":{"type":"object",
"required":["id","limit","key","mode","used","reserved","max","overrun","resets"],"properties":{
"id":{"type":"string"},"limit":{"type":"string"},"key":{"$ref":"#/components/schemas/Key"},
"mode":{"enum":["enforce","shadow"]},"used":{"$ref":"#/components/schemas/Amounts"},
"reserved":{"$ref":"#/components/schemas/Amounts"},"max":{"$ref":"#/components/schemas/Amounts"},
"overrun":{"type":"boolean"},"resets":{"type":"object",
"additionalProperties":{"$ref":"#/components/schemas/Time"}},
"in_flight":{"type":"integer"},"in_flight_max":{"type":"integer"},
"rate":{"type":"object","properties":{"available":{"type":"integer"},"burst":{"type":"integer"}}},
"raised":{"type":"array","items":{"type":"string"}}}}},"next":{"type":"string"}}})"},
    Schema{"Agents", R"({"type":"object","required":["agents"],"properties":{
"agents":{"type":"array","items":{"type":"object","required":["agent","tenant","silent",
"events","tokens_in","tokens_out","cost_usd","open_permits"],"properties":{
"agent":{"type":"string"},"tenant":{"type":"string"},"heard":{"$ref":"#/components/schemas/Time"},
"silent":{"type":"boolean"},"events":{"type":"integer"},"tokens_in":{"type":"integer"},
"tokens_out":{"type":"integer"},"cost_usd":{"type":"number"},"open_permits":{"type":"integer"}}}},
"next":{"type":"string"}}})"},
    Schema{"Decisions", R"({"type":"object","required":["decisions"],"properties":{
"decisions":{"type":"array","items":{"type":"object","required":["at","seq","check","decision"],
"properties":{"at":{"$ref":"#/components/schemas/Time"},"seq":{"type":"integer"},
"check":{"type":"object","additionalProperties":{"type":"string"}},
"decision":{"$ref":"#/components/schemas/Decision"}}}},"next":{"type":"integer"}}})"},
    Schema{"Audit", R"({"type":"object","required":["audit","entries","head","key_fingerprint"],
"properties":{"audit":{"type":"array","items":{"type":"object",
"required":["n","at","kind","body","prev","hash"],"properties":{"n":{"type":"integer"},
"at":{"$ref":"#/components/schemas/Time"},"kind":{"type":"string"},"body":{"type":"object"},
"prev":{"type":"string"},"hash":{"type":"string"}}}},"next":{"type":"integer"},
"entries":{"type":"integer"},"head":{"type":"string"},"key_fingerprint":{"type":"string"},
"first_bad":{"type":"object","properties":{"file":{"type":"string"},"entry":{"type":"integer"},
"why":{"type":"string"}}}}})"},

    // People's answers and orders.
    Schema{"Force", R"({"type":"object","required":["state","reason"],"additionalProperties":false,
"oneOf":[{"required":["for"]},{"required":["until"]}],
"properties":{"state":{"enum":["open","closed"]},"reason":{"type":"string","minLength":1},
"for":{"type":"string","description":"1h"},
"until":{"$ref":"#/components/schemas/Time"},
"actor":{"type":"string","minLength":1,"description":"with authentication the token says who"}}})"},
    Schema{"Raise", R"({"type":"object","required":["dimension","reason"],
"additionalProperties":false,"allOf":[{"oneOf":[{"required":["to"]},{"required":["by"]}]},
{"oneOf":[{"required":["for"]},{"required":["until"]}]}],
"properties":{"dimension":{"enum":["tokens","tokens_in","tokens_out",
"cost_usd","tool_calls","model_calls","files_changed","wall_clock","depth"]},
"to":{"type":["integer","number","string"],"description":"the new maximum"},
"by":{"type":["integer","number","string"],"description":"what is added to the configured one"},
"for":{"type":"string"},"until":{"$ref":"#/components/schemas/Time"},
"reason":{"type":"string","minLength":1},"actor":{"type":"string","minLength":1}}})"},
    Schema{"Override", R"({"type":"object","required":["id","until"],"properties":{
"id":{"type":"string"},"until":{"$ref":"#/components/schemas/Time"}}})"},
    Schema{"Approval", R"({"type":"object","required":["id","state","asked","expires","tenant",
"agent","session","task","action","target","rule"],"properties":{"id":{"type":"string"},
"state":{"enum":["pending","granted","refused"]},"asked":{"$ref":"#/components/schemas/Time"},
"expires":{"$ref":"#/components/schemas/Time"},"tenant":{"type":"string"},
"agent":{"type":"string"},"session":{"type":"string"},"task":{"type":"string"},
"action":{"type":"string"},"target":{"type":"string"},"rule":{"type":"string"},
"actor":{"type":"string"}}})"},
    Schema{"Approvals", R"({"type":"object","required":["approvals"],"properties":{
"approvals":{"type":"array","items":{"$ref":"#/components/schemas/Approval"}},
"next":{"type":"string"}}})"},
    Schema{"ApprovalAnswer", R"({"type":"object","required":["action","reason"],
"additionalProperties":false,"properties":{"action":{"enum":["grant","deny"]},
"reason":{"type":"string","minLength":1},"actor":{"type":"string","minLength":1},
"for":{"type":"string","description":"how long a grant holds: 1h"}}})"},
    Schema{"ApprovalAnswerWithId", R"({"type":"object","required":["id","action","reason"],
"additionalProperties":false,"properties":{"id":{"type":"string","minLength":1},
"action":{"enum":["grant","deny"]},"reason":{"type":"string","minLength":1},
"actor":{"type":"string","minLength":1},"for":{"type":"string"}}})"},
    Schema{"ApprovalResult", R"({"type":"object","required":["id","state","expires"],"properties":{
"id":{"type":"string"},"state":{"enum":["granted","refused"]},
"expires":{"$ref":"#/components/schemas/Time"}}})"},
    Schema{"Kills", R"({"type":"object","required":["kills"],"properties":{"kills":{"type":"array",
"items":{"type":"object","required":["id","scope","epoch","state","reason","actor","at",
"rearm_actors"],"properties":{"id":{"type":"string"},"scope":{"type":"string"},
"epoch":{"type":"integer"},"state":{"enum":["armed","tripped"]},"reason":{"type":"string"},
"actor":{"type":"string"},"at":{"$ref":"#/components/schemas/Time"},
"rearm_actors":{"type":"array","items":{"type":"string"}}}}}}})"},
    Schema{"Kill", R"({"type":"object","required":["scope","reason"],"additionalProperties":false,
"properties":{"scope":{"type":"string","minLength":1,
"description":"global, agent:A, tenant:T, tenant:T/agent:A, session:S, task:T, tool:T, model:M, …"},
"reason":{"type":"string","minLength":1},"actor":{"type":"string","minLength":1},
"category":{"enum":["hard","drain"]},
"deadline_ms":{"type":"integer","minimum":0,"maximum":600000}}})"},
    Schema{"Drill", R"({"type":"object","required":["reason"],"additionalProperties":false,
"properties":{"name":{"type":"string","minLength":1,"description":"the time if it is absent"},
"scope":{"type":"string","pattern":"^drill:.","description":"drill:NAME, instead of name"},
"reason":{"type":"string","minLength":1},"actor":{"type":"string","minLength":1},
"category":{"enum":["hard","drain"]},
"deadline_ms":{"type":"integer","minimum":0,"maximum":600000}}})"},
    Schema{"KillResult", R"({"type":"object","required":["id","scope","epoch","durable",
"terminators"],"properties":{"id":{"type":"string"},"scope":{"type":"string"},
"epoch":{"type":"integer"},"durable":{"type":"boolean","description":"survives a power cut"},
"terminators":{"type":"array","items":{"type":"object",
"required":["kind","name","outcome","took_ms"],"properties":{
"kind":{"enum":["process","webhook","command"]},"name":{"type":"string"},
"outcome":{"enum":["confirmed","unconfirmed","failed","timed_out"]},"detail":{"type":"string"},
"took_ms":{"type":"integer"}}}}}})"},
    Schema{"Rearm", R"({"type":"object","required":["reason"],"additionalProperties":false,
"properties":{"reason":{"type":"string","minLength":1},
"actor":{"type":"string","minLength":1}}})"},
    Schema{"RearmResult", R"({"type":"object","required":["id","scope","epoch","state",
"rearm_approvals","durable","terminators"],"properties":{"id":{"type":"string"},
"scope":{"type":"string"},"epoch":{"type":"integer"},"state":{"enum":["armed","tripped"]},
"rearm_approvals":{"type":"integer"},"durable":{"type":"boolean"},
"terminators":{"type":"array","maxItems":0}}})"},

    // Supervised processes.
    Schema{"Process", R"({"type":"object","required":["agent"],"additionalProperties":false,
"properties":{"agent":{"type":"string","minLength":1},"tenant":{"type":"string"},
"session":{"type":"string"},"name":{"type":"string"},
"pid":{"type":"integer","minimum":1,"maximum":2147483647}}})"},
    Schema{"Acknowledgement", R"({"type":"object","required":["order","outcome"],
"additionalProperties":false,"properties":{"order":{"type":"string","minLength":1},
"outcome":{"enum":["confirmed","unconfirmed","failed"]},"detail":{"type":"string"},
"took_ms":{"type":"integer","minimum":0,"maximum":86400000}}})"},

    // The daemon itself.
    Schema{"Health", R"({"type":"object","required":["status","version"],"properties":{
"status":{"const":"ok"},"version":{"type":"string"},"storage":{"enum":["ok","failing"]}}})"},
    Schema{"Readiness", R"({"type":"object","required":["status"],"properties":{
"status":{"const":"ready"}}})"},
};

}  // namespace

std::span<const Schema> schemas() { return kSchemas; }

}  // namespace fusebox::api::detail
