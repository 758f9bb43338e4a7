#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace headgate::gateway {

// Strings with allocated room, for bytes that are about to be sent. Each of many requests needs
// such a string for microseconds, and an idle connection keeps none. Worker-bound.
class TextPool {
 public:
  // Larger strings are freed when they are returned.
  static constexpr std::size_t kLargest = 8u << 10;
  static constexpr std::size_t kMost = 32;  // waiting strings

  // Returns an empty string, with the room of a waiting string if there is one.
  std::string Take() {
    if (waiting_.empty()) return {};
    std::string text = std::move(waiting_.back());
    waiting_.pop_back();
    return text;
  }
  void Return(std::string&& text) {
    if (text.capacity() > kLargest || waiting_.size() == kMost) {
      std::string().swap(text);
      return;
    }
    text.clear();
    waiting_.push_back(std::move(text));
  }

 private:
  std::vector<std::string> waiting_;
};

// Holds a string of the pool for as long as it lives.
class PooledText {
 public:
  explicit PooledText(TextPool& pool) : pool_(pool), text_(pool.Take()) {}
  ~PooledText() { pool_.Return(std::move(text_)); }
  PooledText(const PooledText&) = delete;
  PooledText& operator=(const PooledText&) = delete;
  std::string& operator*() { return text_; }
  const std::string& operator*() const { return text_; }
  std::string* operator->() { return &text_; }

 private:
  TextPool& pool_;
  std::string text_;
};

}  // namespace headgate::gateway
