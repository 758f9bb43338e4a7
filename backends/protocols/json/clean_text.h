#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::backends::json {

// Returns the bytes of the UTF-8 sequence that begins at text[at]. Returns 0 if the sequence is
// invalid: overlong, a surrogate, over U+10FFFF, or cut off.
std::size_t Utf8Length(std::string_view text, std::size_t at);

// Makes a stranger's text fit to be shown: valid UTF-8 (U+FFFD stands for invalid bytes), without
// control characters but line ends and tabs, without space around it. It has at most `limit` bytes
// and is cut between two characters. Pure; thread-safe.
std::string CleanText(std::string_view text, std::size_t limit);

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Returns the text behind a byte-order mark and space.
std::string_view WithoutLead(std::string_view text);

// How a body begins, behind a byte-order mark and space.
enum class BodyStart : std::uint8_t { kBlank, kJson, kOther };  // kJson: an object or a list
BodyStart StartOf(std::string_view body);

// Returns whether a text looks like HTML or XML. A page may also stand behind some words: "upstream
// said: <html>".
bool LooksLikeMarkup(std::string_view text);

// Returns whether a text is a whole page of HTML or XML, alone or behind some words. A sentence
// that begins with a tag or mentions a tag ("<image> is not supported") is not a page.
bool LooksLikePage(std::string_view text);

// Returns whether the bytes are text: hardly any of them would not occur in a text.
bool LooksLikeText(std::string_view text);

}  // namespace headgate::backends::json
