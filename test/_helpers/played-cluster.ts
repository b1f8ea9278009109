// A cluster that is played by a clock of its own, for the procedure of an upgrade: masters that do what their controls say.
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Controlled } from '../../src/lib/control/master-control.js';
import type { Target } from '../../src/lib/drain/targets.js';
import { Failure } from '../../src/lib/errors.js';
import type { OpenBuild } from '../../src/lib/model/build.js';
import type { Cluster } from '../../src/lib/model/cluster.js';
import type { Control, ControlVerb } from '../../src/lib/model/inventory.js';
import type { MasterFacts } from '../../src/lib/model/master.js';
import { beginUpgrade } from '../../src/lib/upgrade/begin-upgrade.js';
import type { UpgradeEvent, UpgradeReport } from '../../src/lib/upgrade/events.js';
import type { Newcomer } from '../../src/lib/upgrade/newcomer.js';
import type { UpgradePorts, UpgradeRequest } from '../../src/lib/upgrade/ports.js';
import { abortUpgrade, runUpgrade } from '../../src/lib/upgrade/run-upgrade.js';
import type { SavedUpgrade } from '../../src/lib/upgrade/saved-upgrade.js';
import { clusterWith, masterFacts, now, ownMaster, service, worker } from './facts.js';

export interface Play {
  readonly name: string;
  readonly kind?: 'buildbot' | 'bbctl';
  /** It runs when the play begins. */
  readonly runs?: boolean;
  /** Seconds from its start until its row is active; `Infinity`: never. */
  readonly startTakes?: number;
  /** Seconds from its start until its process is gone, with its row as it is. */
  readonly crashesAfter?: number;
  /** Seconds from when it has let everything go until its process is gone. */
  readonly exitTakes?: number;
  /** At this second its process is killed. */
  readonly diesAt?: number;
  /** Until this second it has a build, which its drain waits for. */
  readonly buildsUntil?: number;
  /** Services that it configures; those that run hold them from the beginning on. */
  readonly services?: readonly string[];
  readonly control?: Partial<Record<ControlVerb, Control | undefined>>;
}

export interface Scene {
  readonly old: readonly Play[];
  readonly start?: readonly Play[];
  readonly request?: Partial<UpgradeRequest>;
  /** Seconds until a free service is taken. */
  readonly takeOverTakes?: number;
  /** At this second the claims of all services are deleted, and who runs them does not know. */
  readonly claimsLostAt?: number;
  /** From and to which second the database is away. */
  readonly away?: readonly [number, number];
  /** Ctrl-C at this second. */
  readonly interruptedAt?: number;
  readonly keepLock?: () => boolean;
  readonly saveFails?: () => boolean;
}

class Actor {
  readonly play: Play;
  readonly id: number;
  isActive: boolean;
  isRunning: boolean;
  isDraining = false;
  startedAt: number | null;
  beat: number;
  exitAt = 0;

  constructor(play: Play, id: number) {
    this.play = play;
    this.id = id;
    this.isActive = this.isRunning = play.runs ?? false;
    this.startedAt = this.isRunning ? -3600 : null;
    this.beat = 0;
  }
}

const beatSeconds = 60;

export class PlayedCluster {
  readonly events: UpgradeEvent[] = [];
  readonly expired: { id: number; isGone: boolean }[] = [];
  saved: SavedUpgrade | null = null;
  ms = 0;
  private readonly folder: string;
  private readonly scene: Scene;
  private readonly actors: Actor[];
  private readonly holders = new Map<string, { id: number | null; since: number }>();
  private readonly sleepers: (() => void)[] = [];
  private sampling: AbortSignal | null = null;
  private heeded = 0;
  private running: string | null = null;
  private interruption = new AbortController();

