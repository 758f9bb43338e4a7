#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/request_head.h"

namespace headgate::gateway {

struct HeadProblem {
  int status = 400;     // 400, 431 (head too large / too many fields), 417, 505, 501
  std::string message;  // for the client: what is wrong and what to send instead
};

enum class HeadVerdict : std::uint8_t { kIncomplete, kComplete, kRefused };

struct HeadParse {
  HeadVerdict verdict = HeadVerdict::kIncomplete;
  std::size_t size = 0;  // bytes of the head including its blank line, when complete
};

// Looks for one whole head at the start of `buffer`. Leading CRLFs of sloppy clients are skipped
// and counted in `size`. Refuses what a proxy must refuse, before any part of it is used: see the
// table in head_refusals.h, each row with its section of RFC 9110/9112. `max_head`: bytes.
// `scan_from`: bytes of the buffer that an earlier kIncomplete call has already searched.
HeadParse ParseRequestHead(std::string_view buffer, std::size_t max_head, std::size_t scan_from,
                           RequestHead& head, HeadProblem& problem);

}  // namespace headgate::gateway
