// A disk in memory from which the power can be taken. What was not synced is lost, or kept in part:
//
//   Prefix    each file keeps some of its unsynced writes, in their order, the last one cut
//   Scramble  each unsynced sector of 512 bytes is kept or lost by itself
//
// and of the names that were created, renamed or removed and not synced, the first few hold. The
// draws decide which; with the same seed a crash is the same crash.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sre/store/files.hpp"
#include "tests/base/draw.hpp"

namespace fusebox::store {

class CrashFiles final : public Files {
 public:
  enum class Loss : std::uint8_t { Everything, Prefix, Scramble };

  // Takes the power away. Files that are open stay with the past: what they do reaches no disk.
  void crash(Draw& draw, Loss loss) {
    const std::size_t kept = loss == Loss::Everything ? 0 : draw_up_to(draw, unsynced_.size());
    Names names = durable_;
    for (std::size_t i = 0; i < kept; ++i) apply(names, unsynced_[i]);
    for (auto& [path, node] : names) node = survivor_of(*node, draw, loss);
    names_ = names;
    durable_ = names;
    unsynced_.clear();
    locked_ = std::make_shared<std::set<const void*>>();
  }
  // The process ends, the system goes on: nothing is lost but the locks.
  void kill_process() { locked_ = std::make_shared<std::set<const void*>>(); }

  // Writes that make files longer fail once all files together have this many bytes.
  void limit_bytes(std::optional<std::uint64_t> limit) { limit_ = limit; }
  [[nodiscard]] std::uint64_t bytes_used() const {
    std::uint64_t sum = 0;
    for (const auto& [path, node] : names_) sum += node->content.size();
    return sum;
  }

