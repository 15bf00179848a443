// serve: the daemon. Puts the parts together, says what it does, and ends them in order.
#include <condition_variable>
#include <csignal>
#include <iostream>
#include <memory>
#include <mutex>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/json_writer.hpp"
#include "sre/api/api.hpp"
#include "sre/api/routes.hpp"
#include "sre/api/webhooks.hpp"
#include "sre/cli/commands.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/cli/metrics_text.hpp"
#include "sre/config/journal_text.hpp"
#include "sre/config/source.hpp"
#include "sre/config/token_files.hpp"
#include "sre/runtime/engine_host.hpp"
#include "sre/runtime/http_server.hpp"
#include "sre/runtime/io_threads.hpp"
#include "sre/store/posix_files.hpp"

namespace fusebox::cli {
namespace {

constexpr int kIoThreads = 2;
constexpr Duration kDrain = std::chrono::seconds{10};
constexpr Duration kWatchFiles = std::chrono::seconds{2};

constexpr runtime::HttpLimits kApiLimits{.body_bytes_max = api::kEventsBytesMax};
constexpr runtime::HttpLimits kOtlpLimits{.body_bytes_max = api::kTracesBytesMax};

// What stands in the files, and in what form the parts want it.
struct Loaded {
  std::vector<config::Source> sources;
  config::Configuration configuration;
  std::vector<config::Token> tokens;
  [[nodiscard]] std::string text() const { return config::pack_sources(sources); }
  [[nodiscard]] runtime::EngineConfiguration engine() const {
    return {text(), configuration.engine, config::journal_text(sources)};
  }
};

std::optional<Loaded> load_all(const std::vector<std::string>& paths) {
  Diagnostics diagnostics;
  std::optional<Loaded> loaded;
  if (paths.empty()) return Loaded{{}, config::built_in(), {}};
  std::vector<config::Source> sources = config::read_sources(paths, diagnostics);
  auto configuration = config::load(sources, diagnostics);
  if (configuration) {
    auto tokens = config::read_tokens(configuration->settings.auth, Severity::Error, diagnostics);
    loaded = Loaded{std::move(sources), std::move(*configuration), std::move(tokens)};
  }
  diagnostics.sort();
  print_diagnostics(diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  return loaded;
}

// The text of a checkpoint back as a specification.
Result<engine::EngineSpec> parse_text(const std::string& text) {
  auto sources = config::unpack_sources(text);
  if (!sources) return Unexpected{sources.error()};
  if (sources->empty()) return config::built_in().engine;
  Diagnostics diagnostics;
  auto loaded = config::load(*sources, diagnostics);
  if (!loaded) {
    return Unexpected{ErrorCode::StateCorrupt,
                      "the configuration that the state was made under is not valid any more"};
  }
  return std::move(loaded->engine);
}

Instant wall_now() {
  return from_ns(std::chrono::duration_cast<std::chrono::nanoseconds>(
                     std::chrono::system_clock::now().time_since_epoch())
                     .count());
}

api::ApiSettings api_settings(const Loaded& loaded) {
  const config::Settings& settings = loaded.configuration.settings;
  return {.credentials = settings.auth.mode == config::AuthMode::None
                             ? api::Credentials{}
                             : api::Credentials(loaded.tokens),
          .prices = settings.prices,
          .on_unreachable = settings.on_unreachable,
          .terminators = settings.terminators};
}

// "0.1.0"
std::string version_number() {
  const std::string text = version_text();
  return text.substr(text.find(' ') + 1);
}

class Daemon {
 public:
  Daemon(std::vector<std::string> paths, Loaded loaded)
      : paths_(std::move(paths)), loaded_(std::move(loaded)), io_(kIoThreads), server_(io_) {}

  int run();

 private:
  [[nodiscard]] Result<void> start();
  [[nodiscard]] Result<void> listen_on_tcp();
  [[nodiscard]] Result<void> start_host();
  [[nodiscard]] Result<void> listen_on_socket();
  void audit(const api::Denial& denial);
  void say_ready(const runtime::Recovery& recovery);
  void wait();
  void ask_to_stop();
  void reload_if_changed(bool wanted);
  void say_storage();
  void reload(Loaded loaded);
  Result<void> stop();
  [[nodiscard]] const config::Settings& settings() const { return loaded_.configuration.settings; }

  const std::vector<std::string> paths_;
  const double started_ = std::chrono::duration<double>(wall_now().time_since_epoch()).count();
  Loaded loaded_;
  std::string text_;              // of the files, as last looked at
  bool storage_failing_ = false;  // as last said
  runtime::IoThreads io_;
  std::unique_ptr<api::Api> api_;
  std::unique_ptr<api::Webhooks> webhooks_;
  runtime::HttpServer server_;
  std::unique_ptr<runtime::EngineHost> host_;
  std::string api_address_;
  std::string otlp_address_;
  runtime::Recovery recovery_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;       // guarded by mutex_
  bool reload_wanted_ = false;  // guarded by mutex_
};

void say(const std::string& text) { std::cerr << "fusebox: " << text << std::endl; }

int Daemon::run() {
  text_ = loaded_.text();
  if (auto started = start(); !started) {
    print_error(started.error().message);
    (void)stop();
    return kFailure;
  }
  say_ready(recovery_);
  wait();
  say("stopping: answering what was asked, writing the state");
  if (auto stopped = stop(); !stopped) {
    print_error(stopped.error().message);
    return kFailure;
  }
  say("stopped");
  return kSuccess;
}

Result<void> Daemon::start() {
  auto signals = io_.on_signals({SIGINT, SIGTERM, SIGHUP}, [this](int number) {
    if (number != SIGHUP) return ask_to_stop();
    {
      const std::lock_guard lock(mutex_);
      reload_wanted_ = true;
    }
    wake_.notify_one();
  });
  if (!signals) return signals;
  webhooks_ = std::make_unique<api::Webhooks>(io_, settings().webhooks);
  api_ = std::make_unique<api::Api>(
      io_, api::ApiOptions{.settings = api_settings(loaded_),
                           .version = version_number(),
                           .files = &store::posix_files(),
                           .audit_folder = store::StatePaths(settings().state).audit,
                           .metrics =
                               [this, names = latency_slos(loaded_.configuration.engine)](
                                   const api::MetricsInput& input) {
                                 return metrics_text(input, {.version = version_number(),
                                                             .latency_slos = names,
                                                             .http = server_.counters(),
                                                             .start_time_seconds = started_});
                               },
                           .on_denied = [this](const api::Denial& denial) { audit(denial); }});
  if (auto listening = listen_on_tcp(); !listening) return listening;
  if (auto started = start_host(); !started) return started;
  return listen_on_socket();
}

// For the audit, through the engine: a replay makes the entry again.
void Daemon::audit(const api::Denial& denial) {
  struct Owned {
    api::Denial denial;
    telemetry::Input input;
  };
  const auto owned = std::make_shared<Owned>(Owned{denial, {}});
  owned->input.body = telemetry::DenialInput{.actor = owned->denial.actor,
                                             .tenant = owned->denial.tenant,
                                             .agent = owned->denial.agent,
                                             .route = owned->denial.route,
                                             .untold = owned->denial.untold};
  host_->submit(runtime::InputRequest{.owner = owned, .input = &owned->input, .answer = nullptr});
}

// Before the state is touched: a taken port is the most usual mistake.
Result<void> Daemon::listen_on_tcp() {
  const auto listen_at = [this](const std::optional<std::string>& address, api::Listener listener,
                                const runtime::HttpLimits& limits,
                                std::string& chosen) -> Result<void> {
    if (!address) return {};
    const auto endpoint = runtime::parse_endpoint(*address);
    if (!endpoint) return Unexpected{endpoint.error()};
    const auto bound = server_.listen(*endpoint, api_->handler(listener), limits);
    if (!bound) return Unexpected{bound.error()};
    chosen = runtime::endpoint_text(*bound);
    return {};
  };
  if (auto done = listen_at(settings().listen_api, api::Listener::Api, kApiLimits, api_address_);
      !done) {
    return done;
  }
  return listen_at(settings().listen_otlp_http, api::Listener::Otlp, kOtlpLimits, otlp_address_);
}

Result<void> Daemon::start_host() {
  auto secret = store::draw_secret();
  if (!secret) return Unexpected{secret.error()};
  runtime::HostOptions options{
      .durable = {.root = settings().state,
                  .process_id = ::getpid(),
                  .secret = *secret,
                  .configuration = loaded_.engine(),
                  .parse = parse_text,
                  .wall = wall_now(),
                  .on_frame = [this](std::string_view frame) { api_->on_inputs(frame); }},
      .acknowledge_after_sync = settings().durability == config::Durability::Acknowledged,
      .journal = std::nullopt,
      .before_answers =
          [this](std::span<const telemetry::Record> records) { api_->keep_records(records); },
      .on_records =
          [this](std::span<const telemetry::Record> records) {
            api_->on_records(records);
            webhooks_->on_records(records);
          }};
  if (settings().journal) {
    auto journal = runtime::JournalRecorder::open(store::posix_files(),
                                                  {.folder = settings().journal->path,
                                                   .arguments = settings().journal->arguments,
                                                   .start = wall_now()});
    if (!journal) return Unexpected{journal.error()};
    options.journal = std::move(*journal);
  }
  auto started = runtime::EngineHost::start(store::posix_files(), std::move(options));
  if (!started) return Unexpected{started.error()};
  host_ = std::move(started->host);
  recovery_ = std::move(started->recovery);
  api_->attach(*host_);
  return {};
}

// In the state folder, which is ours since the host has started.
Result<void> Daemon::listen_on_socket() {
  const auto endpoint = runtime::parse_endpoint("unix:" + settings().state + "/fusebox.sock");
  if (endpoint) {
    const auto bound = server_.listen(*endpoint, api_->handler(api::Listener::Api), kApiLimits);
    if (!bound) return Unexpected{bound.error()};
  } else {
    // A deep folder is no mistake, and everything else can do without the socket.
    say("there is no fusebox.sock in the state folder: " + endpoint.error().message);
  }
  std::string listen;
  JsonWriter json(listen);
  json.begin_object();
  if (!api_address_.empty()) json.field("api", std::string_view(api_address_));
  if (!otlp_address_.empty()) json.field("otlp_http", std::string_view(otlp_address_));
  json.end_object();
  return api_->become_ready([&] { return host_->publish_listen(listen + "\n"); });
}

void Daemon::say_ready(const runtime::Recovery& recovery) {
  if (recovery.torn_log_bytes > 0 || recovery.torn_audit_bytes > 0) {
    say("a crash cut " + std::to_string(recovery.torn_log_bytes) + " bytes of the log and " +
        std::to_string(recovery.torn_audit_bytes) + " of the audit; both go on behind them");
  }
  if (recovery.tripped) {
    say("EVERYTHING IS STOPPED: " + *recovery.tripped +
        "; look at `fusebox kill list`, two people re-arm");
  }
  for (const std::string& notice : recovery.notices) say(notice);
  say(version_number() + " is ready: api " +
      (api_address_.empty() ? "off" : "http://" + api_address_) + ", otlp " +
      (otlp_address_.empty() ? "off" : "http://" + otlp_address_) + ", state " + settings().state +
      (recovery.is_new ? " (new)" : ", " + std::to_string(recovery.replayed) + " inputs replayed"));
}

void Daemon::ask_to_stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
}

// Until a signal; looks at the files now and then.
void Daemon::wait() {
  for (;;) {
    bool wanted = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kWatchFiles, [this] { return stopping_ || reload_wanted_; });
      if (stopping_) return;
      wanted = std::exchange(reload_wanted_, false);
    }
    reload_if_changed(wanted);
    say_storage();
  }
}

