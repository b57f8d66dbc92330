/**
 * PostgreSQL's WebAssembly, compiled once a process: every engine's thread gets the same code, and the ones that follow begin with
 * what the first has made fast.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A WebAssembly.Module, which threads can be given. */
export type EngineCode = object;

const { compile }: { compile(bytes: Uint8Array): Promise<EngineCode> } = Reflect.get(globalThis, 'WebAssembly');

let compiled: Promise<EngineCode> | undefined;

/** The code of every engine of this process. */
export function engineCode(): Promise<EngineCode> {
  compiled ??= readFile(
    join(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')), 'pglite.wasm'),
  ).then(compile);
  return compiled;
}
