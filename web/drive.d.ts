// Types of drive.js.
import type { Ask, CallOptions, Event, Orthink, RowWrite, StoreBatch, StoreReply } from './orthink.js';

export interface Store {
  /** All or nothing; names the first guard or row that failed. */
  apply(batch: StoreBatch): Promise<StoreReply>;
}
export class MemoryStore implements Store {
  rows: Map<string, RowWrite>;
  counters: Map<string, number>;
  rates: Map<string, number>;
  marks: Map<string, number>;
  documents: Map<string, { text: string; expires_us: number }>;
  journals: Map<string, string[]>;
  apply(batch: StoreBatch): Promise<StoreReply>;
}

export interface Upstream {
  /** What /chat/completions is appended to. */
  baseUrl: string;
  /** Added on the way out; the module never sees it. */
  key?: string;
  fetch?: typeof globalThis.fetch;
}
export interface Host extends Upstream {
  /** Cancels, and still settles the bill: go on reading. */
  signal?: AbortSignal;
  /** Leaves at once. */
  urgentSignal?: AbortSignal;
  store?: Store;
  options?: CallOptions;
}

/** The number of rows taken. */
export function refreshCatalog(orthink: Orthink, upstream: Upstream): Promise<number>;
export function ask(orthink: Orthink, document: Ask | string, host: Host): AsyncGenerator<Event, void, void>;
