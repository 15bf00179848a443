// GET /: what this is, for somebody who opened the address in a browser. Complete in itself: no
// script, no font, no picture, nothing from another address.
#include <array>

#include "sre/api/detail/call.hpp"
#include "sre/api/detail/handlers.hpp"

namespace fusebox::api::detail {
namespace {

// The page may load nothing and send nothing; its one style sheet stands in it.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>fusebox</title>
<style>
:root { color-scheme: light dark; --text: #1b1f24; --quiet: #57606a; --page: #fff; --link: #0550ae }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --quiet: #9198a1; --page: #0d1117; --link: #79c0ff }
}
body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif;
  color: var(--text); background: var(--page) }
a { color: var(--link) }
small, td { color: var(--quiet) }
td { padding: .1rem 1.5rem .1rem 0 }
</style>
)";

struct Link {
  std::string_view path;
  std::string_view about;
};

constexpr std::array kAboutItself{
    Link{"/metrics", "for Prometheus"}, Link{"/openapi.json", "every route, for programs"},
    Link{"/healthz", "the process is alive"}, Link{"/readyz", "the state is restored"}};
constexpr std::array kLists{Link{"/v1/slos", "objectives, error budgets, burn rates"},
                            Link{"/v1/breakers", "circuit breakers"},
                            Link{"/v1/limits", "budgets, rates, concurrency"},
                            Link{"/v1/agents", "agents that were heard, tokens, cost"},
                            Link{"/v1/approvals", "requests that wait for a person"},
                            Link{"/v1/kills", "stop orders"},
                            Link{"/v1/decisions", "the last decisions"},
                            Link{"/v1/audit", "the record of refusals and stops"}};

void append_links(std::string& out, std::span<const Link> links) {
  out += "<table>\n";
  for (const Link& link : links) {
    out.append("<tr><td><a href=\"").append(link.path).append("\">").append(link.path);
    out.append("</a><td>").append(link.about).append("\n");
  }
  out += "</table>\n";
}

std::string front_page(const Services& services, bool needs_token) {
  std::string out(kHead);
  out += "<h1>fusebox <small>" + services.version + "</small></h1>\n";
  out +=
      "<p>A reliability and chaos engine for fleets of AI agents. This is its daemon: it hears "
      "telemetry, answers checks, and stops agents for good when a person or a policy says so. "
      "The console comes later; until then these are plain pages for programs.</p>\n";
  append_links(out, kAboutItself);
  out += "<h2>Lists</h2>\n";
  append_links(out, kLists);
  if (needs_token) {
    out +=
        "<p>The lists and the metrics need a token, which a browser does not send: "
        "<code>curl -H 'Authorization: Bearer TOKEN' …</code></p>\n";
  }
  out +=
      "<p><small>On the command line: <code>fusebox agents --watch</code>, "
      "<code>fusebox slo</code>, <code>fusebox kill agent:NAME --reason TEXT</code></small></p>\n";
  return out;
}

}  // namespace

void get_front_page(const CallPtr& call) {
  runtime::HttpResponse page{.content_type = "text/html; charset=utf-8"};
  page.headers.add("Content-Security-Policy", kPolicy);
  page.headers.add("X-Content-Type-Options", "nosniff");
  page.body = front_page(*call->services, call->configured->settings.credentials.are_required());
  call->answer(std::move(page));
}

}  // namespace fusebox::api::detail
