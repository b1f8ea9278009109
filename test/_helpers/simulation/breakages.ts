/** Ways to break the core on purpose: the simulation must find each. Texts of the compiled files. */
export interface Breakage {
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

export const breakages: Readonly<Record<string, Breakage>> = {
  'another run is not noticed': {
    file: 'src/lib/db/fence.js',
    text: `if (run?.incarnation !== me.incarnation)`,
    instead: 'if (!run)',
  },
  'death is not noticed': { file: 'src/lib/db/fence.js', text: 'if (!row?.active)', instead: 'if (!row)' },
  'claims are not looked at': {
    file: 'src/lib/runtime/run-service.js',
    text: 'holdClaim(tx, kind, id, masterId))',
    instead: 'Promise.resolve())',
  },
  'trust lasts twice as long': {
    file: 'src/lib/runtime/membership.js',
    text: 'this.trustedUntilMs = sentMs + this.expireAfterMs',
    instead: 'this.trustedUntilMs = sentMs + 2 * this.expireAfterMs',
  },
  'trust counts from the answer': {
    file: 'src/lib/runtime/membership.js',
    text: 'this.trustedUntilMs = sentMs + this.expireAfterMs - wholeSecondMs - this.beatMs',
    instead: 'this.trustedUntilMs = this.clock.monotonicMs() + this.expireAfterMs',
  },
  'whoever comes back declares others dead at once': {
    file: 'src/lib/runtime/master.js',
    text: '!this.membership.mayExpireOthers',
    instead: '!this.membership.trusted',
  },
  'services are given while they act': {
    file: 'src/lib/runtime/services.js',
    text: 'await this.stopped(leaving.map(serviceKey));',
    instead: '',
  },
  'services are given to whoever was there': {
    file: 'src/lib/db/service-claims.js',
    text: 'if (!(await isMember(tx, to)))',
    instead: 'if (false)',
  },
  'nobody is declared dead': {
    file: 'src/lib/runtime/master.js',
    text: '!this.membership.mayExpireOthers',
    instead: 'true',
  },
  'the heart does not wait for the lost': {
    file: 'src/lib/runtime/master.js',
    text: 'Math.min(beatMs, retryBeatMs)',
    instead: '10 * beatMs',
  },
  'services go to whoever has as many': {
    file: 'src/lib/model/placement.js',
    text: 'loadOf(loads, to) + 1 < loadOf(loads, { id: me })',
    instead: 'loadOf(loads, to) < loadOf(loads, { id: me })',
  },
  'looks are torn': {
    file: 'src/lib/db/cluster-view.js',
    text: 'run.beat >= lastActive',
    instead: 'run.beat > lastActive - 1 && run.beat < lastActive + 1',
  },
  'the silent are given something': {
    file: 'src/lib/model/placement.js',
    text: 'now - lastActive <= run.expireAfter / 2',
    instead: 'true',
  },
  'those who leave leave it to chance': {
    file: 'src/lib/model/placement.js',
    text: 'situation.isLeaving ? [] : mine.filter(',
    instead: 'mine.filter(',
  },
  'a configuration is told once': {
    file: 'src/lib/runtime/master.js',
    text: 'if (!this.isPublished)',
    instead: 'if (false)',
  },
};
