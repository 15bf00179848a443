#include "sre/cli/detail/demo_daemon.hpp"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <unistd.h>

namespace fusebox::cli {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr Duration kReadyLimit = std::chrono::seconds{20};
constexpr Duration kStopLimit = std::chrono::seconds{10};
constexpr Duration kAnswerLimit = std::chrono::seconds{20};

Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Unexpected{ErrorCode::FileUnreadable, path + " cannot be read"};
  return text.str();
}

std::string text_of(const json::value& object, std::string_view name) {
  const json::value* value = object.is_object() ? object.as_object().if_contains(name) : nullptr;
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

std::string own_path() {
  std::error_code failed;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? "fusebox" : path.string();
}

Result<DemoDaemon> DemoDaemon::start(std::string_view configuration) {
  std::string folder = (std::filesystem::temp_directory_path() / "fusebox-demo-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    return Unexpected{ErrorCode::FileUnreadable,
                      folder + ": " + std::generic_category().message(errno)};
  }
  DemoDaemon daemon(folder);
  std::ofstream(folder + "/fusebox.yaml") << configuration;
  if (auto launched = daemon.launch(); !launched) return Unexpected{launched.error()};
  return daemon;
}

DemoDaemon::~DemoDaemon() {
  process_.reset();
  if (folder_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Result<void> DemoDaemon::launch() {
  auto process = ChildProcess::start({own_path(), "serve", "-c", folder_ + "/fusebox.yaml"},
                                     folder_ + "/daemon.log");
  if (!process) return Unexpected{process.error()};
  process_.emplace(std::move(*process));
  return await_ready();
}

// listen.json stands there once the daemon is ready, and not before.
Result<void> DemoDaemon::await_ready() {
  const auto until = SteadyClock::now() + kReadyLimit;
  for (;;) {
    if (const auto text = read_text(folder_ + "/state/listen.json"); text && !text->empty()) {
      boost::system::error_code failed;
      const json::value listen = json::parse(*text, failed);
      api_ = text_of(listen, "api");
      otlp_ = text_of(listen, "otlp_http");
      if (!api_.empty()) return {};
    }
    const bool ended = process_->wait(milliseconds{20}).has_value();
    if (!ended && SteadyClock::now() < until) continue;
    const auto log = read_text(folder_ + "/daemon.log");
    return Unexpected{ErrorCode::Unreachable,
                      "the demo's daemon did not become ready: " + (log ? *log : "no log")};
  }
}

Result<json::value> DemoDaemon::ask(const std::string& server, const runtime::HttpCall& call) {
  const auto endpoint = runtime::parse_endpoint(server);
  if (!endpoint) return Unexpected{endpoint.error()};
  auto client = runtime::HttpClient::connect(*endpoint, kAnswerLimit);
  if (!client) return Unexpected{client.error()};
  const auto response = client->request(call, kAnswerLimit);
  if (!response) return Unexpected{response.error()};
  if (response->status / 100 != 2) {
    return Unexpected{ErrorCode::InvalidValue, std::string(call.target) + " answers " +
                                                   std::to_string(response->status) + ": " +
                                                   response->body};
  }
  boost::system::error_code failed;
  json::value body = json::parse(response->body, failed);
  return failed ? json::value() : body;
}

Result<json::value> DemoDaemon::get(std::string_view target) {
  return ask(api_, {.target = target});
}

Result<json::value> DemoDaemon::post(std::string_view target, const json::value& body) {
  runtime::HttpHeaders headers;
  headers.add("Content-Type", "application/json");
  const std::string text = json::serialize(body);
  return ask(target == "/v1/traces" ? otlp_ : api_,
             {.method = "POST", .target = target, .headers = std::move(headers), .body = text});
}

Result<void> DemoDaemon::kill_and_restart() {
  process_->signal(SIGKILL);
  (void)process_->wait(kStopLimit);
  // It names the ports of the one that was killed; the new one removes it too, but a little later.
  std::error_code ignored;
  std::filesystem::remove(folder_ + "/state/listen.json", ignored);
  return launch();
}

}  // namespace fusebox::cli
