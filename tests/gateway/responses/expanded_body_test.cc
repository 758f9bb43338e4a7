#include "gateway/responses/expanded_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "gateway/responses/database/stored_items.h"

namespace headgate::gateway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Padded(std::string text) {
  text.reserve(text.size() + 64);
  return text;
}

TEST(ReadStateTest, SaysWhatIsAskedFor) {
  const StateInBody none = ReadState(Padded(R"({"model":"m","input":"Hi"})"));
  EXPECT_EQ(none.previous, "");
  EXPECT_EQ(none.conversation, "");
  EXPECT_TRUE(none.store);
  const StateInBody all = ReadState(Padded(
      R"({"previous_response_id":"resp\u005f1","conversation":{"id":"conv_1"}, "store" : false })"));
  EXPECT_EQ(all.previous, "resp_1");
  EXPECT_EQ(all.conversation, "conv_1");
  EXPECT_FALSE(all.store);
  EXPECT_EQ(ReadState(Padded(R"({"conversation":"conv_2"})")).conversation, "conv_2");
  EXPECT_EQ(ReadState(Padded(R"({"previous_response_id":null,"store":null})")).previous, "");
  EXPECT_TRUE(ReadState(Padded(R"({"store":null})")).store);
  EXPECT_TRUE(none.readable && all.readable);
  for (const char* const body :
       {"[1,2", "[]", R"({"previous_response_id":5})", R"({"conversation":["a"]})",
        R"({"conversation":{"id":1}})", R"({"store":"no"})"}) {
    EXPECT_FALSE(ReadState(Padded(body)).readable) << body;
  }
}

TEST(ReadStateTest, FindsReferences) {
  const StateInBody state = ReadState(Padded(
      R"({"input":[{"type":"item_reference","id":"fc_1"},{"role":"user","content":"a"},{"id":"b"},)"
      R"({"type":null,"id":"c"},{"type":"item\u005freference"},{"type":"message","id":"d"},)"
      R"({"id":"e","role":"user"},{"id":"f","content":"x"},"g",7,{},{"type":"reasoning","id":"h"}]})"));
  EXPECT_THAT(state.references, ElementsAre("fc_1", "b", "c", ""));
  EXPECT_TRUE(state.readable);
  for (const char* const body :
       {R"({"input":"item_reference"})", R"({"input":{"id":"a"}})", "{}"}) {
    EXPECT_THAT(ReadState(Padded(body)).references, IsEmpty()) << body;
  }
}

TEST(ReplaceReferencesTest, PutsItemsInTheirPlaces) {
  const std::string body = Padded(
      R"({"model":"m","input":[ {"role":"user"} ,{"type":"item_reference","id":"a"},{"id":"b"},)"
      R"("x", {"id":"c"}],"previous_response_id":"r"})");
  EXPECT_EQ(ReplaceReferences(body, {R"({"a":1})", "", R"({"c":3})"}),
            R"({"model":"m","previous_response_id":"r",)"
            R"("input":[{"role":"user"},{"a":1},"x",{"c":3}]})");
  EXPECT_EQ(ReplaceReferences(Padded(R"({"input":[{"id":"a"}]})"), {""}), R"({"input":[]})");
}

TEST(ExpandBodyTest, PutsTheHistoryBeforeTheInput) {
  const std::vector<std::string> history = {R"({"role":"user","content":"a"})",
                                            R"({"type":"message"})"};
  EXPECT_EQ(
      ExpandBody(Padded(R"({"model":"m", "input" : "Hi \"you\"","previous_response_id":"resp_1",)"
                        R"("temperature":0.10,"store":true})"),
                 history),
      R"({"model":"m","temperature":0.10,"input":[{"role":"user","content":"a"},{"type":"message"},)"
      R"({"role":"user","content":"Hi \"you\""}],"store":false})");
  EXPECT_EQ(ExpandBody(Padded(R"({"input":[ {"a":1} , {"b":[2]} ],"conversation":"c"})"), history),
            R"({"input":[{"role":"user","content":"a"},{"type":"message"},{"a":1},{"b":[2]}],)"
            R"("store":false})");
  EXPECT_EQ(ExpandBody(Padded(R"({"input":[],"model":"m"})"), history),
            R"({"model":"m","input":[{"role":"user","content":"a"},{"type":"message"}],)"
            R"("store":false})");
  EXPECT_EQ(ExpandBody(Padded(R"({"model":"m"})"), history),
            R"({"model":"m","input":[{"role":"user","content":"a"},{"type":"message"}],)"
            R"("store":false})");
}

