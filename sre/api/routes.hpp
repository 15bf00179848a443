// Every route of the daemon, once: what finds a request's handler, what says who may use it, and
// what the description for programs (openapi.hpp) is written from.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "sre/api/identity.hpp"

namespace fusebox::api {

namespace detail {
struct Call;
}

// OTLP has a listener of its own, because its port and its error bodies are not ours to choose.
enum class Listener : std::uint8_t { Api, Otlp };

// Takes the call, and answers it now or later.
using Handler = void (*)(const std::shared_ptr<detail::Call>&);

// One name that may stand in the query. `type` is its JSON Schema.
struct QueryParameter {
  std::string_view name;
  std::string_view type;
  std::string_view description;
};

// What bodies may have where a route does not say otherwise; and batches of events.
inline constexpr std::size_t kBodyBytesMax = std::size_t{1} << 20;
inline constexpr std::size_t kEventsBytesMax = std::size_t{16} << 20;
inline constexpr std::size_t kTracesBytesMax = std::size_t{64} << 20;

struct Route {
  std::string_view method;  // "GET"; its HEAD is understood, unless the answer has no end
  std::string_view path;    // "/v1/breakers/{id}/force"
  Listener listener = Listener::Api;
  Roles roles{};
  Handler handler = nullptr;
  std::span<const QueryParameter> query{};  // any other name is refused
  std::string_view request{};               // schema of the body; "" if there is none
  std::string_view response{};              // schema of the answer; "" if it is no JSON
  std::string_view media = "application/json";
  int status = 200;
  std::size_t body_bytes_max = kBodyBytesMax;  // above: 413
  bool is_endless = false;                     // a stream
  bool is_built = true;                        // else named by the contract, and answered 501
  std::string_view summary{};
};

[[nodiscard]] std::span<const Route> routes();

// A request's route.
struct Match {
  const Route* route;
  std::string id;  // what stands in the place of {…}, decoded; "" if the path has no such place
};
struct NotAllowed {
  std::string allow;  // "GET, HEAD, POST"
};
struct NotFound {};
using Routed = std::variant<Match, NotAllowed, NotFound>;

// `path` is as it was sent, and well formed.
[[nodiscard]] Routed route(Listener listener, std::string_view method, std::string_view path);

}  // namespace fusebox::api
