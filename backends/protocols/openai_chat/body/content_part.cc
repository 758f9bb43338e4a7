#include "backends/protocols/openai_chat/body/content_part.h"

#include <string>
#include <string_view>
#include <utility>

#include "backends/protocols/openai_chat/body/wire_words.h"
#include "backends/protocols/translation/signature_mark.h"
#include "config/base/text.h"

namespace headgate::backends::openai_chat {
namespace {

// What the members of a part say, whatever its `type` is: members come in any order.
struct PartDraft {
  std::string type;
  std::string text;
  std::string refusal;
  std::string cache_control;
  ContentPart image;
  ContentPart file;
  bool has_image = false;
  bool has_file = false;
  bool has_refusal = false;
};

// Takes the URL of an image: a data URL in base64, or an address.
bool TakeImageUrl(BodyValues& values, std::string_view url, const Path& path, ContentPart& image) {
  if (url.empty()) return values.Refuse(path, " is empty; write an address or a data URL.");
  if (ReadDataUrl(url, image)) return true;
  if (config::StartsWithAnyCase(url, "data:")) {
    return values.Refuse(path, " is a data URL without base64; write \"data:image/png;base64,…\".");
  }
  image.url = url;
  return true;
}

constexpr Member<ContentPart> kImageMembers[] = {
    {"url",
     [](BodyValues& in, JsonValue value, const Path& path, ContentPart& image) {
       std::string url;
       return in.Text(value, path, "a string such as \"https://…\"", url) &&
              TakeImageUrl(in, url, path, image);
     }},
    {"detail",
     [](BodyValues& in, JsonValue value, const Path& path, ContentPart& image) {
       return in.Text(value, path, "a string such as \"auto\"", image.image_detail);
     }},
};

bool ReadImage(BodyValues& in, JsonValue value, const Path& path, PartDraft& draft) {
  draft.has_image = true;
  draft.image.kind = ContentPart::Kind::kImage;
  if (TokenOf(value).starts_with('"')) {  // some clients write the URL alone
    return kImageMembers[0].read(in, value, path, draft.image);
  }
  if (!in.Object<ContentPart>(value, path, R"(an object such as {"url": "https://…"})",
                              kImageMembers, draft.image)) {
    return false;
  }
  const bool said = !draft.image.url.empty() || !draft.image.media_type.empty();
  return said || in.Refuse(path, ".url is missing; write one, such as \"https://…\".");
}

constexpr Member<ContentPart> kFileMembers[] = {
    {"file_data",
     [](BodyValues& in, JsonValue value, const Path& path, ContentPart& file) {
       std::string data;
       if (!in.Text(value, path, "a data URL in base64", data)) return false;
       if (ReadDataUrl(data, file)) return true;
       if (config::StartsWithAnyCase(data, "data:")) {
         return in.Refuse(path, " is a data URL without base64; encode the file in base64.");
       }
       file.media_type = "application/pdf";  // what OpenAI takes without a media type
       file.data = std::move(data);
       return true;
     }},
    {"filename", [](BodyValues& in, JsonValue value, const Path& path,
                    ContentPart& file) { return in.Text(value, path, "a string", file.name); }},
    {"file_id",
     [](BodyValues& in, JsonValue, const Path& path, ContentPart&) { return in.NeedsChat(path); }},
};

bool ReadFile(BodyValues& in, JsonValue value, const Path& path, PartDraft& draft) {
  draft.has_file = true;
  draft.file.kind = ContentPart::Kind::kDocument;
  if (!in.Object<ContentPart>(value, path, "an object with file_data", kFileMembers, draft.file)) {
    return false;
  }
  return !draft.file.data.empty() ||
         in.Refuse(path, ".file_data is missing; write the file as a data URL in base64.");
}

constexpr Member<PartDraft> kPartMembers[] = {
    {"type",
     [](BodyValues& in, JsonValue value, const Path& path, PartDraft& draft) {
       return in.Text(value, path, "a string such as \"text\"", draft.type);
     }},
    {"text", [](BodyValues& in, JsonValue value, const Path& path,
                PartDraft& draft) { return in.Text(value, path, "a string", draft.text); }},
    {"refusal",
     [](BodyValues& in, JsonValue value, const Path& path, PartDraft& draft) {
       draft.has_refusal = true;
       return in.Text(value, path, "a string", draft.refusal);
     }},
    {"image_url", ReadImage},
    {"file", ReadFile},
    {"input_audio",
     [](BodyValues& in, JsonValue, const Path& path, PartDraft&) { return in.NeedsChat(path); }},
    {"video_url",
     [](BodyValues& in, JsonValue, const Path& path, PartDraft&) { return in.NeedsChat(path); }},
    {"cache_control",
     [](BodyValues& in, JsonValue value, const Path& path, PartDraft& draft) {
       return in.RawObject(value, path, draft.cache_control);
     }},
};

constexpr Member<ContentPart> kBlockMembers[] = {
    {"type", [](BodyValues& in, JsonValue value, const Path& path,
                ContentPart& part) { return in.Text(value, path, "a string", part.name); }},
    {"thinking", [](BodyValues& in, JsonValue value, const Path& path,
                    ContentPart& part) { return in.Text(value, path, "a string", part.text); }},
    {"signature",
     [](BodyValues& in, JsonValue value, const Path& path, ContentPart& part) {
       std::string text;
       if (!in.Text(value, path, "a string", text)) return false;
       part.signature = ReadSignature(ChatProtocol::kChatCompletions, text);
       return true;
     }},
    {"data",
     [](BodyValues& in, JsonValue value, const Path& path, ContentPart& part) {
       std::string text;
       if (!in.Text(value, path, "a string", text)) return false;
       part.signature = ReadSignature(ChatProtocol::kChatCompletions, text);
       return true;
     }},
};

}  // namespace

bool ReadContentPart(BodyValues& values, JsonValue value, const Path& path, ContentPart& part) {
  PartDraft draft;
  if (!values.Object<PartDraft>(value, path, R"(an object such as {"type": "text", "text": "…"})",
                                kPartMembers, draft)) {
    return false;
  }
  using Kind = ContentPart::Kind;
  if (draft.has_image && (draft.type.empty() || draft.type == "image_url")) {
    part = std::move(draft.image);
  } else if (draft.has_file && (draft.type.empty() || draft.type == "file")) {
    part = std::move(draft.file);
  } else if (draft.has_refusal && (draft.type.empty() || draft.type == "refusal")) {
    part.kind = Kind::kRefusal;
    part.text = std::move(draft.refusal);
  } else if (draft.type.empty() || draft.type == "text") {
    part.kind = Kind::kText;
    part.text = std::move(draft.text);
  } else {
    const Path type{.parent = &path, .name = "type"};
    return values.Refuse(
        type,
        " must be \"text\", \"image_url\", \"file\" or \"refusal\", with a member of that name.");
  }
  part.cache_control = std::move(draft.cache_control);
  return true;
}

bool ReadThinkingBlock(BodyValues& values, JsonValue value, const Path& path, ContentPart& part) {
  if (!values.Object<ContentPart>(value, path, R"(an object such as {"type": "thinking"})",
                                  kBlockMembers, part)) {
    return false;
  }
  part.kind = part.name == "redacted_thinking" ? ContentPart::Kind::kHiddenThinking
                                               : ContentPart::Kind::kThinking;
  part.name.clear();
  return true;
}

}  // namespace headgate::backends::openai_chat
