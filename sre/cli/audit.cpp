// audit verify and audit export: the record of every refusal and stop, from its folder alone.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "killswitch/sha256.hpp"
#include "sre/cli/commands.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/cli/output.hpp"
#include "sre/store/audit_verify.hpp"
#include "sre/store/posix_files.hpp"

namespace fusebox::cli {
namespace {

struct Options {
  std::string state;
  std::string from;
  std::string until;
};

// What was found, for people; 1 for any change.
int report(const store::AuditReport& found) {
  if (found.torn_tail) {
    std::cerr << found.torn_tail->file << ": a crash cut the last entry short ("
              << found.torn_tail->bytes << " bytes); this is no change\n";
  }
  if (found.first_bad) {
    print_error(store::format(*found.first_bad));
    return kFailure;
  }
  return kSuccess;
}

int verify(const Options& options) {
  const auto found = store::verify_audit(store::posix_files(), options.state + "/audit");
  if (!found) {
    print_error(found.error().message);
    return kFailure;
  }
  const int code = report(*found);
  if (code != kSuccess) return code;
  std::cout << "verified: " << found->at.entries << " entries in " << found->segments
            << " segments, "
            << (found->ends_sealed ? "sealed by a clean stop" : "the last one open") << "\nhead "
            << killswitch::to_hex(found->at.head) << "\nkey  "
            << killswitch::to_hex(found->key_fingerprint) << "\n";
  return std::cout ? kSuccess : kFailure;
}

int export_entries(const Options& options) {
  store::AuditRange range;
  for (auto [text, at] :
       {std::pair{&options.from, &range.from}, std::pair{&options.until, &range.until}}) {
    if (text->empty()) continue;
    const auto parsed = parse_rfc3339(*text);
    if (!parsed) {
      print_error(parsed.error().message);
      return kUsage;
    }
    *at = *parsed;
  }
  Output output;
  const auto found = store::export_audit(store::posix_files(), options.state + "/audit", range,
                                         [&output](std::string_view line) {
                                           output.buffer() += line;
                                           (void)output.flush_if_large();
                                         });
  if (!found) {
    print_error(found.error().message);
    return kFailure;
  }
  if (auto finished = output.finish(); !finished) {
    print_error(finished.error().message);
    return kFailure;
  }
  return report(*found);
}

}  // namespace

void add_audit(CLI::App& program, int& exit_code) {
  auto* audit = add_command(program, "audit", "Verify and read the record of refusals and stops");
  audit->require_subcommand(1);
  auto options = std::make_shared<Options>();
  auto* checks = add_command(*audit, "verify", "Check the hash chain and every signature, offline");
  checks->add_option("STATE", options->state, "the state folder")->required();
  checks->callback([options, &exit_code] { exit_code = verify(*options); });
  checks->footer(
      "Needs only STATE/audit. Exit code 0: sound, a tail torn by a crash included; 1: FILE:ENTRY "
      "of\n"
      "the first bad entry is named.\n\nExample:\n  fusebox audit verify ./state\n");
  auto* exports = add_command(*audit, "export", "Print the verified entries, one JSON line each");
  exports->add_option("STATE", options->state, "the state folder")->required();
  exports->add_option("--from", options->from, "RFC 3339, included");
  exports->add_option("--until", options->until, "RFC 3339, not included");
  exports->callback([options, &exit_code] { exit_code = export_entries(*options); });
  exports->footer("Example:\n  fusebox audit export ./state --from 2026-11-20T00:00:00Z\n");
}

}  // namespace fusebox::cli
