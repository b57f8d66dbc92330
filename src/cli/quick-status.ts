/** What `status` says, from the repository's plain files. Must not import the index, the engine, or schemas. */
import { nodeFileSystem } from '../store/file-system.ts';
import { cutRefs, type MergeLogic } from '../store/refs.ts';
import { readRefsFile } from '../store/refs-file.ts';

export interface Status {
  readonly branch: string;
  readonly block: { readonly id: string; readonly height: number };
  /** The branch's merge logic. */
  readonly logic?: MergeLogic;
  readonly branches: number;
  readonly snapshots: number;
  /** Where the history of this copy begins, the highest first, where it has only a part. */
  readonly begins?: readonly { readonly block: string; readonly height: number }[];
  /** Where the branch stood at remotes that have one of its name, when they were asked last. */
  readonly remotes: readonly {
    readonly remote: string;
    readonly block: { readonly id: string; readonly height: number };
  }[];
  /** The repository's own directory (`.aergo`). */
  readonly directory: string;
}

const heads = 'refs/heads/';
const tracked = /^refs\/remotes\/([^/]+)\/(.+)$/;

/** @returns undefined where the files are damaged or old, and the repository has to be opened. */
export function readStatus(directory: string): Status | undefined {
  const file = readRefsFile(nodeFileSystem, directory);
  const head = file?.refs.find((ref) => ref.name === file.head);
  if (file === undefined || head?.height === undefined) return undefined;
  const begins = file.refs
    .filter(({ name }) => name.startsWith(cutRefs))
    .map(({ oid, height = 0 }) => ({ block: oid, height }))
    .sort((a, b) => b.height - a.height || (a.block < b.block ? -1 : 1));
  const branch = file.head.startsWith(heads) ? file.head.slice(heads.length) : file.head;
  return {
    branch,
    block: { id: head.oid, height: head.height },
    ...(head.logic === undefined ? {} : { logic: head.logic }),
    branches: file.refs.filter(({ name }) => name.startsWith(heads)).length,
    snapshots: file.refs.filter(({ name }) => name.startsWith('refs/tags/')).length,
    ...(begins.length === 0 ? {} : { begins }),
    remotes: file.refs.flatMap(({ name, oid, height }) => {
      const [, remote = '', there] = tracked.exec(name) ?? [];
      return there === branch && height !== undefined ? [{ remote, block: { id: oid, height } }] : [];
    }),
    directory,
  };
}
