#include "sre/store/audit_log.hpp"

#include <algorithm>
#include <charconv>

#include "base/assert.hpp"

namespace fusebox::store {
namespace {

using killswitch::SigningKey;

constexpr std::uint64_t kKeyFileBytesMax = 4096;

Unexpected broken(const AuditFault& fault) { return {ErrorCode::AuditBroken, format(fault)}; }

Result<std::string> read_small(Files& files, const std::string& path) {
  auto text = read_file(files, path, kKeyFileBytesMax);
  // Too large for a key is no key.
  if (!text && text.error().code == ErrorCode::TooLarge) return std::string();
  return text;
}

// The public key is there before the first segment, and never changes.
Result<void> settle_public_key(Files& files, const StatePaths& paths, const AuditFolder& found,
                               const SigningKey& key) {
  const std::string text = key.public_key().to_pem();
  if (found.has_public_key) {
    const auto there = read_small(files, paths.audit_public_key);
    if (!there) return Unexpected{there.error()};
    if (*there == text) return {};
    return Unexpected{
        ErrorCode::AuditBroken,
        paths.audit_public_key + ":0: it is not the public half of " + paths.audit_key};
  }
  if (!found.files.empty()) {
    return Unexpected{ErrorCode::AuditBroken, paths.audit_public_key + ":0: the file is missing"};
  }
  return replace_file(files,
                      {.to = paths.audit_public_key, .scratch = paths.scratch, .bytes = text});
}

// Where a walk over `last` segments begins: as the first of them says itself. Its head is whole,
// since only the last of a folder may have a torn one.
Result<AuditSegmentHead> first_head(Files& files, const std::string& folder, const AuditFile& file,
                                    const killswitch::Digest& key) {
  if (file.number == 1) return AuditSegmentHead{.number = 1, .after = {}, .key = key};
  const std::string name = format_name(file);
  const auto opened = files.open(folder + "/" + name, OpenAs::Read);
  if (!opened) return Unexpected{opened.error()};
  std::string bytes(1024, '\0');
  const auto got = (*opened)->read_at(0, bytes);
  if (!got) return Unexpected{got.error()};
  const auto head = parse_audit_head(std::string_view(bytes).substr(0, *got));
  if (!head || head->number != file.number || head->key != key) {
    return broken({.file = name, .entry = 0, .why = "the segment has no head that fits"});
  }
  return *head;
}

// N of a line that begins as entry N does.
std::optional<std::int64_t> number_of(std::string_view line) {
  constexpr std::string_view kOpening = "{\"n\":";
  std::int64_t number = 0;
  if (!line.starts_with(kOpening)) return std::nullopt;
  line.remove_prefix(kOpening.size());
  if (std::from_chars(line.data(), line.data() + line.size(), number).ec != std::errc{}) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

Result<SigningKey> load_or_create_audit_key(Files& files, const StatePaths& paths,
                                            const killswitch::KeyBytes& secret) {
  const auto exists = files.exists(paths.audit_key);
  if (!exists) return Unexpected{exists.error()};
  if (*exists) {
    const auto text = read_small(files, paths.audit_key);
    if (!text) return Unexpected{text.error()};
    auto key = SigningKey::from_pem(*text);
    if (key) return key;
    return Unexpected{key.error().code,
                      paths.audit_key + ": " + key.error().message +
                          "; nothing was changed: bring back a copy of it, or move it and " +
                          paths.audit + " away together, and a new key begins a new audit"};
  }
  const auto has_signatures = files.exists(paths.audit_public_key);
  if (!has_signatures) return Unexpected{has_signatures.error()};
  if (*has_signatures) {
    return Unexpected{
        ErrorCode::StateCorrupt,
        paths.audit_key + " is missing, and " + paths.audit +
            " is signed with it; bring it back, or move that folder away, and a new key "
            "begins a new audit"};
  }
  SigningKey key(secret);
  auto done =
      replace_file(files, {.to = paths.audit_key, .scratch = paths.scratch, .bytes = key.to_pem()});
  if (!done) return Unexpected{done.error()};
  return key;
}

Result<AuditLog::Opened> AuditLog::open(Files& files, const StatePaths& paths,
                                        const SigningKey& key) {
  const auto found = list_audit(files, paths.audit);
  if (!found) return Unexpected{found.error()};
  if (auto done = settle_public_key(files, paths, *found, key); !done) {
    return Unexpected{done.error()};
  }
  Opened opened{.log = AuditLog(files, paths.audit, key), .cut_file = "", .cut_bytes = 0};
  Result<void> done =
      found->files.empty() ? opened.log.begin_segment() : opened.log.resume(*found, opened);
  if (!done) return Unexpected{done.error()};
  return opened;
}

Result<void> AuditLog::resume(const AuditFolder& found, Opened& opened) {
  const std::size_t first = found.files.size() - std::min<std::size_t>(found.files.size(), 2);
  const auto key = key_.public_key();
  const auto head = first_head(*files_, folder_, found.files[first], key.fingerprint());
  if (!head) return Unexpected{head.error()};
  AuditWalk walk(*files_, folder_, key, *head);
  for (std::size_t i = first; i < found.files.size(); ++i) {
    const AuditFile& file = found.files[i];
    auto done = walk.step(file, i + 1 == found.files.size(), [](std::string_view) {});
    if (!done) return done;
    if (file.is_open && walk.seal()) misnamed_ = file.number;
  }
  if (walk.fault()) return broken(*walk.fault());
  position_ = walk.position();
  sealed_ = position_;
  const AuditFile& last = found.files.back();
  if (walk.torn_bytes() > 0) {
    opened.cut_file = format_name(last);
    opened.cut_bytes = walk.torn_bytes();
  }
  return resume_segment(walk, last);
}

// Brings the last segment, and the names, to where the daemon of before meant to have them.
Result<void> AuditLog::resume_segment(const AuditWalk& walk, const AuditFile& last) {
  number_ = last.number;
  Result<void> done;
  if (walk.good_bytes() == 0) {
    --number_;
    done = begin_segment();
  } else if (last.is_open) {
    auto file = files_->open(path_of(last), OpenAs::Write);
    if (!file) return Unexpected{file.error()};
    last_file_ = std::move(*file);
    if (walk.torn_bytes() > 0) done = last_file_->truncate(walk.good_bytes());
    // A killed process may have left the end in memory alone, and it is about to be built upon.
    if (done) done = last_file_->sync();
    if (done && !walk.seal()) file_.emplace(last_file_, walk.good_bytes());
    if (done && walk.seal() == AuditEnd::Rolled) done = begin_segment();
  }
  if (done) done = name_sealed();
  return done;
}

std::string AuditLog::path_of(const AuditFile& file) const {
  return folder_ + "/" + format_name(file);
}

Result<void> AuditLog::append(std::string_view entries) {
  if (entries.empty()) return {};
  const auto check = killswitch::verify_chain(entries, position_);
  if (check.first_bad || check.torn_tail) {
    return Unexpected{ErrorCode::AuditBroken,
                      "entries that do not continue the audit after entry " +
                          std::to_string(position_.entries) + ": " +
                          (check.torn_tail ? "the last one has no end" : check.why)};
  }
  if (backlog_.size() + entries.size() > kAuditBacklogMax) {
    return Unexpected{ErrorCode::StorageFailed,
                      "entries of the audit that the disk did not take in time are refused"};
  }
  backlog_ += entries;
  position_ = {.entries = check.entries, .head = check.head};
  return flush();
}

Result<void> AuditLog::flush() {
  if (backlog_.empty()) return {};
  if (!file_) {
    if (auto begun = begin_segment(); !begun) return begun;
  }
  if (auto done = file_->write(backlog_); !done) return done;
  backlog_.clear();
  if (file_->end() < kAuditSegmentBytes) return {};
  return roll();
}

Result<void> AuditLog::catch_up(std::string_view entries) {
  while (!entries.empty()) {
    const auto number = number_of(entries);
    if (!number || *number > position_.entries) return append(entries);
    const std::string_view line = entries.substr(0, entries.find('\n') + 1);
    if (line.empty()) break;
    const std::string end = killswitch::to_hex(position_.head) + "\"}\n";
    if (*number == position_.entries && !line.ends_with(end)) {
      return Unexpected{ErrorCode::AuditBroken, "entry " + std::to_string(*number) +
                                                    " of the audit is not the one that its "
                                                    "input makes again"};
    }
    entries.remove_prefix(line.size());
  }
  return {};
}

PendingSync AuditLog::pending_sync() const {
  return {.file = last_file_, .segment = number_, .end = file_ ? file_->end() : 0};
}

// The next one, with a head that is safe before any entry follows.
// Where the one before could not be made safe none follows, ever: a power cut would leave a gap
// that looks like a change, and the restart finds a shorter chain and makes its entries again.
Result<void> AuditLog::begin_segment() {
  if (auto done = sync(); !done) return done;
  const AuditSegmentHead head{
      .number = number_ + 1, .after = sealed_, .key = key_.public_key().fingerprint()};
  const std::string line = format_audit_head(head);
  // Create, not CreateNew: one that a crash or a full disk left without a whole head may lie there.
  auto opened = files_->open(path_of({.number = head.number, .is_open = true}), OpenAs::Create);
  if (!opened) return Unexpected{opened.error()};
  const std::shared_ptr<File> file = std::move(*opened);
  Result<void> done = file->truncate(0);
  if (done) done = file->write_at(0, line);
  if (done) done = file->sync();
  if (done) done = files_->sync_folder(folder_);
  if (done && misnamed_ != 0) done = name_sealed();
  if (!done) return done;
  number_ = head.number;
  owes_segment_ = false;
  last_file_ = file;
  file_.emplace(file, line.size());
  return {};
}

// Once written, nothing more goes into this segment, even if its seal cannot be made safe.
Result<void> AuditLog::write_seal(AuditEnd end) {
  const AuditSeal seal{.number = number_, .at = position_, .end = end};
  if (auto done = file_->write(format_audit_seal(seal, key_)); !done) return done;
  file_.reset();
  sealed_ = position_;
  misnamed_ = number_;
  owes_segment_ = end == AuditEnd::Rolled;
  return last_file_->sync();
}

// The next segment exists before this one gets its sealed name: a rolled seal promises it.
Result<void> AuditLog::roll() {
  if (auto done = write_seal(AuditEnd::Rolled); !done) return done;
  return begin_segment();
}

Result<void> AuditLog::seal() {
  if (auto done = flush(); !done) return done;
  if (owes_segment_) {
    if (auto begun = begin_segment(); !begun) return begun;
  }
  if (file_) {
    if (auto done = write_seal(AuditEnd::Stopped); !done) return done;
  }
  return name_sealed();
}

Result<void> AuditLog::name_sealed() {
  if (misnamed_ == 0) return {};
  auto done = sync();
  if (!done) return done;
  done = files_->rename({.from = path_of({.number = misnamed_, .is_open = true}),
                         .to = path_of({.number = misnamed_, .is_open = false})});
  if (!done) return done;
  misnamed_ = 0;
  return files_->sync_folder(folder_);
}

}  // namespace fusebox::store
