#include "base/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice {
namespace {

constexpr size_t kBodyBytesMax = 64 << 10;
constexpr std::string_view kRetryAfter = "retry-after:";

// Once for the process, before any thread of ours asks for anything.
bool InitialiseCurl() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return done;
}

size_t TakeBody(char* data, size_t size, size_t count, void* response) {
  std::string& body = static_cast<HttpResponse*>(response)->body;
  body.append(data, std::min(size * count, kBodyBytesMax - std::min(body.size(), kBodyBytesMax)));
  return size * count;
}

size_t TakeHeader(char* data, size_t size, size_t count, void* response) {
  std::string_view header(data, size * count);
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  if (header.size() > kRetryAfter.size() &&
      std::equal(kRetryAfter.begin(), kRetryAfter.end(), header.begin(), [&](char b, char a) { return same(a, b); })) {
    header.remove_prefix(kRetryAfter.size());
    while (!header.empty() && header.front() == ' ') header.remove_prefix(1);
    while (!header.empty() && (header.back() == '\r' || header.back() == '\n')) header.remove_suffix(1);
    static_cast<HttpResponse*>(response)->retry_after = header;
  }
  return size * count;
}

int OnProgress(void* cancellation, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const Cancellation*>(cancellation)->cancelled() ? 1 : 0;
}

struct EasyDeleter {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, ListDeleter>;

void AddHeader(Headers* headers, const std::string& line) {
  curl_slist* const longer = curl_slist_append(headers->get(), line.c_str());
  if (longer == nullptr) return;
  (void)headers->release();
  headers->reset(longer);
}

Headers MakeHeaders(const HttpRequest& request) {
  Headers headers;
  for (const auto& [name, value] : request.headers) AddHeader(&headers, StrCat(name, ": ", value));
  AddHeader(&headers, "Expect:");  // no question before the body
  return headers;
}

void SetUp(CURL* curl, const HttpRequest& request, const Headers& headers, const Cancellation* cancellation,
           char* problem, HttpResponse* response) {
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "sluice");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max<int64_t>(1, absl::ToInt64Milliseconds(request.timeout))));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, response);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, TakeHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, response);
  if (!request.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, request.ca_file.c_str());
  if (cancellation == nullptr) return;
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, OnProgress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, cancellation);
}

// Like curl_easy_perform, but a cancellation ends it at once.
CURLcode Perform(CURL* curl, const Cancellation* cancellation) {
  if (cancellation == nullptr) return curl_easy_perform(curl);
  const std::unique_ptr<CURLM, MultiDeleter> multi(curl_multi_init());
  if (multi == nullptr || curl_multi_add_handle(multi.get(), curl) != CURLM_OK) return CURLE_FAILED_INIT;
  CURLcode result = CURLE_ABORTED_BY_CALLBACK;
  int running = 1;
  while (running > 0 && !cancellation->cancelled()) {
    curl_waitfd wake = {.fd = cancellation->descriptor(), .events = CURL_WAIT_POLLIN, .revents = 0};
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) break;
    if (running > 0) curl_multi_poll(multi.get(), &wake, 1, 1000, nullptr);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg == CURLMSG_DONE) result = message->data.result;
  }
  curl_multi_remove_handle(multi.get(), curl);
  return result;
}

}  // namespace

absl::StatusOr<HttpResponse> HttpPost(const HttpRequest& request, const Cancellation* cancellation) {
  if (!InitialiseCurl()) return absl::InternalError("libcurl does not start");
  const std::unique_ptr<CURL, EasyDeleter> curl(curl_easy_init());
  if (curl == nullptr) return absl::InternalError("libcurl gives no handle");
  const Headers headers = MakeHeaders(request);
  HttpResponse response;
  char problem[CURL_ERROR_SIZE] = {};
  SetUp(curl.get(), request, headers, cancellation, problem, &response);
  const CURLcode result = Perform(curl.get(), cancellation);
  if (result == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    return response;
  }
  if (cancellation != nullptr && cancellation->cancelled()) return absl::CancelledError("stopped");
  return Unavailable(problem[0] != '\0' ? problem : curl_easy_strerror(result));
}

absl::Status CheckHttpUrl(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  char* host = nullptr;
  const bool good = (url.starts_with("http://") || url.starts_with("https://")) &&
                    curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK &&
                    curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) == CURLUE_OK;
  curl_free(host);
  if (good) return absl::OkStatus();
  return InvalidArgument("found ", Quoted(url), "; expected an http:// or https:// URL");
}

}  // namespace sluice
