// Requests to HTTP servers.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/cancellation.h"

namespace sluice {

struct HttpRequest {
  std::string url;  // http or https; redirects are not followed
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
  // Of everything: name, connection, answer.
  absl::Duration timeout = absl::Seconds(10);
  // The authorities that a server's certificate may come from; empty: those of the system.
  std::string ca_file = {};
};

struct HttpResponse {
  int status = 0;
  std::string body;         // its beginning
  std::string retry_after;  // the header of that name
};

// Posts, and waits for the answer; blocks for request.timeout at most. Any status is a response. Unavailable if there
// is none (refused, timed out, broken, a certificate that is not trusted), Cancelled after cancellation->Cancel(). Of
// the response's body 64 KiB are kept. Thread-safe.
absl::StatusOr<HttpResponse> HttpPost(const HttpRequest& request, const Cancellation* cancellation);

// InvalidArgument if it is not http://HOST… or https://HOST….
absl::Status CheckHttpUrl(const std::string& url);

}  // namespace sluice
