/** Ways to break the core on purpose: the simulation must find each. Texts of the compiled files. */
export interface Breakage {
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

/** More than one where each of them is made up for by the other. */
export const breakages: Readonly<Record<string, Breakage | readonly Breakage[]>> = {
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
  'builds write without the fence': {
    file: 'src/lib/runtime/builds/scribe.js',
    text: 'await holdMembership(tx, this.options.me);',
    instead: '',
  },
  'what was done is done again': {
    file: 'src/lib/runtime/builds/scribe.js',
    text: 'this.tries++ > 0',
    instead: 'false',
  },
  'buildsets are complete with any request': {
    file: 'src/lib/db/complete-requests.js',
    text: "if (await requests().where('complete', 0).first('id'))",
    instead: 'if (false)',
  },
  'completion does not look whose the request is': {
    file: 'src/lib/runtime/builds/end-build.js',
    text: 'const isMine = await holdRequest(tx, masterId, request.id);',
    instead: 'const isMine = true;',
  },
  'what others have ended is completed': {
    file: 'src/lib/runtime/builds/end-build.js',
    text: '(await holdEnded(tx, id)) ?? (isMine ? results : retry)',
    instead: 'isMine ? results : retry',
  },
  'who drains claims': {
    file: 'src/lib/runtime/builds/builds.js',
    text: 'which: () => this.which,',
    instead: `which: () => 'all',`,
  },
  'requests are not given back': {
    file: 'src/lib/runtime/builds/end-build.js',
    text: 'await releaseRequests(tx, masterId, [request.id]);',
    instead: '',
  },
  'who leaves ends nothing': {
    file: 'src/lib/db/membership.js',
    text: 'await giveBackUnfinished(tx, me.id, await tx.dialect.now(tx.sql));',
    instead: '',
  },
  'leftovers are not killed': {
    file: 'src/lib/runtime/master.js',
    text: 'await this.builds.killLeftovers();',
    instead: '',
  },
  "what runs outlives its master's life": {
    file: 'src/lib/runtime/builds/builds.js',
    text: "Promise.all([looking, this.interruptAll({ text: 'master lost', results: retry })])",
    instead: 'Promise.all([looking])',
  },
  'what others have claimed is built': [
    {
      file: 'src/lib/db/request-claims.js',
      text: `whereIn('brid', some).where('masterid', masterId);
        const mine`,
      instead: `whereIn('brid', some);
        const mine`,
    },
    {
      file: 'src/lib/db/pending-requests.js',
      text: ".whereNotExists(claims.select(tx.sql.raw('1')))",
      instead: '',
    },
  ],
  'priorities do not count': {
    file: 'src/lib/db/pending-requests.js',
    text: "{ column: 'priority', order: 'desc' }, 'submitted_at', 'buildrequests.id'",
    instead: `{ column: 'buildrequests.id', order: 'desc' }`,
  },
  'slots are not counted': {
    file: 'src/lib/runtime/builds/slots.js',
    text: `const folder = this.freeFolder(worker, builder);
        post.taken++;`,
    instead: 'const folder = this.freeFolder(worker, builder);',
  },
  'who waits keeps its slot': {
    file: 'src/lib/runtime/builds/slots.js',
    text: `this.giveUp(post);
                isHeld = false;
                try {
                    return await work();
                }
                finally {
                    isHeld = await this.takenBack(post, signal);
                }`,
    instead: 'return await work();',
  },
  'the requests of the dead stay theirs': {
    file: 'src/lib/operations/expire-masters.js',
    text: "...chunks(claims, claimsPerStep).map((some) => ({ kind: 'release requests', ...common, claims: some })),",
    instead: '',
  },
  'the newest is collapsed': {
    file: 'src/lib/model/collapse.js',
    text: 'Math.max(...equal',
    instead: 'Math.min(...equal',
  },
};
