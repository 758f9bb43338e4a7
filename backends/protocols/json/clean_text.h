#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::backends::json {

// Bytes of the UTF-8 sequence that begins at text[at]; 0 if none does: overlong, a surrogate, over
// U+10FFFF, or cut off.
std::size_t Utf8Length(std::string_view text, std::size_t at);

// A text that a stranger wrote, fit to be shown: valid UTF-8 (U+FFFD stands for what was none),
// without control characters but line ends and tabs, without space around it, at most `limit`
// bytes, cut between two characters. Pure; thread-safe.
std::string CleanText(std::string_view text, std::size_t limit);

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The text behind a byte-order mark and space.
std::string_view WithoutLead(std::string_view text);

// How a body begins, behind a byte-order mark and space.
enum class BodyStart : std::uint8_t { kBlank, kJson, kOther };  // kJson: an object or a list
BodyStart StartOf(std::string_view body);

// HTML or XML, by its look. A page may also stand behind some words: "upstream said: <html>".
bool LooksLikeMarkup(std::string_view text);

// A whole page of HTML or XML, alone or behind some words. A sentence that begins with a tag or
// speaks of one ("<image> is not supported") is not a page.
bool LooksLikePage(std::string_view text);

// Text, and not the bytes of something else: hardly any that a text would not have.
bool LooksLikeText(std::string_view text);

}  // namespace headgate::backends::json
