// An audit folder on a disk in memory, and the chain that an engine would write to it.
#pragma once

#include <string>

#include "killswitch/audit.hpp"
#include "sre/store/audit_log.hpp"
#include "sre/store/audit_verify.hpp"
#include "tests/store/support.hpp"

namespace fusebox::store {

inline const StatePaths kPaths("state");
inline const killswitch::SigningKey kAuditKey(killswitch::KeyBytes{1, 2, 3});

// A disk with the folders that StateFolder makes.
inline void make_folders(CrashFiles& files) {
  for (const std::string& path : {kPaths.root, kPaths.audit, kPaths.keys}) {
    must(files.make_folder(path));
  }
  must(files.sync_folder("."));
  must(files.sync_folder(kPaths.root));
}

inline AuditLog open_audit(Files& files) {
  return must(AuditLog::open(files, kPaths, kAuditKey)).log;
}

// The next entry of a chain that stands at `log`, `seconds` after kAt.
inline std::string next_entry(const AuditLog& log, int seconds = 0, std::size_t size = 5) {
  killswitch::AuditChain chain(log.position());
  std::string bytes;
  chain.append(bytes, kAt + std::chrono::seconds(seconds), "kill",
               R"({"reason":")" + std::string(size, 'x') + "\"}");
  return bytes;
}

inline void append_entries(AuditLog& log, int count, std::size_t size = 5) {
  for (int i = 0; i < count; ++i) must(log.append(next_entry(log, i, size)));
}

inline AuditReport verified(Files& files) { return must(verify_audit(files, kPaths.audit)); }

// "" if all is well, "torn FILE", or FILE:ENTRY.
inline std::string verdict(Files& files) {
  const AuditReport report = verified(files);
  if (report.first_bad) {
    return report.first_bad->file + ":" + std::to_string(report.first_bad->entry);
  }
  return report.torn_tail ? "torn " + report.torn_tail->file : "";
}

inline std::string audit_path(std::string_view name) {
  return kPaths.audit + "/" + std::string(name);
}

}  // namespace fusebox::store
