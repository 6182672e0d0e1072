// The reference of stores as a program: a batch a line in, a reply a line out; the last line is all that is kept then.
//
//   apply_batches < batches.jsonl
//
// Rows are [state,account,epoch,created_us,due_us,record], documents [text,expires_us]; never is null.
#include <iostream>
#include <string>

#include "orthink/ledger/batch_json.h"
#include "orthink/ledger/memory_table.h"

using namespace orthink;

namespace {

void write(json::Writer& out, Instant at) {
  if (at.is_never())
    out.null();
  else
    out.number(at.us);
}

void write(json::Writer& out, std::string_view name, const std::map<std::string, int64_t>& numbers) {
  out.key(name).object();
  for (const auto& [key, number] : numbers) out.key(key).number(number);
  out.end();
}

std::string contents(const MemoryTable& table) {
  json::Writer out;
  out.object().key("rows").object();
  for (const auto& [key, row] : table.rows()) {
    out.key(key).array().string(name(row.state)).string(row.account).string(row.epoch).number(row.created.us);
    write(out, row.due);
    out.string(row.record).end();
  }
  out.end();
  write(out, "counters", table.counters());
  write(out, "rates", table.rates());
  write(out, "marks", table.marks());
  out.key("documents").object();
  for (const auto& [key, document] : table.documents()) {
    out.key(key).array().string(document.text);
    write(out, document.expires);
    out.end();
  }
  out.end().key("journals").object();
  for (const auto& [account, lines] : table.journals()) {
    out.key(account).array();
    for (const std::string& line : lines) out.string(line);
    out.end();
  }
  out.end().end();
  return out.take();
}

}  // namespace

int main() {
  MemoryTable table;
  for (std::string line; std::getline(std::cin, line);) {
    const Result<json::Value> document = json::parse(line);
    const Result<StoreBatch> batch = document ? read_batch(*document) : Result<StoreBatch>(document.error());
    if (!batch) {
      std::cerr << batch.error().message << ": " << line << '\n';
      return 1;
    }
    std::cout << reply_json(table.apply(*batch)) << '\n';
  }
  std::cout << contents(table) << '\n';
}
