#pragma once

#include <cstddef>
#include <forward_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::backends::json {

// The members of one JSON object as views of its text, in any order that the text has them. A value
// is a view too, without white space around it, and is read by Members, ReadElements, ReadText or
// by its first byte. So nothing recurses into a text whose depth a stranger decides. The
// structure is checked to the end of the object, as JsonCursor does. Reused: it allocates only for
// more members than before, and for names with escapes. Worker-bound.
class Members {
 public:
  struct Member {
    std::string_view name;  // unescaped
    std::string_view value;
  };

  // Reads `text`, which must be followed by at least 64 readable bytes and must outlive the views.
  // Returns false if it is not one whole object, with or without white space around it; there are
  // no members then.
  bool Read(std::string_view text);
  void Clear() {
    members_.clear();
    names_.clear();
  }

  // Returns the value of a member; empty if it is absent or null.
  std::string_view Find(std::string_view name) const;
  // Returns a name that more than one member has; empty if there is none.
  std::string_view Repeated() const;

  std::vector<Member>::const_iterator begin() const { return members_.begin(); }
  std::vector<Member>::const_iterator end() const { return members_.end(); }

 private:
  bool ReadAll(std::string_view text);

  std::vector<Member> members_;
  std::forward_list<std::string> names_;  // that had escapes
};

// Reads the values of an array. Returns false if `text`, which must be followed by at least 64
// readable bytes, is not one whole array.
bool ReadElements(std::string_view text, std::vector<std::string_view>& elements);

inline bool IsObject(std::string_view value) { return value.starts_with('{'); }
inline bool IsArray(std::string_view value) { return value.starts_with('['); }
inline bool IsText(std::string_view value) { return value.starts_with('"'); }

// Returns the text of a string literal: where it lies if it has no escapes, else in `scratch`.
// Returns nullopt if `token` is not a string, or has an escape that JSON does not know. Half a
// surrogate pair becomes U+FFFD.
std::optional<std::string_view> TextOfToken(std::string_view token, std::string& scratch);

// The same into `text`, which is empty if the result is false.
bool ReadText(std::string_view value, std::string& text);

// Returns whether `value` is a number as RFC 8259 has it.
bool IsNumber(std::string_view value);

// Returns whether `text` is one object of valid JSON, nested at most 1024 deep. Checks all of it
// but UTF-8. For JSON within a text, such as the arguments of a call, which nobody has read before.
bool IsWholeObject(std::string_view text);

// A copy of a text that is followed by the bytes that Members wants. Keeps up to 1 MiB of memory
// for the next text. Worker-bound.
class PaddedCopy {
 public:
  // Returns the copy, valid until the next call.
  std::string_view Take(std::string_view text);
  std::string_view view() const { return copy_; }

 private:
  std::string copy_;
};

}  // namespace headgate::backends::json
