/** A repository in memory that takes pushes: by the rules that hold for every ref, and what a test adds. */
import type { Oid } from '../../src/object/oid.ts';
import { closure, ObjectGraph } from '../../src/wire/commit-graph.ts';
import type { PushRequest, RefCommand } from '../../src/wire/push-request.ts';
import type { PushInProgress, PushTarget } from '../../src/wire/receive-pack.ts';
import type { AdvertisedRef, ServedRepository } from '../../src/wire/served.ts';
import type { Unpacked } from '../../src/wire/unpack.ts';
import { MemorySink } from './packs.ts';

export class MemoryTarget implements PushTarget, ServedRepository {
  readonly objects: MemorySink;
  readonly head = 'refs/heads/main';
  refs: AdvertisedRef[];
  /** What was pushed, and what was closed. */
  readonly pushes: { request: PushRequest; unpacked: Unpacked | undefined }[] = [];
  closed = 0;
  /** Why a test lets a command fail. */
  refuse: (command: RefCommand) => string | undefined = () => undefined;
  /** What the pusher is told meanwhile. */
  say: readonly string[] = [];

  constructor(objects = new MemorySink(), refs: readonly AdvertisedRef[] = []) {
    this.objects = objects;
    this.refs = [...refs];
  }

  begin(request: PushRequest): PushInProgress {
    const sink = new MemorySink();
    for (const [oid, object] of this.objects.objects) sink.put({ oid, ...object });
    return {
      sink,
      admit: async (unpacked, tell) => {
        this.pushes.push({ request, unpacked });
        for (const text of this.say) {
          tell(text);
          await new Promise((resolve) => setImmediate(resolve));
        }
        return this.#admit(request, sink);
      },
      close: () => {
        this.closed += 1;
      },
    };
  }

  #admit({ commands, capabilities }: PushRequest, sink: MemorySink): Map<string, string> {
    const refused = new Map<string, string>();
    for (const command of commands) {
      const fault = this.#fault(command, sink);
      if (fault !== undefined) refused.set(command.name, fault);
    }
    if (refused.size > 0 && capabilities.has('atomic')) {
      for (const { name } of commands) if (!refused.has(name)) refused.set(name, 'another ref was refused');
    }
    const moved = commands.filter(({ name }) => !refused.has(name));
    if (moved.length > 0) for (const [oid, object] of sink.objects) this.objects.put({ oid, ...object });
    for (const { name, new: oid } of moved) {
      this.refs = this.refs.filter((ref) => ref.name !== name);
      if (oid !== null) this.refs.push({ name, oid });
    }
    return refused;
  }

  #fault(command: RefCommand, sink: MemorySink): string | undefined {
    const current: Oid | null = this.refs.find(({ name }) => name === command.name)?.oid ?? null;
    if (current !== command.old) return 'it has moved';
    if (command.new !== null && !sink.has(command.new)) return 'its object did not come';
    const isForward =
      current === null || command.new === null || closure(new ObjectGraph(sink), [command.new]).has(current);
    return isForward ? this.refuse(command) : 'it does not go forward';
  }
}
