#include "orthink/tools/discretion.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace orthink::tools {
namespace {

struct Saying {
  Errc errc;
  std::string_view says;
};
constexpr std::string_view kSetUpWrong = "the server is not set up to ask its upstream";
constexpr std::string_view kUnreached = "the server cannot reach its upstream";
constexpr std::array kSayings = std::to_array<Saying>({
    {Errc::store_unavailable, "the server's ledger cannot be used"},
    {Errc::clock_refused, "the server's clock is not believed, or its upstream cannot be asked for the time"},
    {Errc::connect_failed, kUnreached},
    {Errc::connect_timeout, kUnreached},
    {Errc::tls_failed, kUnreached},
    {Errc::upstream_auth, "the server's key is not accepted upstream"},
    {Errc::key_missing, "the server has no key for its upstream"},
    {Errc::invalid_config, kSetUpWrong},
    {Errc::file_unreadable, kSetUpWrong},
    {Errc::insecure_url, kSetUpWrong},
    {Errc::internal, "something is wrong within the server"},
});

const Saying* saying_of(Errc errc) {
  const auto found = std::find_if(kSayings.begin(), kSayings.end(), [errc](const Saying& each) { return each.errc == errc; });
  return found == kSayings.end() ? nullptr : &*found;
}

}  // namespace

bool is_for_operator(Errc errc) {
  return saying_of(errc) != nullptr;
}

Error discreet(Error error) {
  error.message = saying_of(error.errc)->says;
  error.remedy = "Its operator finds why in its log.";
  return error;
}

std::string in_a_sentence(const Error& error) {
  return error.message + ". " + error.remedy;
}

}  // namespace orthink::tools
