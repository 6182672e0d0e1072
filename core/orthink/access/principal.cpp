#include "orthink/access/principal.h"

#include <algorithm>

namespace orthink::access {
namespace {

constexpr std::string_view kLocal = "local";

}  // namespace

Principal Principal::local() {
  Principal caller;
  caller.id = kLocal;
  return caller;
}

bool Principal::is_local() const {
  return id == kLocal;
}

bool Principal::may_use_tool(std::string_view tool) const {
  return tools.empty() || matches_any(tools, tool);
}

bool Principal::may_use_model(std::string_view model) const {
  return models.empty() || matches_any(models, model);
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view id) {
  return std::any_of(patterns.begin(), patterns.end(), [id](std::string_view pattern) {
    if (!pattern.ends_with('*')) return pattern == id;
    pattern.remove_suffix(1);
    return id.starts_with(pattern);
  });
}

}  // namespace orthink::access
