// A gzip member that is small on the wire and large unpacked.
#pragma once

#include <cstdint>
#include <string>

namespace orthink::sim {

// Unpacks to `megabytes` MB of the letter x (about 160 times its size). RFC 1951 and 1952.
std::string gzip_bomb(uint64_t megabytes);

}  // namespace orthink::sim
