// LibraryLoader: the functions of a shared library that are used, found by name at run time, so that only who needs them pays for it.
//
//   LibraryLoader loader("libcurl.so.4", table.failure);
//   loader.find(table.easy_init, "curl_easy_init");
//
// The library stays loaded: it has threads, or handlers that run at exit.
// Thread rule: one thread at a time. `failure` outlives it.
#pragma once

#include <dlfcn.h>

#include <string>

namespace orthink {

class LibraryLoader {
 public:
  // `failure` says why, once something was not to be had; nothing is looked for from then on.
  LibraryLoader(const char* soname, std::string& failure) : soname_(soname), failure_(failure), library_(::dlopen(soname, RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) fail();
  }
  template <class Function>
  void find(Function& function, const char* name) {
    if (!failure_.empty()) return;
    function = reinterpret_cast<Function>(::dlsym(library_, name));
    if (function == nullptr) fail();
  }

 private:
  void fail() {
    const char* reason = ::dlerror();
    failure_ = reason != nullptr ? reason : soname_;
  }
  const char* soname_;
  std::string& failure_;
  void* library_;
};

}  // namespace orthink
