#include "tests/rigs/processes.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "native/store/redis_connection.h"
#include "native/system.h"

namespace orthink::rig {

void* share(size_t size) {
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) give_up("no shared memory");
  return memory;
}

void unshare(void* memory, size_t size) {
  ::munmap(memory, size);
}

Gate::Gate() {
  int ends[2];
  if (::pipe(ends) != 0) give_up("no pipe");
  read_ = ends[0];
  write_ = ends[1];
}

Gate::~Gate() {
  if (read_ >= 0) ::close(read_);
  if (write_ >= 0) ::close(write_);
}

void Gate::wait() {
  ::close(std::exchange(write_, -1));
  char byte = 0;
  while (::read(read_, &byte, 1) > 0) {
  }
}

void Gate::open() {
  ::close(std::exchange(write_, -1));
}

Process::Process(const std::function<void()>& work) {
  const pid_t parent = ::getpid();
  std::fflush(nullptr);
  id_ = ::fork();
  if (id_ < 0) give_up("no process can be made");
  if (id_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() == parent) work();
  std::fflush(nullptr);
  ::_exit(0);
}

void Process::reap(int options) {
  if (id_ > 0 && ::waitpid(id_, &status_, options) == id_) id_ = -1;
}

void Process::kill() {
  if (id_ <= 0) return;
  ::kill(id_, SIGKILL);
  reap(0);
}

bool Process::join() {
  reap(0);
  return WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
}

bool Process::is_over() {
  reap(WNOHANG);
  return id_ <= 0;
}

RedisServer::RedisServer() {
  process_ = std::make_unique<Process>([this] {
    const std::string socket = folder_.file("socket"), data = folder_.file(""), log = folder_.file("log");
    ::execl("/usr/bin/redis-server", "redis-server", "--port", "0", "--unixsocket", socket.c_str(), "--dir", data.c_str(), "--logfile",
            log.c_str(), "--appendonly", "yes", "--appendfsync", "always", "--save", "", static_cast<char*>(nullptr));
    ::_exit(127);
  });
  const Instant until = now() + Duration::seconds(30);
  while (now() < until && !process_->is_over()) {
    auto connection = RedisConnection::open(*RedisAddress::parse(url()));
    if (connection && connection->command({"PING"})) return;
    ::sched_yield();
  }
  give_up("redis-server does not start");
}

}  // namespace orthink::rig