// Once each time it fails, once when it is well again.
void Daemon::say_storage() {
  const bool failing = host_->counters().storage_fault;
  if (failing == storage_failing_) return;
  storage_failing_ = failing;
  say(failing
          ? "the state cannot be written: telemetry is shed, nothing new is allowed, stop orders "
            "still hold; look for a full disk at " +
                settings().state
          : "the state can be written again");
}

void Daemon::reload_if_changed(bool wanted) {
  if (paths_.empty()) return;
  Diagnostics unread;
  const std::vector<config::Source> sources = config::read_sources(paths_, unread);
  std::string text = config::pack_sources(sources);
  // Half a save of an editor is not a new configuration: unreadable files wait for the next look.
  if (!wanted && (unread.has_errors() || text == text_)) return;
  text_ = std::move(text);
  auto loaded = load_all(paths_);
  if (!loaded) {
    say("the files are not valid; the configuration stays as it was");
    return;
  }
  reload(std::move(*loaded));
}

void Daemon::reload(Loaded loaded) {
  const config::Settings& now = settings();
  const config::Settings& then = loaded.configuration.settings;
  if (now.state != then.state || now.listen_api != then.listen_api ||
      now.listen_otlp_http != then.listen_otlp_http ||
      now.journal.has_value() != then.journal.has_value() || now.durability != then.durability) {
    say("listen, state, journal and durability take a restart; the rest is taken over");
  }
  api_->configure(api_settings(loaded));
  webhooks_->configure(then.webhooks);
  host_->reconfigure(loaded.engine(), [](const Result<void>& done) {
    say(done ? std::string("reloaded")
             : "reloaded in memory, and the state could not be written: " + done.error().message);
  });
  loaded_ = std::move(loaded);
}

