#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace headgate::gateway {

// Bytes a client has sent and the gateway has not used up: one contiguous buffer that grows to
// the request it holds and shrinks again afterwards. Behind the data there are always kPadding
// allocated bytes, so that simdjson can parse a body where it lies. Worker-bound.
class InputBuffer {
 public:
  static constexpr std::size_t kPadding = 64;
  static constexpr std::size_t kSmall = 4u << 10;  // what an idle connection keeps

  std::string_view data() const { return {storage_.get() + begin_, end_ - begin_}; }
  const char* begin() const { return storage_.get() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  // Room for at least `want` more bytes. May move the data: views into it end here.
  char* Tail(std::size_t want) {
    if (capacity_ - end_ < want) MakeRoom(want);
    return storage_.get() + end_;
  }
  std::size_t TailRoom() const { return capacity_ - end_; }
  void Commit(std::size_t n) { end_ += n; }

  void Consume(std::size_t n) {
    begin_ += n;
    if (begin_ != end_) return;
    begin_ = end_ = 0;
    if (capacity_ > kSmall) {
      storage_.reset();
      capacity_ = 0;
    }
  }

 private:
  void MakeRoom(std::size_t want) {
    const std::size_t size = end_ - begin_;
    if (capacity_ - size >= want && begin_ > 0) {
      std::memmove(storage_.get(), storage_.get() + begin_, size);
    } else {
      const std::size_t capacity =
          std::max({kSmall, size + want, std::min(capacity_ * 2, size + want + (1u << 20))});
      auto grown = std::make_unique_for_overwrite<char[]>(capacity + kPadding);
      if (size > 0) std::memcpy(grown.get(), storage_.get() + begin_, size);
      storage_ = std::move(grown);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = size;
  }

  std::unique_ptr<char[]> storage_;
  std::size_t capacity_ = 0;  // without the padding
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace headgate::gateway
