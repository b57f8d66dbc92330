import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, modules, touchesProcess, violation } from '../tools/layers.ts';

const root = join(import.meta.dirname, '..');
const all = modules(root);
const imports = all.flatMap((module) => importsOf(root, module));

describe('layers', () => {
  it('reads every module of the project and finds their imports', () => {
    expect(all.length).toBeGreaterThan(120);
    expect(imports.length).toBeGreaterThan(all.length * 2);
  });

  it('lets imports go down only', () => {
    expect(imports.flatMap((one) => violation(one) ?? [])).toEqual([]);
  });

  it('finds planted violations: upwards, sideways, dynamic, by re-export', () => {
    const planted = (module: string, source: string) =>
      importsOf(root, module, source).flatMap((one) => violation(one) ?? []);
    expect(planted('src/state/row.ts', "import { stage } from '../ledger/stage.ts';")).toHaveLength(1);
    expect(planted('src/merge/pool.ts', "import type { Rights } from '../directory/version.ts';")).toHaveLength(1);
    expect(planted('src/store/store.ts', "const a = await import('../repository.ts');")).toHaveLength(1);
    expect(planted('src/object/oid.ts', "export { Store } from '../store/store.ts';")).toHaveLength(1);
    expect(planted('src/ledger/stage.ts', "import { State } from '../state/state.ts';")).toEqual([]);
  });

  it('keeps terminal, environment, home directory and clock at the edges', () => {
    const inside = all.filter((module) => touchesProcess(module, readFileSync(join(root, module), 'utf8')));
    expect(inside).toEqual([]);
    expect(touchesProcess('src/ledger/x.ts', 'const now = Date.now();')).toBe(true);
  });
});