  // For tests that change what lies there; durable at once.
  [[nodiscard]] std::string content(const std::string& path) const {
    return names_.at(path)->content;
  }
  void put(const std::string& path, std::string bytes) {
    const auto node = std::make_shared<Node>();
    node->durable = bytes;
    node->content = std::move(bytes);
    names_[path] = node;
    durable_[path] = node;
  }
  void erase(const std::string& path) {
    names_.erase(path);
    durable_.erase(path);
  }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenAs how) override {
    const auto found = names_.find(path);
    const bool create = how == OpenAs::Create || how == OpenAs::CreateNew;
    if (found == names_.end() && !create) return failed("open " + path + ": no such file");
    if (found != names_.end() && how == OpenAs::CreateNew) return failed("open: it exists");
    if (found != names_.end() && found->second->is_folder) return failed("open: a folder");
    if (found == names_.end()) {
      if (!has_folder(parent_of(path))) return failed("open " + path + ": no such folder");
      change({.path = path, .node = std::make_shared<Node>(), .from = ""});
    }
    return std::unique_ptr<File>(std::make_unique<Handle>(*this, names_.at(path)));
  }
  Result<bool> exists(const std::string& path) override { return names_.contains(path); }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    if (!has_folder(folder)) return failed("list " + folder + ": no such folder");
    std::vector<std::string> names;
    for (const auto& [path, node] : names_) {
      if (parent_of(path) == folder) names.push_back(path.substr(folder.size() + 1));
    }
    return names;
  }
  Result<void> make_folder(const std::string& path) override {
    if (names_.contains(path)) return {};
    if (!has_folder(parent_of(path))) return failed("create " + path + ": no such folder");
    const auto node = std::make_shared<Node>();
    node->is_folder = true;
    change({.path = path, .node = node, .from = ""});
    return {};
  }
  Result<void> rename(const Rename& names) override {
    const auto found = names_.find(names.from);
    if (found == names_.end()) return failed("rename " + names.from + ": no such file");
    change({.path = names.to, .node = found->second, .from = names.from});
    return {};
  }
  Result<void> remove(const std::string& path) override {
    if (names_.contains(path)) change({.path = path, .node = nullptr, .from = ""});
    return {};
  }
  // As a journal of names does it: with those of the folder, everything before them is safe.
  Result<void> sync_folder(const std::string& path) override {
    if (!has_folder(path)) return failed("sync " + path + ": no such folder");
    std::size_t count = 0;
    for (std::size_t i = 0; i < unsynced_.size(); ++i) {
      const bool here = parent_of(unsynced_[i].path) == path ||
                        (!unsynced_[i].from.empty() && parent_of(unsynced_[i].from) == path);
      if (here) count = i + 1;
    }
    for (std::size_t i = 0; i < count; ++i) apply(durable_, unsynced_[i]);
    unsynced_.erase(unsynced_.begin(), unsynced_.begin() + static_cast<std::ptrdiff_t>(count));
    return {};
  }

 private:
  static constexpr std::size_t kSector = 512;

  // A write, or a new size if `bytes` is absent.
  struct Change {
    std::uint64_t offset;
    std::optional<std::string> bytes;
  };
  struct Node {
    std::string content;
    std::string durable;
    std::vector<Change> unsynced;
    bool is_folder = false;
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  // `path` gets `node`, or is removed if there is none; `from` loses its name.
  struct NameChange {
    std::string path;
    std::shared_ptr<Node> node;
    std::string from;
  };

  class Handle final : public File {
   public:
    Handle(CrashFiles& files, std::shared_ptr<Node> node)
        : files_(files), node_(std::move(node)), locked_(files.locked_) {}
    ~Handle() override {
      if (has_lock_) locked_->erase(node_.get());
    }
    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
      const std::string& content = node_->content;
      if (offset >= content.size()) return std::size_t{0};
      const std::size_t size = std::min<std::size_t>(into.size(), content.size() - offset);
      std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(offset), size, into.begin());
      return size;
    }
    Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
      const std::uint64_t end = offset + bytes.size();
      if (files_.limit_ && end > node_->content.size()) {
        const std::uint64_t more = end - node_->content.size();
        const std::uint64_t used = files_.bytes_used();
        const std::uint64_t room = *files_.limit_ > used ? *files_.limit_ - used : 0;
        if (more > room) {
          put({offset, std::string(bytes.substr(0, bytes.size() - (more - room)))});
          return failed("write: no space left on device");
        }
      }
      put({offset, std::string(bytes)});
      return {};
    }
    Result<void> truncate(std::uint64_t size) override {
      put({size, std::nullopt});
      return {};
    }
    Result<void> sync() override {
      node_->durable = node_->content;
      node_->unsynced.clear();
      return {};
    }
    Result<std::uint64_t> size() override { return std::uint64_t{node_->content.size()}; }
    Result<bool> try_lock() override {
      has_lock_ = has_lock_ || locked_->insert(node_.get()).second;
      return has_lock_;
    }

   private:
    void put(Change change) {
      CrashFiles::apply(node_->content, change);
      node_->unsynced.push_back(std::move(change));
    }

    CrashFiles& files_;
    std::shared_ptr<Node> node_;
    std::shared_ptr<std::set<const void*>> locked_;
    bool has_lock_ = false;
  };

  static Unexpected failed(std::string what) {
    return {ErrorCode::StorageFailed, "cannot " + std::move(what)};
  }
  static std::size_t draw_up_to(Draw& draw, std::size_t most) {
    return static_cast<std::size_t>(draw.below(static_cast<std::int64_t>(most) + 1));
  }
  [[nodiscard]] bool has_folder(const std::string& path) const {
    const auto found = names_.find(path);
    return path == "." || path == "/" || (found != names_.end() && found->second->is_folder);
  }
  void change(NameChange change) {
    apply(names_, change);
    unsynced_.push_back(std::move(change));
  }
  static void apply(Names& names, const NameChange& change) {
    if (!change.from.empty()) names.erase(change.from);
    if (change.node == nullptr) {
      names.erase(change.path);
    } else {
      names[change.path] = change.node;
    }
  }
  static void apply(std::string& content, const Change& change) {
    if (!change.bytes) {
      content.resize(change.offset);
      return;
    }
    const std::size_t end = change.offset + change.bytes->size();
    if (content.size() < end) content.resize(end);
    content.replace(change.offset, change.bytes->size(), *change.bytes);
  }

  static std::shared_ptr<Node> survivor_of(const Node& node, Draw& draw, Loss loss) {
    auto survivor = std::make_shared<Node>();
    survivor->is_folder = node.is_folder;
    switch (loss) {
      case Loss::Everything:
        survivor->content = node.durable;
        break;
      case Loss::Prefix:
        survivor->content = with_prefix(node, draw);
        break;
      case Loss::Scramble:
        survivor->content = scrambled(node, draw);
        break;
    }
    survivor->durable = survivor->content;
    return survivor;
  }
  static std::string with_prefix(const Node& node, Draw& draw) {
    std::string content = node.durable;
    const std::size_t whole = draw_up_to(draw, node.unsynced.size());
    for (std::size_t i = 0; i < whole; ++i) apply(content, node.unsynced[i]);
    if (whole < node.unsynced.size() && node.unsynced[whole].bytes) {
      Change torn = node.unsynced[whole];
      torn.bytes->resize(draw_up_to(draw, torn.bytes->size()));
      apply(content, torn);
    }
    return content;
  }
  // The sectors of the content, each as it was or as it is; the size is one or the other.
  static std::string scrambled(const Node& node, Draw& draw) {
    if (node.unsynced.empty()) return node.durable;
    std::string content = node.content;
    for (std::size_t at = 0; at < content.size(); at += kSector) {
      if (draw.below(2) == 0) continue;
      for (std::size_t i = at; i < std::min(at + kSector, content.size()); ++i) {
        content[i] = i < node.durable.size() ? node.durable[i] : '\0';
      }
    }
    return draw.below(4) == 0 ? node.durable : content;
  }

  Names names_;
  Names durable_;
  std::vector<NameChange> unsynced_;
  std::shared_ptr<std::set<const void*>> locked_ = std::make_shared<std::set<const void*>>();
  std::optional<std::uint64_t> limit_;
};

}  // namespace fusebox::store
