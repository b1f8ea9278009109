import type { Cluster } from '../cluster.js';
import { freshWork } from '../cluster.js';
import { formatDuration } from '../duration.js';
import { isClockAhead, isLiving } from '../master.js';
import type { Master, MasterState } from '../master.js';
import { count, list, printable, shellArgument } from '../names.js';
import { severityOf } from './check.js';
import type { Check, Found } from './check.js';

/** A finding for each master that is in this state. */
function inState(state: MasterState, tell: (master: Master, cluster: Cluster) => Found | null): Check['find'] {
  return ({ cluster }) =>
    cluster.masters.filter((master) => master.state === state).flatMap((master) => tell(master, cluster) ?? []);
}

function show(master: Master): string[] {
  return [`bbctl masters show ${shellArgument(master.name)}`];
}

function expire(master: Master): Pick<Found, 'fix' | 'mend'> {
  return {
    fix: [`bbctl masters expire ${shellArgument(master.name)}`],
    mend: { operation: 'masters expire', names: [String(master.id)] },
  };
}

/** `3 services, 2 requests`: what a master that is gone still holds. */
function holdings({ has }: Master): string {
  const parts = [
    [has.schedulers.length + has.changeSources.length, 'service'],
    [has.claims, 'request'],
    [has.openBuilds, 'running build'],
    [has.connectedWorkers.length, 'worker connection'],
  ] as const;
  const words = parts.filter(([number]) => number > 0).map(([number, noun]) => count(number, noun));
  return words.length === 0 ? 'nothing' : words.join(', ');
}

function evidence(master: Master): Record<string, unknown> {
  const { name, state, lastActive, silentFor, has } = master;
  const services = has.schedulers.length + has.changeSources.length;
  return { master: name, state, lastActive, silentFor, services, claims: has.claims, builds: has.openBuilds };
}

function silence(master: Master): string {
  return master.silentFor === null ? 'an unknown time' : formatDuration(master.silentFor);
}

function lastSign(master: Master, cluster: Cluster): string {
  return formatDuration(cluster.now - (master.otherSign ?? cluster.now));
}

export const noMasterAlive: Check = {
  id: 'no-master-alive',
  severity: 'critical',
  title: 'No master is alive',
  meaning:
    'Nothing is scheduled and nothing is built. If all hearts fell silent at once, the database is the patient and not the masters: it was away, or was restored from a backup. Start the masters before anything is repaired; each cleans up after itself if it has the same name again.',
  find({ cluster }) {
    const { masters } = cluster;
    // One that has been starting for long is not.
    const isHeard = (master: Master): boolean =>
      isLiving(master) ||
      master.state === 'late' ||
      (master.state === 'starting' && (master.silentFor ?? Infinity) <= cluster.expireAfter);
    if (masters.length === 0 || masters.some(isHeard)) return [];
    const silent = masters.filter((master) => master.active);
    const message =
      silent.length > 1
        ? `No master's heart beats: ${count(silent.length, 'master')} fell silent. Was the database away? Start the masters before anything is repaired.`
        : 'No master is alive: nothing is scheduled and nothing is built. Start one: it cleans up after itself if it has the same name again.';
    return [{ message, evidence: { silent: silent.map((master) => master.name) } }];
  },
};

export const masterDead: Check = {
  id: 'master-dead',
  severity: 'critical',
  title: 'A master is dead',
  meaning:
    "Its heart has been silent for longer than the expiry and nothing else was heard of it. It keeps its schedulers, change sources and build requests: pollers do not poll and requests wait. A surviving Buildbot master frees the services after 10 to 16 minutes, but never the requests; one of bbctl's own frees all of it, as soon as the expiry is over: of a dead one of its kind the one that this published, of others 10 minutes.",
  find: inState('dead', (master) => ({
    message: `Master ${printable(master.name)} is dead: silent for ${silence(master)}. It holds ${holdings(master)}.`,
    evidence: evidence(master),
    ...expire(master),
  })),
};

export const masterUnclean: Check = {
  id: 'master-unclean',
  severity: 'critical',
  title: 'A master is inactive and has left something',
  meaning:
    "Buildbot's survivors forget the claims of a dead master's build requests and its worker connections: no other master ever takes those requests.",
  find: inState('unclean', (master, cluster) => {
    const { claims, builds } = freshWork(cluster, master);
    if (claims + builds > 0) return null;
    const message = `Master ${printable(master.name)} has stopped and left ${holdings(master)}.`;
    return { message, evidence: evidence(master), ...expire(master) };
  }),
};

export const masterZombie: Check = {
  id: 'master-zombie',
  severity: 'critical',
  title: 'A master was expired while it was alive',
  meaning:
    'It was paused, or its heart stopped, for longer than the expiry; the others expired it and took its services; now it goes on: a Buildbot master never looks again at a claim it once had, so services may run twice. Only a restart of it helps.',
  find({ cluster }) {
    const tell = (master: Master, what: string): Found => ({
      message: `Master ${printable(master.name)} ${what}, and may run services twice. Restart it.`,
      evidence: evidence(master),
      fix: show(master),
    });
    return cluster.masters.flatMap((master) => {
      if (master.state === 'zombie')
        return [tell(master, 'is alive but was expired by others: it works without any registration')];
      const { claims, builds } = master.state === 'unclean' ? freshWork(cluster, master) : { claims: 0, builds: 0 };
      return claims + builds > 0
        ? [tell(master, 'is inactive but goes on working, as one that was expired while it was alive')]
        : [];
    });
  },
};

