#pragma once

#include <string_view>

namespace headgate::backends::openai {

// What the keys of one chunk show without parsing it. `error`, `usage` and `service_tier` say only
// that such a key exists somewhere with a value of the right kind; only parsing the chunk gives the
// truth. Text of the answer cannot set them, since a quote inside a JSON string has a backslash
// before it.
struct ChunkKeys {
  bool error = false;         // "error": an object, list, text or true, or "object": "error"
  bool usage = false;         // "usage": an object
  bool service_tier = false;  // "service_tier": a text
  bool finished = false;      // "finish_reason": a text that is not empty
  bool choices = false;       // "choices" that are not []
  bool later_index = false;   // an "index" other than 0: of a choice, or of a tool call
  bool generated = false;     // text, reasoning, refusal or tool call that is not empty
};

// Makes one pass over the colons of `json`, and looks at the key before and the first byte behind
// each: 12 colons in a usual chunk of 300 bytes. Keys written with escapes are not recognised.
// Pure.
ChunkKeys ScanChunk(std::string_view json);

}  // namespace headgate::backends::openai
