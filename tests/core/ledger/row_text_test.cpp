// A row of the ledger as a JSON object and as a line of CSV.
#include "orthink/ledger/row_text.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "orthink/ledger/csv.h"
#include "orthink/wire/json.h"
#include "tests/core/ledger/records.h"

using namespace orthink;

namespace {

StoredRow settled_row() {
  HoldRecord record = test::whole_record();
  record.scopes = {Scope{}, {ScopeKind::user, "=cmd|'/c calc'!A1"}};
  record.is_flagged = false;
  record.model = "+1, \"quoted\"";
  record.provider.clear();
  record.usage.prompt_tokens = 10;
  record.usage.completion_tokens = 50;
  return {HoldState::settled, record.account(), "epoch-1", record.created, Instant::never(), record.to_json()};
}

}  // namespace

TEST_CASE("a row with all that is known of it, unknown is null") {
  const StoredRow row = settled_row();
  CHECK(RowText("call-4f/2", row).json(true) ==
        R"({"schema":1,"key":"call-4f/2","state":"settled","created_at":"2026-11-24T12:00:00Z","created_ms":1795521600123,"due_ms":null,)"
        R"("account":"global","epoch":"epoch-1","call_id":"call-4f","row":2,"attempt":3,"scopes":["global","user:=cmd|'/c calc'!A1"],)"
        R"("day":"2026-11-24","month":"2026-11","bound_usd":"0.0131","actual_usd":"0.00025","source":"provider","flagged":false,)"
        R"("tokens_bound":900,"model":"+1, \"quoted\"","provider":null,"generation_id":"gen-7","price_source":"catalogue",)"
        R"("usage_state":"final","prompt_tokens":10,"cached_tokens":null,"cache_write_tokens":null,"completion_tokens":50,)"
        R"("thinking_tokens":40,"visible_tokens":10,"deadline_ms":1795522500123,"asks":4})");
}

TEST_CASE("the same as CSV: as many cells as the head names, no formulas") {
  const StoredRow row = settled_row();
  CHECK(RowText::csv_head().starts_with("key,state,created_at,"));
  CHECK(RowText("call-4f/2", row).csv() ==
        "call-4f/2,settled,2026-11-24T12:00:00Z,1795521600123,,global,epoch-1,call-4f,2,3,global user:=cmd|'/c calc'!A1,2026-11-24,2026-11,"
        "0.0131,0.00025,provider,false,900,\"'+1, \"\"quoted\"\"\",,gen-7,catalogue,final,10,,,50,40,10,1795522500123,4\r\n");
}

TEST_CASE("a flag is a word, and a time before 1970 has no milliseconds") {
  StoredRow row = settled_row();
  row.record = test::whole_record().to_json();
  row.created = Instant{-1};
  CHECK(RowText("k", row).json().find(R"("created_at":"1969-12-31T23:59:59Z","created_ms":null,)") != std::string::npos);
  CHECK(RowText("k", row).csv().starts_with("k,settled,1969-12-31T23:59:59Z,,,"));
  CHECK(RowText("k", row).csv().find(",provider,true,900,") != std::string::npos);
}

TEST_CASE("the amount of a row that is not settled is not known") {
  StoredRow row = settled_row();
  row.state = HoldState::unknown;
  CHECK(RowText("k", row).json().find(R"("actual_usd":null)") != std::string::npos);
}

TEST_CASE("a row whose record cannot be read keeps what the store knows") {
  StoredRow row = settled_row();
  CHECK(RowText("k", row).is_readable());
  row.record = "{\"v\":1";
  CHECK_FALSE(RowText("k", row).is_readable());
  const std::string text = RowText("call-4f/2", row).json();
  CHECK(text.starts_with(R"({"key":"call-4f/2","state":"settled","created_at":"2026-11-24T12:00:00Z")"));
  CHECK(text.find(R"("bound_usd":null,)") != std::string::npos);
  const std::string line = RowText("call-4f/2", row).csv();
  const std::string head = RowText::csv_head();
  CHECK(std::count(line.begin(), line.end(), ',') == std::count(head.begin(), head.end(), ','));
}

TEST_CASE("cells that are formulas get an apostrophe, and only they") {
  for (const char* text : {"=1+1", "+1", "-1", "@SUM(A1)"}) CHECK(csv::cell(text) == "'" + std::string(text));
  CHECK(csv::cell("\t=1") == "'\t=1");
  CHECK(csv::cell("\r=1") == "\"'\r=1\"");
  CHECK(csv::cell("\n=1") == "\"'\n=1\"");
  for (const char* text : {"", "a=b", "openai/gpt-5-mini", "a-b"}) CHECK(csv::cell(text) == text);
  CHECK(csv::cell("a\"b") == "\"a\"\"b\"");
  CHECK(csv::cell("a,b") == "\"a,b\"");
}
