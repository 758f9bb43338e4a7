#include "tests/backends/protocols/contract/samples.h"

#include <initializer_list>
#include <string_view>

namespace headgate::backends::contract {
namespace {

// One event for each text, without a name.
std::string Events(std::initializer_list<std::string_view> texts) {
  std::string out;
  for (const std::string_view text : texts) out.append("data: ").append(text).append("\n\n");
  return out;
}

std::string Chunk(std::string_view delta, std::string_view finish = "null") {
  return Events({std::string(R"({"id":"chatcmpl-1","model":"m","choices":[{"index":0,"delta":)")
                     .append(delta)
                     .append(",\"finish_reason\":")
                     .append(finish)
                     .append("}]}")});
}

StreamSample ChatSample() {
  return {
      .protocol = ChatProtocol::kChatCompletions,
      .begin = Chunk(R"({"role":"assistant","content":""})"),
      .middle =
          Chunk(R"({"reasoning_content":"Hm."})") + Chunk(R"({"content":"Hi \"you"})") +
          Chunk(R"({"content":"\"."})") +
          Chunk(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]})") +
          Chunk(
              R"({"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}]})") +
          Chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":1}"}}]})"),
      .finish = Chunk("{}", R"("tool_calls")") +
                Events({R"({"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":130,)"
                        R"("completion_tokens":40,"total_tokens":170,)"
                        R"("prompt_tokens_details":{"cached_tokens":100}}})"}),
      .end = Events({"[DONE]"}),
      .error = Events({R"({"error":{"message":"busy","type":"server_error"}})"}),
  };
}

StreamSample MessagesSample() {
  return {
      .protocol = ChatProtocol::kMessages,
      .begin = Events({R"({"type":"message_start","message":{"id":"msg_1","model":"m","usage":)"
                       R"({"input_tokens":30,"cache_read_input_tokens":100,"output_tokens":1}}})"}),
      .middle = Events(
          {R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking"}})",
           R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}})",
           R"({"type":"content_block_stop","index":0})",
           R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})",
           R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hi \"you"}})",
           R"({"type":"ping"})",
           R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"\"."}})",
           R"({"type":"content_block_stop","index":1})",
           R"({"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"a","name":"f","input":{}}})",
           R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"x\":1}"}})",
           R"({"type":"content_block_stop","index":2})",
           R"({"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"b","name":"g","input":{}}})",
           R"({"type":"content_block_stop","index":3})"}),
      .finish = Events(
          {R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":40}})"}),
      .end = Events({R"({"type":"message_stop"})"}),
      .error = Events({R"({"type":"error","error":{"type":"overloaded_error","message":"busy"}})"}),
  };
}

StreamSample ResponsesSample() {
  return {
      .protocol = ChatProtocol::kResponses,
      .begin = Events({R"({"type":"response.created","response":{"id":"resp_1","model":"m"}})"}),
      .middle = Events(
          {R"({"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1"}})",
           R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"Hm."})",
           R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs_1"}})",
           R"({"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"msg_1"}})",
           R"({"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"Hi \"you"})",
           R"({"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"\"."})",
           R"({"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","call_id":"a","name":"f"}})",
           R"({"type":"response.function_call_arguments.delta","output_index":2,"delta":"{\"x\":1}"})",
           R"({"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","call_id":"a","name":"f"}})",
           R"({"type":"response.output_item.done","output_index":3,"item":{"type":"function_call","call_id":"b","name":"g","arguments":"{}"}})"}),
      .finish = Events({R"({"type":"response.completed","response":{"status":"completed","usage":)"
                        R"({"input_tokens":130,"input_tokens_details":{"cached_tokens":100},)"
                        R"("output_tokens":40,"total_tokens":170}}})"}),
      .end = {},
      .error = Events({R"({"type":"error","code":"server_error","message":"busy"})"}),
  };
}

}  // namespace

const StreamSample& SampleOf(ChatProtocol protocol) {
  static const StreamSample samples[] = {ChatSample(), MessagesSample(), ResponsesSample()};
  return samples[static_cast<std::size_t>(protocol)];
}

}  // namespace headgate::backends::contract
