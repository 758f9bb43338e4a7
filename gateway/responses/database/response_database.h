#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/responses/database/response_file.h"
#include "gateway/responses/database/stored_response.h"

namespace headgate::gateway {

// Responses in an SQLite file, for a limited time and within a limit of bytes. What was used least
// recently goes first. A response is used when it is stored, and when a later request continues it.
//
// Errors: NotFound (also for what another owner has), Unavailable (the file cannot be used now),
// kResourceExhausted (too large). A damaged file is renamed to `responses.db.damaged`, which
// replaces an earlier one, and a new file is begun; a file of another version likewise. A file that
// cannot be opened is tried again at the next call. The time is passed in. It waits for the disk,
// so it needs its own thread. Thread-compatible.
class ResponseDatabase {
 public:
  using Report = ResponseFile::Report;

  ResponseDatabase(const std::string& folder, const StoreBounds& bounds, Report report);
  ResponseDatabase(const ResponseDatabase&) = delete;
  ResponseDatabase& operator=(const ResponseDatabase&) = delete;

  // Other bounds hold from now on. What is too much then goes with the next Put and with Expire.
  void SetBounds(const StoreBounds& bounds) { bounds_ = bounds; }

  // A response that has more bytes than a quarter of the whole is kResourceExhausted. It replaces
  // one of its owner with its id, but History still finds that one as the past of what continued it
  // (same_id.h).
  absl::Status Put(const StoredResponse& response, std::int64_t now);
  // Returns the response object.
  absl::StatusOr<std::string> Get(std::string_view owner, std::string_view id, std::int64_t now);
  absl::StatusOr<ItemPage> InputItems(std::string_view owner, std::string_view id,
                                      const PageQuery& query, std::int64_t now);
  absl::Status Delete(std::string_view owner, std::string_view id, std::int64_t now);

  // Returns the input and output items of a response and all before it, oldest first, as JSON
  // objects. If the response belongs to a conversation, what that was before it comes first.
  // NotFound names the response that is missing, which may be an earlier one.
  absl::StatusOr<std::vector<std::string>> History(std::string_view owner, std::string_view id,
                                                   std::int64_t now);
  // The same of a conversation; one that nobody has used yet is empty.
  absl::StatusOr<std::vector<std::string>> ConversationHistory(std::string_view owner,
                                                               std::string_view conversation,
                                                               std::int64_t now);

  // Returns the items of those ids in the output or the input of this owner's responses, as
  // ItemAsInput gives them, in the same order; an empty text for one that it leaves out. If more
  // than one response has an id, an output is taken before an input, and then the last stored.
  // Renews the responses that the items come from. NotFound names the item that is missing.
  absl::StatusOr<std::vector<std::string>> ItemsById(std::string_view owner,
                                                     const std::vector<std::string>& ids,
                                                     std::int64_t now);

  // Removes what has expired, a limited number. Returns whether there may be more.
  bool Expire(std::int64_t now);

  // Returns the bytes of the file that are in use; 0 if it cannot be read.
  std::size_t UsedBytes();

 private:
  struct Link {
    std::int64_t sequence = 0;
    std::int64_t used = 0;
    std::string object;
  };
  struct Links {
    std::vector<Link> list;  // the latest response first
    std::size_t bytes = 0;
  };
  void InsertItems(const StoredResponse& response, std::int64_t sequence);
  void Insert(const StoredResponse& response, std::int64_t now);
  void Evict(std::int64_t kept);
  std::int64_t Find(std::string_view owner, std::string_view id, std::int64_t now);
  bool AddLink(const policy::SqliteQuery& row, Links& links);
  absl::Status AddConversation(std::string_view owner, std::string_view conversation,
                               std::int64_t sequence, std::int64_t now, Links& links);
  absl::Status AddChain(std::string_view owner, std::string id, std::int64_t now, Links& links);
  absl::StatusOr<std::vector<std::string>> ItemsOf(const Links& links, std::int64_t now);
  void Renew(const std::vector<Link>& links, std::int64_t now);

  ResponseFile file_;
  policy::Sqlite& database_;  // of the file
  StoreBounds bounds_;
};

}  // namespace headgate::gateway
