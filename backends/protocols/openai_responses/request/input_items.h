#pragma once

#include <string_view>

#include "backends/protocols/request/body_fields.h"

namespace headgate::backends::openai_responses {

// The items of `input`: messages, calls of tools, and their results. Worker-bound; one use.
class InputItems : public BodyFields {
 public:
  using BodyFields::BodyFields;

 protected:
  // Reads the member `input` of the root: a string or a list of items.
  bool ReadInput();

  bool has_input() const { return has_input_; }

 private:
  // An item, or a part of one, that is being read. Its members may come in any order.
  struct Item {
    std::string_view type;
    std::string_view role;
    bool has_id = false;
    bool has_content = false;
    std::string_view image;  // as it is written; empty: none
    bool has_file_id = false;
  };

  bool ReadItem();
  void CountItem(const Item& item, TextRole role);
  bool ReadType();
  bool ReadRole();
  bool ReadId();
  bool ReadContent();
  bool ReadPart();
  bool ReadPartText();
  bool ReadImage();
  bool ReadFileId();
  bool ReadPartFile();
  bool ReadInputAudio();

  Item* item_ = nullptr;
  bool in_turn_ = false;  // the item before belongs to the assistant's turn
  bool has_input_ = false;
};

}  // namespace headgate::backends::openai_responses
