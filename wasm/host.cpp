// The few functions that wasi-libc and libc++ want of a host, so that the module imports none: there is no file, no
// environment and no clock behind them, and an abort is a trap. And small ones in place of the C library's for what the JSON library
// calls: its printf and its reader of floating point would be a twentieth of the module.
//
// Defined here under the names of wasi-libc's own wrappers, which the linker then leaves in their archive.
#include <wasi/api.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

extern "C" {

__wasi_errno_t __wasi_fd_close(__wasi_fd_t) { return __WASI_ERRNO_BADF; }
__wasi_errno_t __wasi_fd_seek(__wasi_fd_t, __wasi_filedelta_t, __wasi_whence_t, __wasi_filesize_t*) { return __WASI_ERRNO_BADF; }
__wasi_errno_t __wasi_fd_write(__wasi_fd_t, const __wasi_ciovec_t*, size_t, __wasi_size_t*) { return __WASI_ERRNO_BADF; }
__wasi_errno_t __wasi_fd_renumber(__wasi_fd_t, __wasi_fd_t) { return __WASI_ERRNO_BADF; }
__wasi_errno_t __wasi_fd_fdstat_get(__wasi_fd_t, __wasi_fdstat_t*) { return __WASI_ERRNO_BADF; }
void __wasi_proc_exit(__wasi_exitcode_t) { __builtin_trap(); }
void abort() { __builtin_trap(); }

// The JSON library words its own errors with it, which nobody reads (wire/json has its own).
int snprintf(char* out, size_t size, const char*, ...) {
  if (size > 0) *out = '\0';
  return 0;
}

// The JSON library asks what a number is and whether it is finite; our values keep its text, so only the latter is told. The text is a
// JSON number. One that is equal to the border of infinity in as many digits as stand here counts as finite.
double strtod(const char* text, char** end) {
  constexpr std::string_view kInfinite = "1797693134862315807937289714053034";
  constexpr int kExponentOfInfinite = 308;
  constexpr int kFarAway = 1 << 24;
  const char* at = text;
  std::string digits;  // from the first that is not 0
  int exponent = -1;   // of that first digit
  bool is_fraction = false;
  for (at += *at == '-' ? 1 : 0; *at == '.' || std::isdigit(*at) != 0; ++at) {
    if (*at == '.') {
      is_fraction = true;
      continue;
    }
    if (!digits.empty() || *at != '0') digits += *at;
    exponent += digits.empty() ? (is_fraction ? -1 : 0) : (is_fraction ? 0 : 1);
  }
  if (*at == 'e' || *at == 'E') {
    const bool is_negative = *++at == '-';
    if (*at == '-' || *at == '+') ++at;
    int given = 0;
    for (; std::isdigit(*at) != 0; ++at) given = std::min(given * 10 + (*at - '0'), kFarAway);
    exponent += is_negative ? -given : given;
  }
  *end = const_cast<char*>(at);
  const bool is_infinite = !digits.empty() && (exponent > kExponentOfInfinite ||
                                               (exponent == kExponentOfInfinite && digits.compare(0, kInfinite.size(), kInfinite) > 0));
  return is_infinite ? std::numeric_limits<double>::infinity() : 0;
}

// Of the same archive member, and called by nobody.
float strtof(const char*, char**) { __builtin_trap(); }
long double strtold(const char*, char**) { __builtin_trap(); }

// libc++abi's last words, for nobody.
[[noreturn]] void abort_message(const char*, ...) { __builtin_trap(); }

}  // extern "C"

// libc++'s own prints to a stream that is not there, and brings printf along; this is the replacement that libc++ provides for.
void std::__libcpp_verbose_abort(const char*, ...) { __builtin_trap(); }
