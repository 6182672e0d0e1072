// The functions of libcurl that are used, loaded by name at run time.
//
// libcurl pulls in some thirty libraries: 9 ms and 10 MB at the start of a program that may not need it (`plan`, `--version`). Its
// headers are used for types and constants only; those are part of its stable interface (libcurl.so.4 since 2006).
#pragma once

#include <curl/curl.h>

#include <string>

namespace orthink {

struct CurlLibrary {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_pause) easy_pause = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_multi_init) multi_init = nullptr;
  decltype(&::curl_multi_cleanup) multi_cleanup = nullptr;
  decltype(&::curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&::curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&::curl_multi_perform) multi_perform = nullptr;
  decltype(&::curl_multi_poll) multi_poll = nullptr;
  decltype(&::curl_multi_wakeup) multi_wakeup = nullptr;
  decltype(&::curl_multi_info_read) multi_info_read = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;

  std::string failure;  // why nothing could be loaded; empty when it could

  // Loads and initializes on the first call; the same table ever after. Thread rule: any thread.
  static const CurlLibrary& instance();
};

}  // namespace orthink
