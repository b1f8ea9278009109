/* Whether somebody builds what is asked for, in time, and nothing runs of which nobody knows. */
import type { Child } from './machine.js';
import type { Member } from './member.js';
import { isLent } from './records.js';
import type { Request } from './records.js';
import type { Simulation } from './simulation.js';

const slackMs = 4000;

export class Coverage {
  private readonly simulation: Simulation;
  /** Requests of which nobody takes care, and since when; ms of the timeline. */
  private readonly waiting = new Map<Request, number>();
  /** Worker of a member → when it has last had no free slot. */
  private readonly full = new Map<string, number>();

  constructor(simulation: Simulation) {
    this.simulation = simulation;
  }

  judge(): void {
    const { timeline, witness, members } = this.simulation;
    const { open } = witness.ledger.records;
    for (const member of this.simulation.there()) for (const worker of member.slots.keys()) if (this.isFull(member, worker)) this.full.set(`${member.process.number} ${worker}`, timeline.nowMs); // prettier-ignore
    for (const request of this.waiting.keys()) if (!open.has(request)) this.waiting.delete(request);
    const limitMs = 1.5 * Math.max(...members.map(({ expireAfterMs }) => expireAfterMs)) + slackMs;
    for (const request of open) this.judgeRequest(request, limitMs);
    for (const child of this.simulation.processes.all) this.judgeChild(child);
  }

  /** At the start of a command: no more of them than there are slots. */
  judgeSlots(member: Member, { worker, incarnation }: Child): void {
    const beside = [...this.simulation.processes.all].filter((one) => one.owner === member.process && one.worker === worker && one.incarnation === incarnation); // prettier-ignore
    const most = member.slots.get(worker) ?? 0;
    if (beside.length > most) this.simulation.blame(`${member.label} runs ${beside.length} commands on ${most} slots of ${worker}`); // prettier-ignore
  }

  private judgeRequest(request: Request, limitMs: number): void {
    const { nowMs } = this.simulation.timeline;
    if (this.isCaredFor(request)) {
      this.waiting.delete(request);
      return;
    }
    const since = this.waiting.get(request) ?? nowMs;
    this.waiting.set(request, since);
    const heir = this.simulation.there().find((member) => nowMs - Math.max(since, this.ableSince(member, request)) > limitMs); // prettier-ignore
    if (heir) this.simulation.blame(`nobody builds request ${request.id} since ${((nowMs - since) / 1000).toFixed(0)} s, and ${heir.label} could`); // prettier-ignore
  }

  private isCaredFor({ id, claimedBy }: Request): boolean {
    const { witness, weather } = this.simulation;
    const holder = claimedBy === null ? undefined : witness.memberOf(claimedBy);
    if (!holder?.isRunning || weather.isCutOff(holder.process.number)) return false;
    return holder.master.membership.trusted !== null && holder.master.running.some(({ requestId }) => requestId === id);
  }

  /** From when on it may declare others dead, and has a free slot. */
  private ableSince(member: Member, { builderId }: Request): number {
    const { witness, weather } = this.simulation;
    const { joinedMs, disturbedMs, configuredMs, expireAfterMs, builders, process } = member;
    if (!member.isRunning || member.isExpired || member.isStopping || weather.isCutOff(process.number)) return Infinity;
    const builder = builders.find(({ name }) => name === witness.ledger.nameOf('builders', builderId));
    if (!builder) return Infinity;
    const fullMs = Math.min(...builder.workers.map((worker) => this.full.get(`${process.number} ${worker}`) ?? 0));
    return Math.max(configuredMs, fullMs, Math.max(joinedMs, disturbedMs) + 1.3 * expireAfterMs);
  } // prettier-ignore

  private isFull(member: Member, worker: string): boolean {
    const { ledger } = this.simulation.witness;
    const running = [...ledger.records.openBuilds].filter((build) => build.incarnation === member.incarnation && ledger.nameOf('workers', build.workerId) === worker && !isLent(build)); // prettier-ignore
    return running.length >= (member.slots.get(worker) ?? 0);
  }

  /** What a master has left is killed by whoever begins there next, and what it has in an earlier life by itself. */
  private judgeChild({ owner, folder, buildId, incarnation }: Child): void {
    const beside = this.simulation.there().find((member) => member.process.state === 'running' && member.name === folder && member.incarnation !== null); // prettier-ignore
    const isOver = owner.state === 'gone' ? (beside?.process.beganMs ?? 0) >= owner.goneMs : beside?.process === owner && beside.incarnation !== incarnation; // prettier-ignore
    if (beside && isOver) this.simulation.blame(`${beside.label} lives, and build ${buildId} of an earlier life still runs`); // prettier-ignore
  }
}
