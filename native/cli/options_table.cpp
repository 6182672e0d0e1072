#include "native/cli/options.h"
#include "orthink/base/limits.h"

namespace orthink::cli {
namespace {

template <class... Verbs>
constexpr uint32_t on(Verbs... verbs) {
  return ((1U << static_cast<unsigned>(verbs)) | ...);
}

constexpr uint32_t kQuestion = on(Verb::ask, Verb::chat, Verb::plan);
constexpr uint32_t kCalls = on(Verb::ask, Verb::chat);
constexpr uint32_t kEvery =
    on(Verb::ask, Verb::chat, Verb::plan, Verb::models, Verb::replay, Verb::budget, Verb::report, Verb::ledger, Verb::why, Verb::sim,
       Verb::doctor, Verb::key, Verb::access, Verb::config, Verb::mcp, Verb::serve, Verb::completions, Verb::help, Verb::version, Verb::man);
constexpr uint32_t kJson = kEvery & ~on(Verb::help, Verb::man);
constexpr uint64_t kTokensMax = 10'000'000;
constexpr uint64_t kDeadlineSecondsMax = 86'400;
constexpr uint32_t kAnyWords = UINT32_MAX;

constexpr VerbRow kVerbs[] = {
    {Verb::ask, "ask", "PROMPT|-", "ask one question, streamed",
     R"(Sends one question and prints the answer as it comes. The thinking setting is checked against what the model can honour, the most the call can cost is computed before anything is sent, and a receipt with the exact cost follows.

The prompt is the words given, or standard input for "-". On a terminal a status line shows phase, thinking tokens and money; piped, only the answer goes to standard output. Ctrl-C cancels, prints the receipt so far and exits 130.

  orthink ask --think 8k "Is 2^31-1 prime?"
  orthink ask --think high --max-cost 0.02 --fit - < question.txt
  orthink ask --think '$0.05' --json "Why is the sky blue?")",
     0, kAnyWords},
    {Verb::chat, "chat", "PROMPT|-", "ask with a history kept in a file",
     R"(The same as ask, with the conversation so far. The file named by --continue holds it: the question and the answer are added at its end, thinking blocks unchanged, so that the model can go on from them. Without --continue a new file is kept in the state folder and named at the end. Without a prompt, on a terminal, it asks for question after question.

  orthink chat --continue talk.json "Name three primes."
  orthink chat --continue talk.json "And the next one?")",
     0, kAnyWords},
    {Verb::plan, "plan", "PROMPT|-", "show what would be sent and what it could cost; send nothing",
     R"(Takes the arguments of ask and prints the body that would be sent, what is promised of the thinking (hard, soft, level, none), the expected and the worst cost, and each reason in a sentence. Nothing is sent, no key is needed.

  orthink plan --model openai/gpt-5-mini --think high "Why?"
  orthink plan --think 20k --max-cost 0.05 --fit "Why?")",
     0, kAnyWords},
    {Verb::models, "models", "[ID]", "list models, their prices and what their thinking can do",
     R"(Lists the models of the catalogue, or one of them in full. The catalogue is the cached list of the upstream, else the facts compiled in; --refresh fetches it anew. Prices are dollars per million tokens.

  orthink models --reasoning --max-price 5 --sort price
  orthink models anthropic/claude-haiku-4.5)",
     0, 1},
    {Verb::replay, "replay", "FILE...", "decode recorded response bodies as if they had just arrived",
     R"(Reads bodies of chat completions, streamed (.sse) or whole (.json), and prints the same events and receipt as ask. Nothing is sent. The exit code is that of the call; of several files the greatest.

  orthink replay --json recorded.sse
  orthink replay --model openai/gpt-5-mini --cut 7 recorded.sse)",
     1, kAnyWords},
    {Verb::budget, "budget", "[show|set|clear|reset] [SCOPE]", "show and set what each may spend, and lift a block",
     R"(Shows where every limit stands: what is spent, what is held for calls under way or of unknown outcome, what is left and when it starts anew. All scopes that are known, or the one that is named.

A scope is global, user:NAME, tenant:NAME, key:NAME or session:NAME; user:* is the default of every user without a word of its own. The NAME of a key is not the key but its fingerprint, the twelve characters that orthink budget shows once it was used. A call must pass every limit of every scope it is charged to, in one step. Days and months are those of UTC.

set changes the limits that are given and leaves the others; none lifts a limit. It takes effect at the next call of every process. clear lifts the block of a scope of which a call cost more than it could. reset forgets what was set: the defaults hold again.

  orthink budget
  orthink budget set user:alice --usd-per-day 5 --requests-per-minute 20
  orthink budget set 'user:*' --usd-per-month 100
  orthink budget set global --usd-per-month none
  orthink budget clear user:alice

Exits 0, 2 for a scope or limit that is none, 1 when the store is away.)",
     0, 2, "show set clear reset", false, true},
    {Verb::report, "report", "", "show what was spent, by model, user, day or tenant",
     R"(Adds up the calls of the ledger: cost, thinking against answer tokens, the average, its days (at most the last 30) as a chart, and how much of it is exact. A call counts in full at the time it began. What is not known is said to be, never shown as 0.

  orthink report --since 30d
  orthink report --by user --since 2026-11-01 --until 2026-12-01
  orthink report --by day --csv > days.csv

Exits 0, or 1 when the store is away or a row of it cannot be read.)",
     0, 0},
    {Verb::ledger, "ledger", "verify|reconcile|export", "check, settle and copy out the book of calls",
     R"(verify recomputes every balance from the rows and checks the journal: numbers without a gap, and the chain of seals. It lists what does not agree. reconcile asks the upstream what became of every call whose outcome is unknown; with --since it also compares each settled call since then with the upstream's number. export writes every row with all it knows, as JSON lines or with --csv for a spreadsheet.

  orthink ledger verify
  orthink ledger reconcile --since 7d
  orthink ledger export --csv --since 2026-11-01 > november.csv

Exits 0; 1 when something was found or disputed, or when store or upstream are away; 130 when interrupted (what was settled stays so).)",
     1, 1, "verify reconcile export"},
    {Verb::why, "why", "CALL_ID|last", "show one call: its receipt, and every decision with its reasons",
     R"(The beginning of the id is enough when it is the only one. last is the newest call of the ledger.

  orthink why call-4f0c
  orthink why last --json

Exits 0, 2 when there is no such call or several, 1 when the store is away.)",
     1, 1},
    {Verb::sim, "sim", "", "serve a stand-in for OpenRouter on loopback",
     R"(Speaks the real wire with invented answers: streams, thinking that respects the request the way each family does, usage with cost to the last digit, errors and faults by name. Nothing is spent. It keeps its own bill, printed at the end.

  orthink sim --port 4010 --fault 500=2,slow-start=1500
  ORTHINK_BASE_URL=http://127.0.0.1:4010/api/v1 OPENROUTER_API_KEY=any orthink ask "Hello"
  orthink sim --list-faults)",
     0, 0},
    {Verb::doctor, "doctor", "", "check key, connection, catalogue, clock, store and ledger",
     "Each check has a verdict and, where it is not good, what to do about it. Exits 1 if a verdict is bad.", 0, 0},
    {Verb::key, "key", "set", "keep an API key in a file only you can read",
     R"(Asks for the key on the terminal without showing it, or reads one line of standard input, and keeps it in a file of mode 0600. OPENROUTER_API_KEY goes before the file. A key is never taken from the command line.

  orthink key set
  orthink key set < key.txt)",
     1, 1, "set"},
    {Verb::access, "access", "list|add|remove|disable|enable [NAME]", "make and take back the keys of those who may call the server",
     R"(add makes a bearer key and prints it, this once: what is kept is its SHA-256, with whom its calls are charged to, what they may spend, which models and tools they may use and until when. remove forgets a key, disable refuses it until enable. list shows the table. It is the file that auth_keys_file names, readable by you alone; a server that runs reads it again at SIGHUP.

With --user and --tenant every call of the key is charged to them, and one that names another is refused; without, a call may name whom it likes. Its limits come on top of those that `orthink budget` sets for them.

  orthink access add ci --user alice --usd-per-day 5 --allow-models 'openai/*'
  orthink access add guest --allow-tools plan_request,list_models --expires 30d
  orthink access remove ci

Exits 0, 2 for a name or value that is none, 1 when the file is not to be used.)",
     1, 2, "list add remove disable enable", false, true},
    {Verb::config, "config", "", "show each setting, its value and where it came from",
     "Defaults, then the configuration file, then the environment, then flags; the later wins. Secrets are not shown.", 0, 0},
    {Verb::mcp, "mcp", "[install|uninstall]", "be an MCP server for the program that started it, or tell a client of it",
     R"(Without a word it speaks MCP on standard input and output, for the one client that started it: eight tools, among them thinking_completion, which asks a reasoning model with its thinking and its cost under control. It begins without a key and says in the result what is missing. When the client leaves, what runs is cancelled and settled. SIGHUP reads the key and the limits anew. Logs go to standard error (ORTHINK_LOG_LEVEL).

install writes the server into the client's own settings; uninstall takes it out. Each shows the change first and asks; the old file is kept beside the new one, and everything else in it stays as it was. Without --url the client starts this program; with it the client is told the address of an `orthink serve`. A bearer key is named by its environment variable, never written.

  orthink mcp install --client claude-code
  orthink mcp install --client cursor --url https://think.example.com/mcp --key-env ORTHINK_MCP_KEY
  orthink mcp uninstall --client codex)",
     0, 1, "install uninstall"},
    {Verb::serve, "serve", "", "be an MCP server over HTTP, for many clients",
     R"(Serves the tools of `orthink mcp` over HTTP (Streamable HTTP) on loopback, and says where. Other addresses need --auth: keys (those of `orthink access`), jwt (tokens of an issuer, see docs/configuration.md) or both. For public use put a reverse proxy with TLS in front.

SIGTERM and Ctrl-C drain: no new calls are taken, running ones may end within --drain-s seconds, are then cancelled, and their money is settled or marked. A second one waits for nobody. SIGHUP reads the upstream key, the bearer keys and the limits anew.

With --stdio it also speaks to the client that started it, and ends when that client leaves.

  orthink serve
  orthink serve --listen 127.0.0.1:9000 --metrics 127.0.0.1:9001
  orthink serve --listen 0.0.0.0:8337 --auth keys

Exits 0 after a drain, 2 for a setting or an address that cannot be had.)",
     0, 0},
    {Verb::completions, "completions", "bash|zsh|fish", "print the completion script of a shell",
     R"(Completes verbs, flags, their values and model ids.

  orthink completions bash > ~/.local/share/bash-completion/completions/orthink
  orthink completions zsh > ~/.zfunc/_orthink
  orthink completions fish > ~/.config/fish/completions/orthink.fish)",
     1, 1, "bash zsh fish"},
    {Verb::help, "help", "[VERB]", "show the verbs, or the flags of one", "", 0, 1},
    {Verb::version, "version", "", "print the version", "", 0, 0},
    {Verb::man, "man", "", "print the manual page", "", 0, 0, "", true},
};

