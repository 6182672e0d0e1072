// The fixture's work: most answers are there at once (fixture_answers.h); tools that wait or ask the client run on a thread of their own.
// Thread rule: any thread.
#pragma once

#include <memory>

#include "native/serve/work.h"

namespace orthink::test {

class FixtureService : public serve::Service {
 public:
  std::unique_ptr<serve::Job> start(mcp::Call call, const access::Principal& caller, std::shared_ptr<serve::Mailbox> to) override;
};

}  // namespace orthink::test
