#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace headgate::gateway {

// Strings with room in them, for bytes that are about to be sent: they are needed for microseconds
// by each of many requests, and an idle connection keeps none. Worker-bound.
class TextPool {
 public:
  // Larger strings are freed when they are returned.
  static constexpr std::size_t kLargest = 8u << 10;
  static constexpr std::size_t kMost = 32;  // strings that wait

  // An empty string, with room if one was there.
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

// A string of the pool for as long as this lives.
class PooledText {
 public:
  explicit PooledText(TextPool& pool) : pool_(pool), text_(pool.Take()) {}
  ~PooledText() { pool_.Return(std::move(text_)); }
  PooledText(const PooledText&) = delete;
  PooledText& operator=(const PooledText&) = delete;
  std::string& operator*() { return text_; }
  std::string* operator->() { return &text_; }

 private:
  TextPool& pool_;
  std::string text_;
};

}  // namespace headgate::gateway
