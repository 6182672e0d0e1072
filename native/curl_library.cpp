#include "native/curl_library.h"

#include "native/library_loader.h"

namespace orthink {
namespace {

constexpr const char* kSoname = "libcurl.so.4";

CurlLibrary load() {
  CurlLibrary curl;
  LibraryLoader loader(kSoname, curl.failure);
  loader.find(curl.global_init, "curl_global_init");
  loader.find(curl.easy_init, "curl_easy_init");
  loader.find(curl.easy_setopt, "curl_easy_setopt");
  loader.find(curl.easy_getinfo, "curl_easy_getinfo");
  loader.find(curl.easy_cleanup, "curl_easy_cleanup");
  loader.find(curl.easy_pause, "curl_easy_pause");
  loader.find(curl.easy_strerror, "curl_easy_strerror");
  loader.find(curl.multi_init, "curl_multi_init");
  loader.find(curl.multi_cleanup, "curl_multi_cleanup");
  loader.find(curl.multi_add_handle, "curl_multi_add_handle");
  loader.find(curl.multi_remove_handle, "curl_multi_remove_handle");
  loader.find(curl.multi_perform, "curl_multi_perform");
  loader.find(curl.multi_poll, "curl_multi_poll");
  loader.find(curl.multi_wakeup, "curl_multi_wakeup");
  loader.find(curl.multi_info_read, "curl_multi_info_read");
  loader.find(curl.slist_append, "curl_slist_append");
  loader.find(curl.slist_free_all, "curl_slist_free_all");
  if (curl.failure.empty() && curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) curl.failure = "libcurl could not be initialized";
  return curl;
}

}  // namespace

const CurlLibrary& CurlLibrary::instance() {
  static const CurlLibrary curl = load();
  return curl;
}

}  // namespace orthink
