/**
 * Where the main thread's time goes, by the layer of the code: a sampling profile, each sample counted for the innermost
 * frame of ours. The rest is what the main thread waited for (the engine's thread, the disk) and the collection of garbage.
 */
import { type Profiler, Session } from 'node:inspector/promises';

const ofOurs = /\/src\/([a-z]+)\//;
const ofRuntime: ReadonlyMap<string, string> = new Map([
  ['(idle)', 'waiting'],
  ['(garbage collector)', 'garbage'],
  ['(program)', 'native'],
]);

/** The profile's own beginning and end: not counted. */
const profiler = 'profiler';

/** Runs work and gives the milliseconds by layer. */
export async function profileLayers(work: () => Promise<unknown>): Promise<Map<string, number>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 500 });
  await session.post('Profiler.start');
  try {
    await work();
    const { profile } = await session.post('Profiler.stop');
    return byLayer(profile);
  } finally {
    session.disconnect();
  }
}

function byLayer(profile: Profiler.Profile): Map<string, number> {
  const layers = new Map<number, string>();
  const label = (node: Profiler.ProfileNode, above: string): void => {
    const { url, functionName } = node.callFrame;
    const own = url === 'node:inspector' ? profiler : (ofOurs.exec(url)?.[1] ?? ofRuntime.get(functionName) ?? above);
    layers.set(node.id, own);
    for (const id of node.children ?? []) {
      const child = nodes.get(id);
      if (child !== undefined) label(child, own);
    }
  };
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const [root] = profile.nodes;
  if (root !== undefined) label(root, 'other');
  const times = new Map<string, number>();
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const layer = layers.get(id) ?? 'other';
    if (layer === profiler) continue;
    times.set(layer, (times.get(layer) ?? 0) + (profile.timeDeltas?.[index] ?? 0) / 1_000);
  }
  return times;
}
