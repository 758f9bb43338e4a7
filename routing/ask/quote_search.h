#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace headgate::routing {

// Finds the quotes of a line, from its beginning to its end. `marks` is the number of quotation
// marks that may still be looked at in the message; each costs a search. Views into the line and
// refers to `marks`; allocates nothing. Thread-compatible.
class QuoteSearch {
 public:
  static constexpr std::size_t kShortest = 16;  // bytes; a shorter quote is a word of the ask

  struct Quote {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  QuoteSearch(std::string_view line, int& marks);

  // Returns the next quote that is longer than a word and begins behind the one before; nullopt:
  // there is none.
  std::optional<Quote> Next();

 private:
  static constexpr std::size_t kKinds = 5;

  void PassTo(std::size_t at);

  const std::string_view line_;
  int& marks_;
  std::array<std::size_t, kKinds> opening_{};  // where each opening mark comes next
};

}  // namespace headgate::routing