TEST(ExpandBodyTest, WithoutHistoryTheInputStaysAsItIs) {
  EXPECT_EQ(ExpandBody(Padded(R"({"input": "Hi" ,"store":null})"), {}),
            R"({"input":"Hi","store":false})");
  EXPECT_EQ(ExpandBody(Padded(R"({"input":[ 1, 2 ]})"), {}), R"({"input":[ 1, 2 ],"store":false})");
  EXPECT_EQ(ExpandBody(Padded("{}"), {}), R"({"store":false})");
}

TEST(ExpandBodyTest, KeepsWhatIsWrongForTheReaderToSay) {
  EXPECT_EQ(ExpandBody(Padded(R"({"input":7})"), {"{}"}), R"({"input":[{},7],"store":false})");
}

TEST(StoredItemsTest, AnItemKeepsItsIdOrGetsOne) {
  const std::vector<StoredItem> items = InputItemsOf(
      Padded(R"({"input":[{"role":"user","content":"a"},{"type":"function_call_output","id":"x"},)"
             R"({"type":"function_call","call_id":"c"}]})"),
      "resp_9");
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].id, "msg_9_in_0");
  EXPECT_EQ(items[0].json, R"({"role":"user","content":"a"})");
  EXPECT_EQ(ItemWithId(items[0]),
            R"({"id":"msg_9_in_0","type":"message","role":"user","content":"a"})");
  EXPECT_EQ(items[1].id, "x");
  EXPECT_EQ(ItemWithId(items[1]), R"({"id":"x","type":"function_call_output"})");
  EXPECT_EQ(items[2].id, "fc_9_in_2");
}

TEST(StoredItemsTest, NoTwoItemsHaveTheSameId) {
  std::string body = R"({"input":[{"id":"x","role":"user"},{"id":"x","role":"user"},)"
                     R"({"id":"x_in_1","role":"user"},{"role":"user"},{"id":"msg_1_in_3"}]})";
  body.reserve(body.size() + 64);
  std::set<std::string> ids;
  const std::vector<StoredItem> items = InputItemsOf(body, "resp_1");
  for (const StoredItem& item : items) ids.insert(item.id);
  ASSERT_EQ(items.size(), 5u);
  EXPECT_EQ(ids.size(), 5u);
  EXPECT_EQ(items[0].id, "x") << "the first keeps its own";
  EXPECT_EQ(items[1].id, "x_in_1");
}

TEST(StoredItemsTest, ATextIsAMessageOfTheUser) {
  const std::vector<StoredItem> items = InputItemsOf(Padded(R"({"input":"a\n"})"), "resp_9");
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].json,
            R"({"type":"message","role":"user","content":[{"type":"input_text","text":"a\n"}]})");
  EXPECT_THAT(InputItemsOf(Padded(R"({"input":null})"), "resp_9"), IsEmpty());
  EXPECT_THAT(InputItemsOf(Padded("[]"), "resp_9"), IsEmpty());
}

TEST(StoredItemsTest, OutputOmitsWhatMeansNothingElsewhere) {
  EXPECT_THAT(
      OutputAsInput(
          R"({"output":[{"type":"reasoning","id":"rs_1","summary":[]},)"
          R"({"type":"reasoning","id":"rs_2","encrypted_content":"e"},)"
          R"({"type":"message","id":"msg_1","content":[]},)"
          R"({"id":"fc_1","type":"function_call","call_id":"c","name":"f","arguments":"{}"}]})"),
      ElementsAre(R"({"type":"reasoning","id":"rs_2","encrypted_content":"e"})",
                  R"({"type":"message","id":"msg_1","content":[]})",
                  R"({"type":"function_call","call_id":"c","name":"f","arguments":"{}"})"));
  EXPECT_THAT(OutputAsInput("{"), IsEmpty());
  EXPECT_EQ(ItemAsInput(R"({"type":"reasoning","id":"rs_1","summary":[]})"), "");
  EXPECT_EQ(ItemAsInput(R"({"type":"custom_tool_call","id":"x","call_id":"c"})"),
            R"({"type":"custom_tool_call","call_id":"c"})");
}

TEST(StoredItemsTest, ListsAPage) {
  EXPECT_EQ(ItemListJson({}),
            R"({"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false})");
  EXPECT_EQ(ItemListJson(
                {.items = {{"a", R"({"type":"x"})"}, {"b", R"({"type":"y"})"}}, .has_more = true}),
            R"({"object":"list","data":[{"id":"a","type":"x"},{"id":"b","type":"y"}],)"
            R"("first_id":"a","last_id":"b","has_more":true})");
}

}  // namespace
}  // namespace headgate::gateway
