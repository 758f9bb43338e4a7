#pragma once

#include <string>
#include <string_view>

namespace headgate::backends {

// Puts a surrogate pair together that servers split over two pieces of a streamed text, because
// they cut it between two UTF-16 units. One object follows one text. Thread-compatible.
class SplitPair {
 public:
  // `token`: the string literal of the next piece. Returns it with the half that the piece before
  // ended with, and without the half that it ends with itself, which is kept; what is no string is
  // returned as it is. The view is of `token`, or valid until the next call. It costs a look at the
  // end of the token if there is no half.
  std::string_view Join(std::string_view token);

  // Forgets a half that nothing followed.
  void Clear() { half_.clear(); }
  // The same at the end of the text: returns U+FFFD for the half, or nothing if there is none.
  std::string_view Rest() {
    const bool half = !half_.empty();
    half_.clear();
    return half ? "\xEF\xBF\xBD" : "";
  }

 private:
  std::string half_;  // an escape: \ud83d
  std::string joined_;
};

}  // namespace headgate::backends
