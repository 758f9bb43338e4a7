#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/responses/database/stored_response.h"

namespace headgate::gateway {

// Items of the Responses API, from and to the texts that clients and backends send. Pure. Items are
// views of their text and keep every member, also members that the gateway does not know.

// Returns the items of the member `input` of a request, each with an id: its own, or one made of
// `response_id` and its place, which no item of the answer has. No two have the same id, by which
// clients ask for the next page: the second gets another one. A text is a message of the user.
// Empty if there is no input. `body` is followed by at least 64 readable bytes.
std::vector<StoredItem> InputItemsOf(std::string_view body, std::string_view response_id);

// Returns the item with its id and its type in it.
std::string ItemWithId(const StoredItem& item);

// Returns the items of the `output` of a response object. The id of one that has none is empty.
std::vector<StoredItem> OutputItemsOf(std::string_view object);

// Returns an item, a JSON object, as a backend without a store takes it as input. Empty if it is
// reasoning that is not encrypted, because its id means nothing there. Calls lose their own id, but
// keep their call_id.
std::string ItemAsInput(std::string_view item);

// Returns all of the `output` of a response object that ItemAsInput does not leave out.
std::vector<std::string> OutputAsInput(std::string_view object);

// Returns the list that GET /v1/responses/{id}/input_items answers with.
std::string ItemListJson(const ItemPage& page);

}  // namespace headgate::gateway
