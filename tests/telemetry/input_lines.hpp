// One journal line for each kind of input, with every member it may have, written as
// append_journal_line writes it: what reads a line, encodes it or writes it must lose none of it.
#pragma once

#include <string>
#include <vector>

namespace fusebox::telemetry {

struct InputLine {
  std::string name;
  std::string line;
};

inline std::vector<InputLine> input_lines() {
  constexpr const char* kEventIdentity =
      R"("agent":"a","tenant":"b","environment":"c","version":"d","user":"e","session":"f",)"
      R"("task":"g","parent_task":"h","root_task":"i","trace_id":"j","tool":"l","model":"m",)"
      R"("provider":"n","to_agent":"o","domain":"p","span_id":"k",)";
  const std::string measured =
      R"("duration_ms":1.5,"ttft_ms":0.25,"tokens_in":3,"tokens_out":4,"cost_usd":"0.000001",)"
      R"("files_changed":7)";
  return {
      {"Event", R"({"at":"2026-01-01T00:00:00.5Z","event":{"at":"2025-12-31T23:59:59Z",)"
                R"("kind":"llm",)" +
                    std::string(kEventIdentity) + R"("id":"r","outcome":"timeout","error":"q",)" +
                    measured +
                    R"(,"score":0.5,"confidence":1,"trust":1000,"depth":6,"weight":10,)"
                    R"("attributes":{"z":null,"a":[1,{"b":-2.5},[]],"c":{},"d":"é\n","e":true}}})"},
      {"EventOfTwoMembers",
       R"({"at":"1970-01-01T00:00:00Z","event":{"kind":"heartbeat","agent":"bot"}})"},
      {"Check", R"({"at":"2026-01-01T00:00:00Z","id":"c1","check":{"action":"tool","target":"t",)" +
                    std::string(kEventIdentity) +
                    R"("estimate":{"tokens":1,"cost_usd":"1000000000","files_changed":2},)"
                    R"("trust":0,"depth":0,"idempotency_key":"k","args":{"n":1,"s":["x",null]},)"
                    R"("attributes":{"capability":"shell"}}})"},
      {"CheckOfTwoMembers",
       R"({"at":"2026-01-01T00:00:00Z","check":{"action":"task","agent":"bot"}})"},
      {"Report", R"({"at":"2026-01-01T00:00:00Z","report":{"permit":"c1","outcome":"error",)"
                 R"("error":"e",)" +
                     measured + "}}"},
      {"Kill", R"({"at":"2026-01-01T00:00:00Z","kill":{"scope":"agent:bot","reason":"r",)"
               R"("actor":"alice"}})"},
      {"KillByNobody", R"({"at":"2026-01-01T00:00:00Z","kill":{"scope":"global","reason":"r"}})"},
      {"Rearm", R"({"at":"2026-01-01T00:00:00Z","rearm":{"id":"kill-1","reason":"r",)"
                R"("actor":"bob"}})"},
      {"Grant", R"({"at":"2026-01-01T00:00:00Z","approval":{"id":"c1","action":"grant",)"
                R"("reason":"r","actor":"bob","for":"90m"}})"},
      {"Denial", R"({"at":"2026-01-01T00:00:00Z","approval":{"id":"c1","action":"deny",)"
                 R"("reason":"r","actor":"bob"}})"},
      {"Force", R"({"at":"2026-01-01T00:00:00Z","force":{"id":"tools:search","state":"closed",)"
                R"("for":"1h","reason":"r","actor":"bob"}})"},
      {"ForceUntil", R"({"at":"2026-01-01T00:00:00Z","force":{"id":"tools","state":"open",)"
                     R"("until":"2026-01-02T00:00:00Z","reason":"r","actor":"bob"}})"},
      {"RaiseTo", R"({"at":"2026-01-01T00:00:00Z","raise":{"id":"calls:bot","dimension":"depth",)"
                  R"("to":30,"for":"1h","reason":"r","actor":"bob"}})"},
      {"RaiseOfMoney", R"({"at":"2026-01-01T00:00:00Z","raise":{"id":"c","dimension":"cost_usd",)"
                       R"("by":"0.5","for":"1h","reason":"r","actor":"bob"}})"},
      {"RaiseOfTime", R"({"at":"2026-01-01T00:00:00Z","raise":{"id":"c","dimension":"wall_clock",)"
                      R"("by":"30m","for":"1h","reason":"r","actor":"bob"}})"},
      {"Denial", R"({"at":"2026-01-01T00:00:00Z","denial":{"actor":"bots","tenant":"acme",)"
                 R"("agent":"other","route":"POST /v1/check"}})"},
      {"CountedDenial", R"({"at":"2026-01-01T00:00:00Z","denial":{"actor":"bots",)"
                        R"("agent":"other","route":"POST /v1/check","untold":7}})"},
      {"SampledEvent", R"({"at":"2026-01-01T00:00:00Z","event":{"kind":"llm","agent":"bot",)"
                       R"("rate_unknown":true}})"},
      {"Terminator", R"({"at":"2026-01-01T00:00:00Z","terminator":{"order":"kill-1",)"
                     R"("kind":"webhook","name":"pager","outcome":"timed_out","detail":"5s",)"
                     R"("took_ms":5000}})"},
      {"TerminatorOfFewMembers", R"({"at":"2026-01-01T00:00:00Z","terminator":{"order":"kill-1",)"
                                 R"("kind":"process","outcome":"confirmed","took_ms":0}})"},
      {"Tick", R"({"at":"2026-01-01T00:00:00Z","tick":true})"},
  };
}

}  // namespace fusebox::telemetry
