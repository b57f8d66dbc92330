/** Most commands give the SQL engine a second's work or less: it is not worth making the engine fast for them. */
import { setFlagsFromString } from 'node:v8';

/**
 * How many bytes of a function run before V8 optimizes it. V8's own 13 million are used up while an engine opens: it then optimizes
 * PostgreSQL's interpreter of expressions, one function of 105 KB, for 0.5 s of the processor and 430 MB. A billion is reached by
 * whatever computes for long; until then the engine runs 1,000s of calls at two thirds of its speed.
 */
const bytesBeforeOptimizing = 1_000_000_000;

/** Has the SQL engine's code optimized late. To be said before it is compiled. */
export function expectBriefWork(): void {
  setFlagsFromString(`--wasm-tiering-budget=${bytesBeforeOptimizing}`);
}