export const masterSilent: Check = {
  id: 'master-silent',
  severity: 'warning',
  title: "A master's heart is silent, but it works",
  meaning:
    'A Buildbot master whose heartbeat met a database error never beats again and goes on scheduling and building. The others will expire it. "buildbot upgrade-master" resets the heartbeats of all masters and looks the same until they beat again.',
  find: inState('silent', (master, cluster) => ({
    message:
      master.lastActive === 0
        ? `Master ${printable(master.name)} had its heartbeat reset, as "buildbot upgrade-master" does: it may be alive or not.`
        : `Master ${printable(master.name)} fell silent ${silence(master)} ago but worked on after that, last ${lastSign(master, cluster)} ago, as after a restart of its database. If it runs, restart it when its builds are done.`,
    evidence: { ...evidence(master), otherSign: master.otherSign },
    fix: [...show(master), `bbctl masters expire --force ${shellArgument(master.name)}`],
  })),
};

export const masterLate: Check = {
  id: 'master-late',
  severity: 'warning',
  title: 'A master is late',
  meaning: 'It missed at least one heartbeat. It may be busy, swapping or dead; after the expiry it is judged.',
  find: inState('late', (master) => ({
    message: `Master ${printable(master.name)} is late: its last heartbeat was ${silence(master)} ago.`,
    evidence: evidence(master),
    fix: show(master),
  })),
};

export const masterStarting: Check = {
  id: 'master-starting',
  severity: 'note',
  title: 'A master is starting, or ended without cleaning up',
  meaning:
    'Every Buildbot master is inactive and holds registrations and claims while it starts. If it stays so for minutes, its start failed: name it to "masters expire", which looks twice.',
  find: inState('starting', (master) => ({
    message: `Master ${printable(master.name)} is starting, or ended without cleaning up: it is inactive and holds registrations.`,
    evidence: evidence(master),
    fix: [`bbctl masters expire --dry-run ${shellArgument(master.name)}`],
  })),
};

export const clockSkew: Check = {
  id: 'clock-skew',
  severity: 'warning',
  title: "A master's clock differs from the database's, or from another master's",
  meaning:
    "Masters judge each other by their own clocks. One whose clock is behind is expired while it lives; one whose clock is ahead is not expired when it is dead. Run a time service on every master's machine.",
  threshold: { warning: 60, critical: 300, unit: 's', of: 'difference' },
  find({ cluster }, limit) {
    return cluster.masters.flatMap((master): Found[] => {
      const ahead = isClockAhead(master) ? -(master.silentFor ?? 0) : 0;
      const seconds = Math.max(ahead, isLiving(master) ? master.clockBehind : 0);
      const severity = seconds > 0 ? severityOf(seconds, limit) : null;
      if (severity === null) return [];
      const where = ahead > 0 ? "ahead of the database's" : 'behind: its claims are older than the requests they claim';
      return [
        {
          severity,
          message: `Master ${printable(master.name)} has a clock that is ${formatDuration(seconds)} ${where}.`,
          evidence: { master: master.name, seconds, direction: ahead > 0 ? 'ahead' : 'behind' },
          fix: show(master),
        },
      ];
    });
  },
};

/** `host:/base/dir`, as Buildbot names its masters unless it is told otherwise. */
function placeOf(master: Master): { host: string; directory: string } | null {
  const parts = /^([^:]*):(\/.*)$/.exec(master.name);
  return parts ? { host: parts[1] ?? '', directory: parts[2] ?? '' } : null;
}

export const changedHostName: Check = {
  id: 'master-renamed',
  severity: 'warning',
  title: 'A master seems to have come back under another host name',
  meaning:
    "In containers the host name changes with every start, and a Buildbot master is found again by its name alone: the new one does not clean up after the old one, whose request claims wait for ever. Set a fixed name (buildbot.tac: umask and hostname options, or the container's --hostname), and expire the old one.",
  find({ cluster }) {
    const living = cluster.masters.filter(isLiving);
    return cluster.masters.flatMap((old): Found[] => {
      if (old.state !== 'dead' && old.state !== 'unclean') return [];
      const place = placeOf(old);
      const heir = living.find((master) => place !== null && placeOf(master)?.directory === place.directory);
      if (!heir) return [];
      const message = `Master ${printable(old.name)} holds ${holdings(old)} and seems to live on as ${printable(heir.name)}: the same base directory on another host name.`;
      return [{ message, evidence: { master: old.name, heir: heir.name }, ...expire(old) }];
    });
  },
};

export const sharedDirectory: Check = {
  id: 'master-directory-shared',
  severity: 'note',
  title: 'Several living masters have the same base directory',
  meaning:
    'On one machine two masters in one directory overwrite each other; in containers it is usual. With the same host name they would be one row and fight for it.',
  find({ cluster }) {
    const byDirectory = new Map<string, Master[]>();
    for (const master of cluster.masters.filter(isLiving)) {
      const directory = placeOf(master)?.directory;
      if (directory) byDirectory.set(directory, [...(byDirectory.get(directory) ?? []), master]);
    }
    return [...byDirectory].flatMap(([directory, masters]): Found[] => {
      if (masters.length < 2) return [];
      const names = masters.map((master) => master.name);
      return [
        {
          message: `${count(masters.length, 'master')} have the base directory ${printable(directory)}: ${list(names.map(printable), 4)}.`,
          evidence: { directory, masters: names },
        },
      ];
    });
  },
};
