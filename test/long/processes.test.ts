import { describe, it } from 'vitest';
import { World } from '../cli/world.ts';
import { killedProcesses, manyProcesses } from '../support/processes.ts';

describe('processes, at full size', () => {
  it('lose nothing when eight of them do 100 operations each on one repository', async () => {
    using world = new World();
    await manyProcesses(world, 8, 100);
  });

  it('lose nothing acknowledged when 100 of them are killed, and need no repair', async () => {
    using world = new World();
    await killedProcesses(world, 100);
  });
});
