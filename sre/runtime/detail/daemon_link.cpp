#include "sre/runtime/detail/daemon_link.hpp"

#include <memory>
#include <optional>
#include <random>

#include <unistd.h>

#include "base/text.hpp"
#include "sre/runtime/detail/order_lines.hpp"
#include "sre/runtime/http_client.hpp"

namespace fusebox::runtime::detail {
namespace {

HttpHeaders headers_for(const std::string& token) {
  HttpHeaders headers;
  headers.add("Content-Type", "application/json");
  if (!token.empty()) headers.add("Authorization", "Bearer " + token);
  return headers;
}

// The command's file name, for people who look at a list of processes.
std::string_view name_of_command(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return find_invalid_utf8(name) ? "" : name;
}

// Statuses that say "not now", of a daemon that starts, drains or sheds.
bool comes_back(int status) {
  constexpr int kTimeout = 408;
  constexpr int kTooMany = 429;
  return status < 400 || status >= 500 || status == kTimeout || status == kTooMany;
}

SupervisionEvent event_of_end(const Result<HttpResponse>& answer, const std::string& bad_line) {
  const std::uint64_t draw = std::random_device{}();
  if (!bad_line.empty()) return event::LinkLost{.why = bad_line, .draw = draw};
  if (!answer) return event::LinkLost{.why = answer.error().message, .draw = draw};
  if (answer->status == 200) return event::LinkLost{.why = "it ended the stream", .draw = draw};
  const std::string why = problem_text(*answer);
  if (comes_back(answer->status)) return event::LinkLost{.why = why, .draw = draw};
  return event::Refused{.why = why, .draw = draw};
}

}  // namespace

DaemonLink::DaemonLink(IoThreads& io, EventMailbox& mailbox, const SupervisedCommand& command)
    : io_(io),
      mailbox_(mailbox),
      server_(command.server),
      registration_(registration_body({.agent = command.agent,
                                       .tenant = command.tenant,
                                       .session = command.session,
                                       .name = name_of_command(command.argv.front()),
                                       .pid = ::getpid()})),
      headers_(headers_for(command.token)) {}

void DaemonLink::connect() {
  const auto bad_line = std::make_shared<std::string>();
  const auto on_line = [this, bad_line](std::string_view line) {
    Result<std::optional<SupervisionEvent>> event = read_order_line(line);
    if (!event) {
      *bad_line = event.error().message;
      return false;
    }
    if (mailbox_.full()) {
      *bad_line = "it sends more than can be read";
      return false;
    }
    if (*event) mailbox_.post(std::move(**event));
    return true;
  };
  post_lines_async(
      io_,
      {.endpoint = server_, .target = "/v1/processes", .headers = headers_, .body = registration_},
      kStreamSilence, on_line, [this, bad_line](const Result<HttpResponse>& answer) {
        mailbox_.post(event_of_end(answer, *bad_line));
      });
}

void DaemonLink::acknowledge(const effect::Acknowledge& acknowledgement) {
  post_async(io_,
             {.endpoint = server_,
              .target = "/v1/processes/" + percent_encode(acknowledgement.process) + "/ack",
              .headers = headers_,
              .body = acknowledgement_body(acknowledgement)},
             kAcknowledgementTimeout,
             [this, order = acknowledgement.order](const Result<HttpResponse>& answer) {
               const bool taken = answer && answer->status >= 200 && answer->status < 300;
               mailbox_.post(event::Acknowledged{.order = order, .delivered = taken});
             });
}

}  // namespace fusebox::runtime::detail