Result<void> Daemon::stop() {
  if (api_) api_->set_ready(false);
  server_.drain(kDrain);
  Result<void> done;
  if (host_) done = host_->stop();
  io_.stop();
  return done;
}

int serve(const std::vector<std::string>& paths) {
  auto loaded = load_all(paths);
  if (!loaded) return kUsage;
  return Daemon(paths, std::move(*loaded)).run();
}

}  // namespace

void add_serve(CLI::App& program, int& exit_code) {
  auto* command = add_command(program, "serve", "The daemon: telemetry in, decisions out");
  auto paths = std::make_shared<std::vector<std::string>>();
  command
      ->add_option("-c,--config", *paths,
                   "configuration file or folder, repeatable; without: presets for every agent\n"
                   "that is heard")
      ->allow_extra_args(false);
  command->footer(
      "Listens on loopback: API on 127.0.0.1:7100 and <state>/fusebox.sock, OTLP on\n"
      "127.0.0.1:4318, unless configured. SIGHUP or a changed file reloads; a bad file keeps the\n"
      "old configuration and says why. SIGTERM and Ctrl-C end it cleanly.\n\n"
      "Examples:\n  fusebox serve\n  fusebox serve -c fusebox.yaml\n");
  command->callback([paths, &exit_code] { exit_code = serve(*paths); });
}

}  // namespace fusebox::cli
