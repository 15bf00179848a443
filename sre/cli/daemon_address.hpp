// Where a command finds its daemon, and what it shows there.
#pragma once

#include <string>

#include "base/result.hpp"
#include "sre/runtime/endpoint.hpp"

namespace fusebox::cli {

// What `--server` says, else $FUSEBOX_SERVER, else the first socket that exists of
// /run/fusebox/fusebox.sock and ./state/fusebox.sock, else the first of them, for an error to name.
// "" is absent. Errors: those of runtime::parse_endpoint, with where the text came from.
[[nodiscard]] Result<runtime::Endpoint> find_daemon(const std::string& server);

// The token of `--token-file`, which is its only line, else of $FUSEBOX_TOKEN, else "". "" is
// absent. Errors: FileUnreadable; InvalidValue for a file or variable with anything but one token.
[[nodiscard]] Result<std::string> find_token(const std::string& token_file);

}  // namespace fusebox::cli
