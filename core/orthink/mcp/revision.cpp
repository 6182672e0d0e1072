#include "orthink/mcp/revision.h"

#include <string>

namespace orthink::mcp {

const Revision* find_revision(std::string_view name) {
  for (const Revision& revision : kRevisions)
    if (revision.name == name) return &revision;
  return nullptr;
}

bool is_modern_name(std::string_view name) {
  if (name.size() != 10) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool is_dash = i == 4 || i == 7;
    if (is_dash ? name[i] != '-' : (name[i] < '0' || name[i] > '9')) return false;
  }
  return name >= kFirstModern;
}

std::string_view negotiate(std::string_view asked) {
  const Revision* revision = find_revision(asked);
  return revision && revision->era == Era::legacy ? revision->name : kNewestLegacy;
}

const std::string& supported_json() {
  static const std::string text = [] {
    std::string list = "[";
    for (size_t i = kRevisions.size(); i-- > 0;) {
      list += '"';
      list += kRevisions[i].name;
      list += i > 0 ? "\"," : "\"]";
    }
    return list;
  }();
  return text;
}

}  // namespace orthink::mcp
