// Types of orthink.js. The names are those of the public interface; null means unknown, never 0.

export type Effort = 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';
/** 'off', an effort, tokens ('8000', '8k') or dollars ('0.05usd'). */
export type ThinkSetting = 'off' | Effort | (string & {}) | number;

/** One question; docs/ask.schema.json is its schema. What is not named here is passed on: tools, response_format, provider, ... */
export interface Ask {
  model?: string;
  models?: string[];
  prompt?: string;
  messages?: unknown[];
  system?: string;
  think?: ThinkSetting;
  answer_tokens?: number;
  max_tokens?: number;
  max_cost_usd?: string;
  fit?: boolean;
  lenient?: boolean;
  stream?: boolean;
  hide_thinking?: boolean;
  user?: string;
  tenant?: string;
  session?: string;
  deadline_s?: number;
  [passedOn: string]: unknown;
}

export interface Note { code: string; text: string }
export type Promised = 'hard' | 'soft' | 'level' | 'none';

export interface ErrorObject {
  kind: string;
  code: string;
  message: string;
  remedy: string;
  blame: 'caller' | 'remote' | 'policy' | 'orthink';
  retry: 'no' | 'same' | 'after' | 'changed';
  retry_after_ms: number | null;
  http_status: number | null;
  provider: string | null;
  scope: string | null;
  resets_at: string | null;
}

export interface Usage {
  state: 'none' | 'partial' | 'final';
  prompt_tokens: number | null;
  cached_tokens: number | null;
  cache_write_tokens: number | null;
  completion_tokens: number | null;
  thinking_tokens: number | null;
  visible_tokens: number | null;
}

export interface Receipt {
  call_id: string | null;
  generation_id: string | null;
  asked_model: string | null;
  model: string | null;
  provider: string | null;
  think: { asked: string | null; sent: string | null; promise: Promised | null; budget_tokens: number | null; contradiction: string | null };
  usage: Usage;
  /** Dollars as decimal text. */
  cost: {
    usd: string | null;
    source: 'provider' | 'computed' | 'bound' | 'unknown';
    provider_usd: string | null;
    computed_usd: string | null;
    difference_usd: string | null;
    difference_reason: string | null;
    held_usd: string | null;
  };
  attempts: number;
  first_token_ms: number | null;
  total_ms: number | null;
  reasons: Note[];
  warnings: Note[];
}

export type Outcome = 'answered' | 'tool_calls' | 'truncated' | 'thinking_used_all' | 'empty' | 'filtered';

export type Event = { schema?: 1 } & (
  | { type: 'thinking'; text: string; tokens: number; kind: 'text' | 'summary' | 'encrypted' }
  | { type: 'output'; text: string; tokens: number }
  | { type: 'tool_call'; index: number; id: string; name: string; arguments: string }
  | ({ type: 'usage' } & Usage)
  | { type: 'heartbeat'; phase: string; elapsed_ms: number }
  | { type: 'complete'; outcome: Outcome; finish_reason: string | null; native_finish_reason: string | null; message: unknown; receipt: Receipt }
  | { type: 'error'; error: ErrorObject; receipt: Receipt }
);

export interface Plan {
  schema: 1;
  ok: true;
  model: string;
  body: unknown;
  think: { asked: string; sent: string; promise: Promised; budget_tokens: number | null };
  output_cap_tokens: number;
  answer_floor_tokens: number;
  prompt_tokens: { expected: number; bound: number };
  cost: { expected_usd: string | null; worst_usd: string | null; price_source: string; price_age_s: number | null };
  reasons: Note[];
  warnings: Note[];
}
/** `nearest`: the closest arguments that would pass. */
export interface Refusal { schema: 1; ok: false; error: ErrorObject; nearest: unknown }

