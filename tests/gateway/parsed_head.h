#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/head_parser.h"

namespace headgate::gateway {

inline constexpr std::size_t kMaxHead = 4096;

struct Parsed {
  HeadParse parse;
  RequestHead head;
  HeadProblem problem;
};

inline Parsed Parse(std::string_view text, std::size_t max_head = kMaxHead,
                    std::size_t scan_from = 0) {
  Parsed result;
  result.parse = ParseRequestHead(text, max_head, scan_from, result.head, result.problem);
  return result;
}

// A request head with the request line `first` and the header lines `lines`.
inline std::string Head(const std::vector<std::string>& lines,
                        const std::string& first = "GET / HTTP/1.1") {
  std::string text = first + "\r\n";
  for (const std::string& line : lines) text += line + "\r\n";
  return text + "\r\n";
}

}  // namespace headgate::gateway