constexpr FlagRow kFlags[] = {
    {Flag::model, "--model", "M", Takes::model,
     "the model to ask, or whose prices to use; default ORTHINK_DEFAULT_MODEL, else anthropic/claude-haiku-4.5",
     kQuestion | on(Verb::replay)},
    {Flag::think, "--think", "SETTING", Takes::setting,
     "how much to think: off, an effort, a number of tokens (8000, 8k) or dollars (0.05usd, or '$0.05' quoted); default: the model's own",
     kQuestion, "off minimal low medium high xhigh max 4k 8k 16k"},
    {Flag::answer, "--answer", "N", Takes::count, "tokens kept for the visible answer; default 1024", kQuestion, "", 1, kTokensMax},
    {Flag::max_tokens, "--max-tokens", "N", Takes::count, "the total cap: thinking and answer together", kQuestion, "", 1, kTokensMax},
    {Flag::max_cost, "--max-cost", "USD", Takes::usd, "the most the whole call may cost", kQuestion},
    {Flag::fit, "--fit", "", Takes::nothing, "lower the settings until the call fits --max-cost and, when it is bought, the limits, instead of refusing", kQuestion},
    {Flag::lenient, "--lenient", "", Takes::nothing, "take the nearest setting the model can honour, and say so, instead of refusing",
     kQuestion},
    {Flag::system, "--system", "TEXT", Takes::text, "the system message", kQuestion},
    {Flag::image, "--image", "FILE|URL", Takes::path, "an image to send along", kQuestion, "", 0, 0, true},
    {Flag::file, "--file", "FILE", Takes::path, "a document to send along", kQuestion, "", 0, 0, true},
    {Flag::tools, "--tools", "FILE", Takes::path, "a JSON array of tools the model may call", kQuestion},
    {Flag::schema, "--schema", "FILE", Takes::path, "a JSON schema the answer must follow", kQuestion},
    {Flag::request, "--request", "FILE", Takes::path,
     "the whole question as one JSON document (docs/ask.schema.json); flags given as well win", kQuestion},
    {Flag::user, "--user", "U", Takes::text, "the end user, passed on to the upstream; of access, whom a key is charged to", kQuestion | on(Verb::access)},
    {Flag::tenant, "--tenant", "T", Takes::text, "whose money it is; never sent", kQuestion | on(Verb::access)},
    {Flag::session, "--session", "S", Takes::text, "groups calls and keeps them on one provider's cache", kQuestion},
    {Flag::idempotency_key, "--idempotency-key", "KEY", Takes::token,
     "buy this question once: given again within 24 hours with the same key, the stored result is printed and nothing is sent", kCalls},
    {Flag::deadline, "--deadline", "S", Takes::count, "seconds for the whole call; default 900", kQuestion, "", 1, kDeadlineSecondsMax},
    {Flag::no_stream, "--no-stream", "", Takes::nothing, "ask for the answer in one piece", kQuestion},
    {Flag::show_thinking, "--show-thinking", "", Takes::nothing, "print the thinking too", kQuestion},
    {Flag::hide_thinking, "--hide-thinking", "", Takes::nothing, "do not print the thinking (it is kept and billed all the same)",
     kQuestion},
    {Flag::continue_, "--continue", "FILE", Takes::path, "the file of the conversation; made when it is not there", on(Verb::chat)},
    {Flag::provider, "--provider", "P", Takes::text, "only models of this provider", on(Verb::models)},
    {Flag::max_price, "--max-price", "USD", Takes::usd, "only models whose output costs at most this per million tokens", on(Verb::models)},
    {Flag::reasoning, "--reasoning", "", Takes::nothing, "only models that think", on(Verb::models)},
    {Flag::cap, "--cap", "LIST", Takes::choices, "only models that have all of these", on(Verb::models),
     "vision tools json files audio structured web"},
    {Flag::sort, "--sort", "BY", Takes::choice, "the order: price, context or name", on(Verb::models), "price context name"},
    {Flag::refresh, "--refresh", "", Takes::nothing, "fetch the catalogue from the upstream first", on(Verb::models)},
    {Flag::usd_per_day, "--usd-per-day", "USD|none", Takes::limit, "set: dollars a day", on(Verb::budget, Verb::access)},
    {Flag::usd_per_month, "--usd-per-month", "USD|none", Takes::limit, "set: dollars a month", on(Verb::budget, Verb::access)},
    {Flag::requests_per_minute, "--requests-per-minute", "N|none", Takes::limit, "set: requests a minute", on(Verb::budget, Verb::access)},
    {Flag::requests_per_day, "--requests-per-day", "N|none", Takes::limit, "set: requests a day", on(Verb::budget, Verb::access)},
    {Flag::tokens_per_minute, "--tokens-per-minute", "N|none", Takes::limit, "set: tokens a minute, prompt and output cap together",
     on(Verb::budget, Verb::access)},
    {Flag::allow_models, "--allow-models", "LIST", Takes::text,
     "the models a key may use, separated by commas; openai/* allows all that begin so; default every model", on(Verb::access)},
    {Flag::allow_tools, "--allow-tools", "LIST", Takes::text, "the tools a key may use, separated by commas; default every tool",
     on(Verb::access)},
    {Flag::expires, "--expires", "WHEN", Takes::text,
     "when a key ends: in a time (90d, 12h, 2w), or a day or moment in UTC (2027-01-31); default never", on(Verb::access)},
    {Flag::by, "--by", "WHAT", Takes::choice, "one line for each of these; default model", on(Verb::report), "model user day tenant"},
    {Flag::since, "--since", "WHEN", Takes::when,
     "only calls from then on: an age (30d, 12h, 2w), a day (2026-11-01), a month (2026-11) or a moment (2026-11-01T12:00:00Z), in UTC",
     on(Verb::report, Verb::ledger)},
    {Flag::until, "--until", "WHEN", Takes::when, "only calls before then; a day's own calls are not among them",
     on(Verb::report, Verb::ledger)},
    {Flag::csv, "--csv", "", Takes::nothing, "print a table for spreadsheets (RFC 4180)", on(Verb::report, Verb::ledger)},
    {Flag::cut, "--cut", "SEED", Takes::count, "cut the bytes at random places of this seed", on(Verb::replay), "", 0, UINT64_MAX},
    {Flag::port, "--port", "N", Takes::count, "the port; 0 (the default) takes a free one", on(Verb::sim), "", 0, 65'535},
    {Flag::replay, "--replay", "DIR", Takes::folder, "serve a folder of recordings by request match", on(Verb::sim)},
    {Flag::seed, "--seed", "N", Takes::count, "the seed of everything invented; default 1", on(Verb::sim), "", 0, UINT64_MAX},
    {Flag::pace, "--pace", "MS", Takes::count, "the pause between the parts of an answer, in milliseconds; default 0, on a terminal gentle",
     on(Verb::sim), "", 0, 60'000},
    {Flag::fault, "--fault", "LIST", Takes::text, "faults to commit, NAME[=ARG] separated by commas", on(Verb::sim), "", 0, 0, true},
    {Flag::list_faults, "--list-faults", "", Takes::nothing, "print the faults there are", on(Verb::sim)},
    {Flag::client, "--client", "NAME", Takes::choice, "install, uninstall: whose settings to change", on(Verb::mcp),
     "claude-code claude-desktop cursor vscode codex chatgpt"},
    {Flag::name, "--name", "NAME", Takes::text, "install, uninstall: what the client calls the server; default orthink", on(Verb::mcp)},
    {Flag::url, "--url", "URL", Takes::text, "install: the address of a server over HTTP, in place of a program to start", on(Verb::mcp)},
    {Flag::key_env, "--key-env", "VARIABLE", Takes::text, "install: the environment variable that holds the bearer key of --url",
     on(Verb::mcp)},
    {Flag::settings, "--settings", "FILE", Takes::path, "install, uninstall: the settings file, in place of the client's usual one",
     on(Verb::mcp)},
    {Flag::yes, "--yes", "", Takes::nothing, "install, uninstall: write without asking", on(Verb::mcp)},
    {Flag::dry_run, "--dry-run", "", Takes::nothing, "install, uninstall: show the change and write nothing", on(Verb::mcp)},
    {Flag::listen, "--listen", "ADDR:PORT", Takes::text, "where to listen; default 127.0.0.1:8337, port 0 takes a free one", on(Verb::serve)},
    {Flag::path, "--path", "PATH", Takes::text, "the path of the tools; default /mcp", on(Verb::serve)},
    {Flag::metrics, "--metrics", "ADDR:PORT", Takes::text, "where to show /metrics for Prometheus, /healthz and /readyz", on(Verb::serve)},
    {Flag::auth, "--auth", "WHO", Takes::choice, "who may call: none, keys, jwt or both; default none, which serves loopback alone",
     on(Verb::serve), "none keys jwt both"},
    {Flag::stdio, "--stdio", "", Takes::nothing, "speak on standard input and output too", on(Verb::serve)},
    {Flag::drain_s, "--drain-s", "S", Takes::count, "seconds that running calls may still take after SIGTERM; default 10",
     on(Verb::serve, Verb::mcp), "", 1, 86'400},
    {Flag::markdown, "--markdown", "", Takes::nothing, "print docs/configuration.md", on(Verb::config), "", 0, 0, false, true},
    {Flag::json, "--json", "", Takes::nothing, "print JSON for programs", kJson},
    {Flag::help, "--help", "", Takes::nothing, "show this help", kEvery},
};

}  // namespace

std::span<const VerbRow> verb_rows() {
  return kVerbs;
}

std::span<const FlagRow> flag_rows() {
  return kFlags;
}

}  // namespace orthink::cli
