// The few functions that wasi-libc and libc++ want of a host, so that the module imports none: there is no file, no
// environment and no clock behind them, and an abort is a trap.
//
// Defined here under the names of wasi-libc's own wrappers, which the linker then leaves in their archive.
#include <wasi/api.h>

#include <cstdlib>
#include <string>

extern "C" {

__wasi_errno_t __wasi_fd_close(__wasi_fd_t) { return __WASI_ERRNO_BADF; }
__wasi_errno_t __wasi_fd_seek(__wasi_fd_t, __wasi_filedelta_t, __wasi_whence_t, __wasi_filesize_t*) { return __WASI_ERRNO_BADF; }
__wasi_errno_t __wasi_fd_write(__wasi_fd_t, const __wasi_ciovec_t*, size_t, __wasi_size_t*) { return __WASI_ERRNO_BADF; }
__wasi_errno_t __wasi_fd_renumber(__wasi_fd_t, __wasi_fd_t) { return __WASI_ERRNO_BADF; }
__wasi_errno_t __wasi_fd_fdstat_get(__wasi_fd_t, __wasi_fdstat_t*) { return __WASI_ERRNO_BADF; }
void __wasi_proc_exit(__wasi_exitcode_t) { __builtin_trap(); }
void abort() { __builtin_trap(); }

}  // extern "C"

// libc++'s own prints to a stream that is not there, and brings printf along; this is the replacement that libc++ provides for.
void std::__libcpp_verbose_abort(const char*, ...) { __builtin_trap(); }
