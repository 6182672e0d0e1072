#include "orthink/policy/billing.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;

TEST_CASE("only the documented providers stop billing when a stream is closed", "[billing]") {
  for (const char* stops : {"OpenAI", "Anthropic", "xAI", "DeepSeek", "azure", "DEEPINFRA"}) CHECK(stops_billing_on_cancel(stops));
  for (const char* goes_on : {"Google", "Google AI Studio", "Amazon Bedrock", "Groq", "Mistral", "Alibaba", "", "OpenAI ", "Nobody"})
    CHECK_FALSE(stops_billing_on_cancel(goes_on));
}
