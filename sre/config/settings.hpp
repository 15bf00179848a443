// What `kind: Config` says beyond the engine. The daemon listens and stores by it.
#pragma once

#include <optional>
#include <string>

namespace fusebox::config {

struct Settings {
  std::string name = "default";
  std::optional<std::string> listen_api = "127.0.0.1:7100";  // host:port; absent: off
  std::optional<std::string> listen_otlp_http = "127.0.0.1:4318";
  std::string state = "./state";
};

}  // namespace fusebox::config