  constructor(t: ExecutionContext, scene: Scene) {
    this.folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'bbctl-upgrade-')));
    t.teardown(() => rmSync(this.folder, { recursive: true, force: true }));
    this.scene = scene;
    this.actors = [...scene.old.map((play) => ({ runs: true, ...play })), ...(scene.start ?? [])].map((play, index) => new Actor(play, index + 1)); // prettier-ignore
    for (const { play, id, isActive } of this.actors)
      for (const name of play.services ?? []) if (!this.holders.has(name)) this.holders.set(name, { id: isActive ? id : null, since: 0 }); // prettier-ignore
    this.evolve();
  }

  /** What the controls were told, in their order: `start new`. */
  get done(): string[] {
    try {
      return readFileSync(path.join(this.folder, 'done'), 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  }

  async run(): Promise<UpgradeReport> {
    const request = this.request();
    const saved = this.saved ?? beginUpgrade(request, this.facts(), 100);
    return runUpgrade(request, saved, this.ports());
  }

  async abort(): Promise<UpgradeReport> {
    return abortUpgrade(this.request(), this.saved!, this.ports());
  }

  /** From now on another play is given. */
  change(scene: Partial<Scene>): void {
    Object.assign(this.scene, scene);
    this.interruption = new AbortController();
  }

  actor(name: string): Actor {
    return this.actors.find(({ play }) => play.name === name)!;
  }

  /** As an operator would by hand. */
  tell(verb: string, name: string): void {
    writeFileSync(path.join(this.folder, 'done'), `${verb} ${name}\n`, { flag: 'a' });
  }

  private get seconds(): number {
    return this.ms / 1000;
  }

  private request(): UpgradeRequest {
    const masters = clusterOf(this).masters;
    const old: Target[] = this.scene.old.map((play) => {
      const master = masters.find(({ name }) => name === play.name)!;
      return { master, kind: play.kind ?? 'buildbot', key: play.name, controlled: this.controlled(play, master.id) };
    });
    const start: Newcomer[] = (this.scene.start ?? []).map((play) => {
      const master = masters.find(({ name }) => name === play.name) ?? null;
      return { name: play.name, key: play.name, kind: play.kind ?? 'buildbot', controlled: this.controlled(play, master?.id ?? 0), master, configuration: null, version: null }; // prettier-ignore
    });
    return { old, start, oneByOne: false, deadlineMs: null, onDeadline: 'fail', signal: this.interruption.signal, ...this.scene.request }; // prettier-ignore
  }

  private controlled({ name, kind = 'buildbot', control }: Play, id: number): Controlled {
    const say = (verb: string) => ({ exec: ['sh', '-c', `echo ${verb} ${name} >> done`] });
    const status = { exec: ['sh', '-c', `grep -qxF ${name} running || exit 3`] };
    const verbs = { start: say('start'), drain: say('drain'), stop: say('stop'), kill: say('kill'), status };
    const given = Object.fromEntries(Object.entries({ ...verbs, ...control }).filter(([, one]) => one !== undefined));
    return { id, key: name, kind, control: given, file: path.join(this.folder, 'cluster.yaml'), tokenFile: null }; // prettier-ignore
  }

  private ports(): UpgradePorts {
    return {
      read: () => this.unlessAway(() => this.facts()),
      readHolders: () => this.unlessAway(() => ({ at: now + this.seconds, ids: new Map([...this.holders.values()].flatMap(({ id }, index) => (id === null ? [] : [[`scheduler ${index + 1}`, id] as const]))) })), // prettier-ignore
      readResults: () => Promise.resolve(new Map()),
      readBuilds: () => this.unlessAway(() => []),
      expire: (id, { isGone }) => {
        this.expired.push({ id, isGone });
        const actor = this.actors.find((one) => one.id === id)!;
        if (actor.isRunning) return Promise.reject(new Failure('refused', 'its heart beats'));
        this.leave(actor);
        return Promise.resolve({ journal: 1, advice: [] });
      },
      keepLock: () => Promise.resolve(this.scene.keepLock?.() ?? true),
      save: (saved) => {
        if (this.scene.saveFails?.()) throw new Failure('unreachable', 'the disk is full');
        this.saved = JSON.parse(JSON.stringify(saved)) as SavedUpgrade;
      },
      emit: (event) => void this.events.push(event),
      sleep: (ms, signal) => this.sleep(ms, signal),
      nowMs: () => this.ms,
    };
  }

  /** Who samples waits for who watches: time goes on with the long sleeps. */
  private async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (ms === 250) {
      await new Promise<void>((resolve) => {
        this.sleepers.push(resolve);
        if (signal !== this.sampling) signal.addEventListener('abort', () => this.wakeAll(), { once: true });
        this.sampling = signal;
      });
      return;
    }
    for (const end = this.ms + ms; this.ms < end && !signal.aborted;) {
      this.ms = Math.min(end, this.ms + 1000);
      this.evolve();
      if (this.seconds >= (this.scene.interruptedAt ?? Infinity)) this.interruption.abort();
      this.wakeAll();
      await setImmediate();
    }
  }

  private wakeAll(): void {
    for (const wake of this.sleepers.splice(0)) wake();
  }

  private unlessAway<T>(read: () => T): Promise<T> {
    const [from, to] = this.scene.away ?? [Infinity, Infinity];
    if (this.seconds >= from && this.seconds < to) return Promise.reject(new Failure('unreachable', 'the database is away')); // prettier-ignore
    this.evolve();
    return Promise.resolve(read());
  }

  private evolve(): void {
    const lines = this.done.filter((line) => line !== '');
    for (const line of lines.slice(this.heeded)) this.heed(line);
    this.heeded = lines.length;
    for (const actor of this.actors) this.act(actor);
    const { claimsLostAt = Infinity } = this.scene;
    if (this.seconds >= claimsLostAt) for (const name of this.holders.keys()) this.holders.set(name, { id: null, since: Infinity }); // prettier-ignore
    for (const [name, holder] of this.holders) {
      const taker = this.actors.find(({ isActive, isRunning, isDraining, play }) => isActive && isRunning && !isDraining && play.services?.includes(name)); // prettier-ignore
      if (holder.id === null && taker && this.seconds >= holder.since + (this.scene.takeOverTakes ?? 0)) this.holders.set(name, { id: taker.id, since: this.seconds }); // prettier-ignore
    }
    const running = this.actors.filter(({ isRunning, exitAt }) => isRunning || this.seconds < exitAt).map(({ play }) => `${play.name}\n`).join(''); // prettier-ignore
    if (running !== this.running) writeFileSync(path.join(this.folder, 'running'), running);
    this.running = running;
  }

  private heed(line: string): void {
    const [verb, name = ''] = line.split(' ');
    const actor = this.actor(name);
    if (verb === 'start' && !actor.isRunning)
      Object.assign(actor, { isRunning: true, isDraining: false, startedAt: this.seconds }); // prettier-ignore
    else if (verb === 'drain' && actor.isRunning) actor.isDraining = true;
    else if (verb === 'stop' && actor.isRunning) this.leave(actor);
    else if (verb === 'kill') actor.isRunning = false;
  }

  private act(actor: Actor): void {
    const { play, startedAt } = actor;
    if (!actor.isRunning || startedAt === null) return;
    if (this.seconds >= (play.diesAt ?? Infinity) || this.seconds >= startedAt + (play.crashesAfter ?? Infinity))
      actor.isRunning = false; // prettier-ignore
    else if (!actor.isActive && this.seconds >= startedAt + (play.startTakes ?? 0))
      Object.assign(actor, { isActive: true, beat: this.seconds }); // prettier-ignore
    else if (actor.isActive && this.seconds >= actor.beat + beatSeconds) actor.beat += beatSeconds;
    if (actor.isRunning && actor.isDraining && this.seconds >= (play.buildsUntil ?? 0)) this.leave(actor);
  }

  private leave(actor: Actor): void {
    const exitAt = this.seconds + (actor.play.exitTakes ?? 0);
    Object.assign(actor, { isActive: false, isRunning: false, isDraining: false, exitAt });
    for (const [name, holder] of this.holders) if (holder.id === actor.id) this.holders.set(name, { id: null, since: this.seconds }); // prettier-ignore
  }

  private facts(): ReturnType<typeof factsOf> {
    return factsOf(clusterOf(this));
  }

  /** For `clusterOf`. */
  get rows(): Parameters<typeof clusterWith>[0] {
    const builds = this.actors.filter(({ play, isActive }) => isActive && this.seconds < (play.buildsUntil ?? -1));
    return {
      now: now + this.seconds,
      masters: this.actors.filter(({ startedAt }) => startedAt !== null).map((actor) => this.row(actor)),
      services: [...this.holders].map(([name, { id }], index) => service({ id: index + 1, name, holderId: id })),
      builders: [
        { id: 1, name: 'tests', masterIds: this.actors.filter(({ isActive }) => isActive).map(({ id }) => id) },
      ],
      workers: this.actors.filter(({ isActive }) => isActive).map(({ id }) => worker({ id, name: `w${id}`, connectedTo: [id] })), // prettier-ignore
      builds: builds.map(({ id }): OpenBuild => ({ id: 100 + id, number: id, builderId: 1, requestId: id, workerId: 1, masterId: id, startedAt: now })), // prettier-ignore
    };
  }

  private row({ id, play, isActive, isDraining, beat }: Actor): MasterFacts {
    const openBuilds = isActive && this.seconds < (play.buildsUntil ?? -1) ? 1 : 0;
    const facts = { id, name: play.name, active: isActive, lastActive: Math.floor(now + beat), has: { openBuilds, builderMasters: isActive ? [id] : [] } }; // prettier-ignore
    if (play.kind !== 'bbctl') return masterFacts(facts);
    return ownMaster({ ...facts, expireAfter: 4 * beatSeconds, condition: { state: isDraining ? 'draining' : 'active', listen: null } }); // prettier-ignore
  }
}

function clusterOf(played: PlayedCluster): Cluster {
  return clusterWith(played.rows);
}

function factsOf(cluster: Cluster) {
  return { cluster, steps: new Map<number, string>(), durations: new Map<number, number[]>(), awaited: [] };
}
