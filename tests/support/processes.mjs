// The children of tests in Node, and the patience of those tests. No child outlives the process that started it, and nothing is waited for
// without end: a test or a hook that fails half-way leaves neither a server nor a run of tests that never ends.
import { spawn } from 'node:child_process';
import * as runner from 'node:test';

/** How long a machine, however slow, may take for one step of a test, in ms. */
export const PATIENCE = 60_000;
const limit = { timeout: 3 * PATIENCE };

/** node:test's own, except that each test and each hook ends. */
export const test = (name, ...rest) => runner.test(name, { ...limit, ...(rest.length > 1 ? rest[0] : {}) }, rest.at(-1));
export const before = (body) => runner.before(body, limit);
export const after = (body) => runner.after(body, limit);
export const { describe } = runner;

const alive = new Set();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});
// What a failed test left open keeps its file's process no longer than this. (--test-force-exit may cut the runner's reports short.)
runner.after(() => void setTimeout(() => process.exit(), PATIENCE).unref());
process.on('SIGTERM', () => process.exit(143));  // so that there is an 'exit': the runner ends a file that takes too long by this signal

/** A child and what it says: { child, out(), talk(), gone -> exit code or name of a signal, stop(signal) -> the same, ends(ms) -> the same }. */
export function launched(command, args, env = process.env, cwd = undefined) {
  const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: [], talk: [] };
  child.stdout.on('data', (piece) => said.out.push(piece));
  child.stderr.on('data', (piece) => said.talk.push(piece));
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  const gone = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.code));
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  const out = () => Buffer.concat(said.out).toString();
  const talk = () => Buffer.concat(said.talk).toString();

  /** How it ended by itself. One that has not after `ms` is killed, and what it said is in the error. */
  const ends = async (ms = PATIENCE) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
      child.stdout.destroy();  // a child of the child may hold them open
      child.stderr.destroy();
    }, ms);
    const how = await gone;
    clearTimeout(timer);
    if (isLate) throw new Error(`${command} ${args.join(' ')} had not ended after ${ms} ms: ${out()} ${talk()}`);
    return how;
  };
  const stop = (signal = 'SIGTERM') => {
    child.kill(signal);
    return ends();
  };
  return { child, out, talk, gone, ends, stop };
}

/** A child that has said its first line, of which `read` makes `ready`. */
export async function started(command, args, env, read = JSON.parse) {
  const it = launched(command, args, env);
  const heard = new Promise((resolve) => {
    it.child.stdout.on('data', () => it.out().includes('\n') && resolve(true));
    setTimeout(resolve, PATIENCE, false).unref();
  });
  if (!(await Promise.race([heard, it.gone.then(() => false)]))) {
    it.child.kill('SIGKILL');
    throw new Error(`${command} ${args.join(' ')} did not start: ${it.out()} ${it.talk()}`);
  }
  return { ...it, ready: read(it.out().split('\n')[0]) };
}

/** Resolves when `check` gives something true; fails after `ms`. Looks again whenever `pause` ms have gone. */
export async function until(check, ms = PATIENCE, pause = 5) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not so after ${ms} ms: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
