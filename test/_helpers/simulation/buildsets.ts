/* What the real schedulers have made: every change in one buildset, every slot of a rhythm once. */
import type { ServiceSpec } from './acts.js';
import type { Simulation } from './simulation.js';

interface Made {
  readonly id: number;
  readonly submitted: number;
  /** Of its source stamp, where it is a change's. */
  readonly change: number | null;
  readonly requests: number;
}

/** The column has no others, and both ends are cut off. */
const wholeSeconds = 2;

export function judgeBuildsets(simulation: Simulation, retrySeconds: number): void {
  const longAgo = simulation.now - retrySeconds;
  for (const spec of simulation.specs) {
    const isOffered = simulation.there().some((member) => member.offers(spec.name));
    const made = spec.type === 'periodic' || spec.type === 'any-branch' ? madeBy(simulation, spec.name) : [];
    // Where no master had ever configured the builder it is told, and nobody is asked.
    const least = simulation.hasSaid(`${spec.name} names builders`) ? 0 : 1;
    for (const { id, requests } of made) if (requests < least || requests > 1) simulation.blame(`buildset ${id} of ${spec.name} has ${requests} requests`); // prettier-ignore
    if (spec.type === 'periodic') judgeRhythm(simulation, spec, made, isOffered ? longAgo : -Infinity);
    if (spec.type === 'any-branch') judgeChanges(simulation, spec, made, isOffered ? longAgo : -Infinity);
  }
}

function madeBy({ witness }: Simulation, scheduler: string): Made[] {
  return witness.rows<Made>(
    `select s.id, s.submitted_at as submitted, max(c.changeid) as change,
       (select count(*) from buildrequests r where r.buildsetid = s.id) as requests
     from buildsets s join buildset_properties p on p.buildsetid = s.id and p.property_name = 'scheduler'
       join buildset_sourcestamps b on b.buildsetid = s.id left join changes c on c.sourcestampid = b.sourcestampid
     where p.property_value = '["${scheduler}", "Scheduler"]' group by s.id order by s.id`,
  );
}

function judgeRhythm(
  simulation: Simulation,
  { name, everySeconds }: ServiceSpec & { type: 'periodic' },
  made: readonly Made[],
  longAgo: number,
): void {
  // It fires when it is first looked at, then in its rhythm, which begins anew where a slot was missed.
  let lastBuild = made[0]?.submitted ?? 0;
  for (const { submitted } of made.slice(1)) {
    const slot = lastBuild + everySeconds;
    if (submitted < slot - wholeSeconds) simulation.blame(`${name} fired ${(slot - submitted).toFixed(0)} s before it was due`); // prettier-ignore
    lastBuild = submitted >= slot + everySeconds ? submitted : slot;
  }
  const last = made.at(-1)?.submitted ?? 0;
  if (last < longAgo - everySeconds) simulation.blame(`${name} has last fired ${(simulation.now - last).toFixed(0)} s ago, and not every ${everySeconds} s`); // prettier-ignore
}

function judgeChanges(
  simulation: Simulation,
  { name, treeStableMs }: ServiceSpec & { type: 'any-branch' },
  made: readonly Made[],
  longAgo: number,
): void {
  const built = made.map(({ change }) => change ?? 0);
  if (new Set(built).size < built.length) simulation.blame(`${name} has built a change twice: ${built.join(' ')}`);
  const due = simulation.witness.rows<{ changeid: number }>(
    `select changeid from changes where when_timestamp < ${Math.max(0, longAgo) - (treeStableMs ?? 0) / 1000} and changeid > ${built[0] ?? 1e9}`,
  );
  // Changes that come while the tree is not stable are built with the last of them.
  const missing = due.filter(({ changeid }) => (treeStableMs === null ? !built.includes(changeid) : changeid > Math.max(...built))); // prettier-ignore
  if (missing.length > 0)
    simulation.blame(`${name} has not built ${missing.map(({ changeid }) => changeid).join(' ')}`);
}
