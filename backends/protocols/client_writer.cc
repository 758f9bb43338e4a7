#include "backends/protocols/client_writer.h"

#include "backends/protocols/anthropic/client_writer.h"
#include "backends/protocols/openai/client_writer.h"
#include "backends/protocols/openai_responses/client_writer.h"

namespace headgate::backends {

std::string ErrorDocument(ClientProtocol protocol, const ClientError& error,
                          std::string_view request_id) {
  switch (protocol) {
    case ClientProtocol::kOpenAi:
    case ClientProtocol::kResponses:
      break;
    case ClientProtocol::kAnthropic:
      return anthropic::ErrorDocument(error, request_id);
  }
  return openai::ErrorDocument(error);
}

int StatusFor(ClientProtocol protocol, const ClientError& error) {
  const bool anthropic = protocol == ClientProtocol::kAnthropic;
  return anthropic && error.document.empty() ? anthropic::StatusFor(error.status) : error.status;
}

bool IsErrorDocument(ClientProtocol protocol, std::string_view json) {
  switch (protocol) {
    case ClientProtocol::kOpenAi:
    case ClientProtocol::kResponses:
      break;
    case ClientProtocol::kAnthropic:
      return false;  // its errors carry the gateway's request id, so all are written anew
  }
  return openai::IsErrorDocument(json);
}

bool IsErrorBody(ClientProtocol protocol, std::string_view json) {
  return protocol == ClientProtocol::kAnthropic ? anthropic::IsErrorBody(json)
                                                : openai::IsErrorBody(json);
}

void AppendErrorEvent(ClientProtocol protocol, std::string_view document, const BegunAnswer& begun,
                      std::string& out) {
  switch (protocol) {
    case ClientProtocol::kOpenAi:
      break;
    case ClientProtocol::kAnthropic:
      return anthropic::AppendErrorEvent(document, out);
    case ClientProtocol::kResponses:
      return openai_responses::AppendErrorEvent(document, begun, out);
  }
  openai::AppendErrorEvent(document, out);
}

void AppendStreamEnd(ClientProtocol protocol, std::string& out) {
  switch (protocol) {
    case ClientProtocol::kOpenAi:
      break;
    case ClientProtocol::kAnthropic:
      return anthropic::AppendStreamEnd(out);
    case ClientProtocol::kResponses:
      return;  // the event that ends it has the whole response in it, and has passed
  }
  openai::AppendStreamEnd(out);
}

}  // namespace headgate::backends
