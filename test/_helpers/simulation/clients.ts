/* Who asks for builds: through a master, or in the database, as Buildbot's masters and other programs do. */
import { mark } from '../../../src/lib/db/announcements.js';
import { addBuildset, findBuilderIds } from '../../../src/lib/db/buildsets.js';
import type { Transaction } from '../../../src/lib/db/connect.js';
import { findOrAddSourceStamp } from '../../../src/lib/db/source-stamps.js';
import { asked } from './jobs.js';
import type { Simulation } from './simulation.js';

/** Seconds between two that ask, on average. */
const everySeconds = 120;

export class Clients {
  isOver = false;
  private readonly simulation: Simulation;

  constructor(simulation: Simulation) {
    this.simulation = simulation;
    this.askLater();
  }

  private askLater(): void {
    const { timeline, random } = this.simulation;
    timeline.after(random.exponential(everySeconds * 1000), () => {
      if (this.isOver) return;
      this.ask();
      this.askLater();
    });
  }

  private ask(): void {
    const { random, there } = this.simulation;
    const builder = random.pick(asked);
    const members = there();
    if (members.length > 0 && random.chance(0.4)) random.pick(members).force(builder);
    else for (let count = random.whole(1, 3); count > 0; count--) this.add(builder);
  }

  private add(builder: string): void {
    const { random } = this.simulation;
    const priority = random.pick([0, 0, 0, 5, 10]);
    const isTold = random.chance(0.5);
    this.simulation.tell(`a request for ${builder}`);
    this.simulation.operate(async (tx) => {
      await addRequest(tx, builder, priority, this.simulation.now);
      if (isTold) await mark(tx, ['requests']);
      // So that several want the same at the same moment.
      if (isTold) for (const member of this.simulation.there()) this.simulation.timeline.after(random.between(0, 10), () => member.tell('requests')); // prettier-ignore
    });
  }
}

async function addRequest(tx: Transaction, builder: string, priority: number, now: number): Promise<void> {
  const builderIds = [...(await findBuilderIds(tx, [builder])).values()];
  if (builderIds.length === 0) return;
  const stamp = { codebase: '', repository: '', branch: null, revision: null, project: '' };
  const sourceStampIds = [await findOrAddSourceStamp(tx, stamp, now)];
  await addBuildset(tx, { reason: 'somebody asks', properties: {}, sourceStampIds, builderIds, priority }, now);
}
