// Every cap in one place, each with its reason. Bytes unless the name says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

#include "orthink/base/instant.h"

namespace orthink::limits {

// One event of a stream: the largest seen in recordings is an encrypted reasoning block of about 40 kB; images as data URLs
// reach some megabytes.
inline constexpr size_t kEventBytesMax = size_t{16} << 20;
// One whole (not streamed) response body.
inline constexpr size_t kBodyBytesMax = size_t{32} << 20;
// The kept answer (thinking + output + details + tool arguments). Past it the call fails rather than grow.
inline constexpr size_t kAnswerBytesMax = size_t{64} << 20;
// Depth of JSON anywhere: real bodies stay under 12; a parser without a cap dies on a depth bomb.
inline constexpr uint32_t kJsonDepthMax = 64;
// A question document: images arrive inside it as data URLs.
inline constexpr size_t kAskBytesMax = size_t{32} << 20;
inline constexpr size_t kAskMembersMax = 100'000;
// A message of MCP: the largest question as arguments of a tool, and what stands around it.
inline constexpr size_t kMessageBytesMax = kAskBytesMax + (size_t{1} << 20);
// The models document: 421 rows are 0.9 MB.
inline constexpr size_t kModelsBytesMax = size_t{32} << 20;
inline constexpr size_t kModelsRowsMax = 10'000;
// An error body is read for its message only.
inline constexpr size_t kErrorBytesMax = size_t{1} << 20;
// Text of an upstream's error that is passed on.
inline constexpr size_t kErrorTextMax = 2'000;
// An answer inside a tool's result, which it carries twice: hosts move far smaller ones to a file, and none reads more.
inline constexpr size_t kToolTextBytesMax = size_t{1} << 20;
inline constexpr size_t kToolCallsMax = 1'000;
inline constexpr size_t kDetailsMax = 10'000;
inline constexpr size_t kMessagesMax = 10'000;

inline constexpr uint32_t kAttemptsDefault = 3;
inline constexpr Duration kRetryBase = Duration::millis(500);
inline constexpr Duration kRetryCap = Duration::seconds(20);
inline constexpr Duration kConnectDeadline = Duration::seconds(5);
inline constexpr Duration kFirstTokenDeadline = Duration::seconds(60);
inline constexpr Duration kFirstTokenDeadlineThinking = Duration::seconds(300);
inline constexpr Duration kIdleDeadline = Duration::seconds(60);
inline constexpr Duration kCallDeadline = Duration::seconds(15 * 60);
// After a cancel, where the provider goes on billing, the rest is read for its usage at most this long.
inline constexpr Duration kDrainDeadline = Duration::seconds(10);
// Output that may have been generated when a stream is closed and was not handed to us: some seconds of a fast model.
inline constexpr uint64_t kTokensInFlightMax = 512;
// The first look at /generation of an outcome that is not known: sooner it is not stored yet.
inline constexpr Duration kGenerationDelay = Duration::seconds(1);
inline constexpr Duration kHeartbeat = Duration::seconds(10);

inline constexpr uint64_t kAnswerFloorDefaultTokens = 1'024;
inline constexpr uint64_t kAnswerRoomDefaultTokens = 4'096;   // added to a thinking budget for the total cap
inline constexpr uint64_t kOutputCapDefaultTokens = 8'192;    // total cap where there is no budget
inline constexpr uint64_t kThinkingMaxDefaultTokens = 16'384; // unless configured
inline constexpr uint64_t kThinkingDefaultTokens = 4'096;     // a budget model asked to think without a number
inline constexpr uint64_t kVendorBudgetMinTokens = 1'024;
inline constexpr uint64_t kEffortBudgetMaxTokens = 128'000;
inline constexpr uint64_t kThinkingSharePercentMax = 80;

// A bearer token before anything of it is decoded: real ones stay under 4 kB, and so do the heads of requests.
inline constexpr size_t kTokenBytesMax = size_t{16} << 10;
// The set of keys of an issuer of tokens: real ones hold two to ten.
inline constexpr size_t kJwksBytesMax = size_t{256} << 10;
inline constexpr size_t kJwksKeysMax = 64;
// RSA: shorter is broken, longer is a way to spend our time.
inline constexpr size_t kRsaBitsMin = 2'048;
inline constexpr size_t kRsaBitsMax = 8'192;
// Clocks of issuer and host may differ by this much, no more (RFC 8725 and RFC 7519 4.1.4 say "a few minutes" at most).
inline constexpr Duration kTokenSkewMax = Duration::seconds(60);
// Bearer keys of a server: each presented key is compared with every one of them.
inline constexpr size_t kAccessKeysMax = 1'000;
inline constexpr size_t kAccessKeysBytesMax = size_t{4} << 20;

}  // namespace orthink::limits