export interface CallOptions {
  call_id?: string;
  entropy?: number;
  thinking_tokens_max?: number;
  attempts?: number;
  allow_stale_prices?: boolean;
  connect_ms?: number;
  first_token_ms?: number;
  idle_ms?: number;
  call_ms?: number;
  ledger?: LedgerOptions;
}
/** Each absent or null: no such limit. 0 allows nothing. Dollars as decimal text. */
export interface Limits {
  usd_per_day?: string | null;
  usd_per_month?: string | null;
  requests_per_minute?: number | null;
  requests_per_day?: number | null;
  tokens_per_minute?: number | null;
}
/** Who pays, and what each may: `{ scopes: { global: {}, 'user:alice': { usd_per_day: '5' } } }`, global first. */
export interface LedgerOptions {
  scopes?: Record<string, Limits>;
  /** Names this process while its holds are open. */
  epoch?: string;
  /** A limit used this far is named in the receipt's warnings; 80 unless told. */
  warn_percent?: number;
  /** Hold so many tokens of the answer at a time where billing stops on a cancel, so that parallel calls do not starve each other; 0 or
   * absent: all of it at once. */
  slice_tokens?: number;
}

/** A hold as it is written: `record` is opaque to the store. */
export interface RowWrite {
  key: string; from: string[]; to: string; account: string; epoch: string; created_us?: number; due_us?: number; record: string;
}
/** All or nothing, in this order; the first thing that stands against it is named. Integers are safe. */
export interface StoreBatch {
  type: 'store';
  ticket: number;
  at_us: number;
  /** Must be on disk before the answer. */
  durable: boolean;
  marks?: { key: string; value: number; slack: number }[];
  documents?: { key: string; expects: 'anything' | 'absence' | 'this_text'; expected?: string; text?: string; expires_us?: number }[];
  rows?: RowWrite[];
  additions?: { key: string; add: number; limit?: number }[];
  rates?: { key: string; cost_us: number; tolerance_us: number }[];
  journal?: { account: string; text: string }[];
  reads?: string[];
}
export interface StoreReply {
  ticket: number;
  verdict: 'applied' | 'clock_behind' | 'document_conflict' | 'row_conflict' | 'guard_failed' | 'rate_limited' | 'unavailable';
  failed_key?: string;
  found_state?: string;
  found_text?: string;
  found_value?: number;
  values?: number[];
}

/** What the host must do. */
export type Order =
  | StoreBatch
  | { type: 'send'; leg: number; connect_by_ms: number | null; method: string; path: string; headers: [string, string][]; body: string }
  | { type: 'close'; leg: number }
  | { type: 'wait'; at_ms: number | null };

export type Input = 'poll' | 'sent' | 'head' | 'bytes' | 'body_end' | 'lost' | 'tick' | 'cancel' | 'cancel_urgent' | 'store_reply';
export type AnswerPart = 'output' | 'thinking' | 'message';
type Payload = string | Uint8Array | object;

/** The event as the JSON line that the command line prints, to the byte. */
export function lineOf(event: Event | Order): string;
export function load(source: WebAssembly.Module | BufferSource | Response | Promise<Response>): Promise<Orthink>;

export class OrthinkError extends Error {
  error: ErrorObject;
}

export class Orthink {
  catalog(document: string | Uint8Array, fetchedAt?: number): number;
  plan(ask: Ask | string, now?: number): Plan | Refusal;
  planText(ask: Ask | string, now?: number): string;
  open(ask: Ask | string, options?: CallOptions, now?: number): Call;
  channel(document: object | string, now?: number): Channel;
  read(options?: { model?: string; as?: 'events' | 'deltas' }): Reader;
}

declare class Session {
  answer(part: AnswerPart): string;
  close(): void;
}
export class Call extends Session {
  readonly refusal: Event | null;
  step(kind: Input, payload?: Payload, leg?: number, now?: number): (Event | Order)[];
}
/** An act of a channel of MCP, as core/orthink/mcp/act_json.h draws it; `wait`, `close` and `end` are the last of a step. */
export type Act = { readonly type: string } & Readonly<Record<string, unknown>>;
export class Channel {
  readonly acts: Act[];
  event(event: object | string, now?: number): Act[];
  close(): void;
}
export class Reader extends Session {
  readonly exitCode: number | null;
  feed(bytes: Uint8Array): Event[];
  /** Feeds without making a string; the number of events. */
  absorb(bytes: Uint8Array): number;
  finish(): Event[];
}
