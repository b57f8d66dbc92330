/**
 * The layers of docs/architecture.md, checked on the imports that a parser finds: an arrow may go down the list or stay in its
 * layer, never up. Type imports count: a layer that knows another's types knows the layer.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';

/** From the top to the bottom; folders on one line stand beside each other and do not know each other. */
const layers: readonly (readonly string[])[] = [
  ['commands', 'bin'],
  ['src/tui'],
  ['src/cli'],
  ['src/node'],
  ['src/repository.ts', 'src/repository'],
  ['src/merge', 'src/directory'],
  ['src/ledger', 'src/wire'],
  ['src/contract'],
  ['src/state'],
  ['src/store'],
  ['src/object', 'src/crypto'],
  ['src/errors.ts'],
];

/** Parts that are one: the face and the files behind it. */
const together = new Set(['src/repository.ts src/repository', 'src/repository src/repository.ts']);
/** `state` and `wire` are pure over an object source: they do not know the store, though it stands below them. */
const forbidden = new Set([
  'src/state src/store',
  'src/contract src/store',
  'src/wire src/contract',
  'src/wire src/state',
  'src/wire src/store',
]);

/** Modules that may touch the process: terminal, environment, home directory, clock. */
const edges = ['src/cli/', 'src/node/', 'commands/', 'bin/'];

export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Every `.ts` file below the folders, as paths from `root`. */
export function modules(root: string): string[] {
  return ['src', 'commands'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );
}

/** The modules of this project that a module imports, statically or dynamically, types included. */
export function importsOf(root: string, module: string, source = readFileSync(join(root, module), 'utf8')): Import[] {
  const { module: found, errors } = parseSync(module, source);
  if (errors.length > 0) throw new Error(`${module}: ${errors[0]?.message ?? ''}`);
  const requests = [
    ...found.staticImports.map((one) => one.moduleRequest.value),
    ...found.staticExports.flatMap((one) => one.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...found.dynamicImports.map((one) => source.slice(one.moduleRequest.start + 1, one.moduleRequest.end - 1)),
  ];
  return requests
    .filter((request) => request.startsWith('.'))
    .map((request) => ({ from: module, to: relative(root, resolve(root, dirname(module), request)) }));
}

function partOf(module: string): { layer: number; part: string } {
  for (const [layer, parts] of layers.entries()) {
    const part = parts.find((one) => module === one || module.startsWith(`${one}/`));
    if (part !== undefined) return { layer, part };
  }
  throw new Error(`${module} is in no layer: name it in tools/layers.ts and docs/architecture.md`);
}

/** What is wrong with an import; `undefined` when it goes down. */
export function violation({ from, to }: Import): string | undefined {
  const [above, below] = [partOf(from), partOf(to)];
  if (above.part === below.part || together.has(`${above.part} ${below.part}`)) return undefined;
  if (above.layer < below.layer && !forbidden.has(`${above.part} ${below.part}`)) return undefined;
  return `${from} imports ${to}: ${above.part} must not know ${below.part}`;
}

const processNames =
  /\bprocess\.(?:env|exit|stdout|stderr|stdin|argv|cwd)\b|\bhomedir\(|\bDate\.now\(\)|\bnew Date\(\)|\bconsole\./;

/** Where a module below the edges touches the process. */
export function touchesProcess(module: string, source: string): boolean {
  if (edges.some((edge) => module.startsWith(edge))) return false;
  return processNames.test(source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''));
}
