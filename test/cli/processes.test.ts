import { describe, it } from 'vitest';
import { killedProcesses, manyProcesses } from '../support/processes.ts';
import { World } from './world.ts';

describe('processes', () => {
  it('lose nothing when four of them work on one repository', { timeout: 300_000 }, async () => {
    using world = new World();
    await manyProcesses(world, 4, 5);
  });

  it('lose nothing acknowledged when they are killed, and need no repair', { timeout: 300_000 }, async () => {
    using world = new World();
    await killedProcesses(world, 20);
  });
});
