#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace headgate::gateway {

// Bytes that a client has sent and the gateway has not consumed. One contiguous buffer grows to the
// size of its request and shrinks again afterwards. Room that was never written to is not touched,
// so it takes no memory of the system. Behind the data there are always kPadding allocated bytes,
// so that simdjson can parse a body where it lies. Worker-bound.
class InputBuffer {
 public:
  static constexpr std::size_t kPadding = 64;
  static constexpr std::size_t kSmall = 4u << 10;  // what an idle connection keeps

  std::string_view data() const { return {storage_.get() + begin_, end_ - begin_}; }
  const char* begin() const { return storage_.get() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  // Returns room for at least `want` more bytes. May move the data. Then it calls `moved(from, to)`
  // with the old and the new place of the first byte, so that views can follow. The bytes at both
  // places are still allocated during the call.
  template <typename Moved>
  char* Tail(std::size_t want, Moved&& moved) {
    if (capacity_ - end_ < want) MakeRoom(size() + want, capacity_ * 2, moved);
    return storage_.get() + end_;
  }
  std::size_t TailRoom() const { return capacity_ - end_; }
  // Makes room for `total` bytes in all, data included, and for no more if the buffer has to grow.
  // May move the data, as Tail does.
  template <typename Moved>
  void Reserve(std::size_t total, Moved&& moved) {
    if (capacity_ - begin_ < total) MakeRoom(total, total, moved);
  }
  std::size_t capacity() const { return capacity_; }
  void Commit(std::size_t n) { end_ += n; }

  // Removes the first `n` bytes, which were consumed. An empty buffer keeps at most `keep` bytes of
  // room.
  void Consume(std::size_t n, std::size_t keep = kSmall) {
    begin_ += n;
    if (begin_ != end_) return;
    begin_ = end_ = 0;
    if (capacity_ > keep) {
      storage_.reset();
      capacity_ = 0;
    }
  }

 private:
  template <typename Moved>
  void MakeRoom(std::size_t total, std::size_t grown, Moved& moved) {
    const std::size_t size = end_ - begin_;
    const char* const from = begin();
    if (capacity_ >= total) {
      std::memmove(storage_.get(), from, size);
      moved(from, static_cast<const char*>(storage_.get()));
    } else {
      const std::size_t capacity = std::max({kSmall, total, grown});
      auto larger = std::make_unique_for_overwrite<char[]>(capacity + kPadding);
      if (size > 0) std::memcpy(larger.get(), from, size);
      moved(from, static_cast<const char*>(larger.get()));
      storage_ = std::move(larger);
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
